import { WsTransport } from '#app/infrastructure/ws/ws-transport.ts';
import type { TransportAdapter } from './transport-harness.ts';
import { endsContract } from './transport-ends.ts';
import { hostileContract } from './transport-hostile.ts';
import { httpContract } from './transport-http.ts';
import { listeningContract } from './transport-listening.ts';
import { socketsContract } from './transport-sockets.ts';
import { timeoutsContract } from './transport-timeouts.ts';

const ws: TransportAdapter = {
  name: 'ws',
  create: () => new WsTransport(),
  differences: {
    violation: 'code',
    silentOnBadHeaders: false,
    badTarget: 400,
    noHttp: 400,
    takesEagerFrames: true,
    ignoresMaskBit: false,
    silentPeerCutMs: 2_500,
  },
};

socketsContract(ws);
endsContract(ws);
hostileContract(ws);
httpContract(ws);
listeningContract(ws);
timeoutsContract(ws);
