import { UwsTransport } from '#app/infrastructure/uws/uws-transport.ts';
import type { TransportAdapter } from './transport-harness.ts';
import { endsContract } from './transport-ends.ts';
import { hostileContract } from './transport-hostile.ts';
import { httpContract } from './transport-http.ts';
import { listeningContract } from './transport-listening.ts';
import { socketsContract } from './transport-sockets.ts';
import { timeoutsContract } from './transport-timeouts.ts';

const uws: TransportAdapter = {
  name: 'uWebSockets.js',
  create: () => new UwsTransport(),
  differences: {
    violation: 'bare',
    silentOnBadHeaders: true,
    badTarget: 505,
    noHttp: 505,
    takesEagerFrames: false,
    ignoresMaskBit: true,
    silentPeerCutMs: 4_500, // its timers tick every 4 s
  },
};

socketsContract(uws);
endsContract(uws);
hostileContract(uws);
httpContract(uws);
listeningContract(uws);
timeoutsContract(uws);
