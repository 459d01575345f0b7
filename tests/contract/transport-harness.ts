import type { TestContext } from 'vitest';
import type {
  HttpHandler,
  HttpRequest,
  Socket,
  SocketHandler,
  Transport,
  TransportOptions,
  UpgradeRequest,
} from '#app/application/ports/transport.ts';
import { eventually, RawSocket } from '../support/raw-socket.ts';

/** Where an adapter answers otherwise than the rest, each with its reason. */
export interface Differences {
  /** What a protocol violation ends with: a close code, or 'bare' when the library says nothing and the peer sees 1006. */
  readonly violation: 'bare' | 'code';
  /** No answer to a header block its parser does not like (no Host, control characters): it is taken as unfinished and cut at the timeout. */
  readonly silentOnBadHeaders: boolean;
  /** Status for a request target that does not begin with '/'. */
  readonly badTarget: number;
  /** Status for bytes that are no HTTP at all. */
  readonly noHttp: number;
  /** Whether frames that came before the 101 went out are kept. */
  readonly takesEagerFrames: boolean;
  /** Does not look at the mask bit: unmasked bytes are taken as mask and masked text. They stay the peer's own bytes. */
  readonly ignoresMaskBit: boolean;
  /** A peer that got close frame and FIN but answers nothing is cut within this, in milliseconds. */
  readonly silentPeerCutMs: number;
}

export interface TransportAdapter {
  readonly name: string;
  create(): Transport;
  readonly differences: Differences;
}

export interface Received {
  readonly state: string;
  readonly text: string;
  readonly binary: boolean;
}

type Finishing = Pick<TestContext, 'onTestFinished'>;
interface Served {
  readonly transport: Transport;
  readonly port: number;
  readonly opened: Socket[];
  readonly messages: Received[];
  readonly controls: string[];
  readonly closes: { readonly state: string; readonly code: number }[];
  readonly faults: string[];
  readonly upgrades: UpgradeRequest[];
  readonly requests: HttpRequest[];
  /** A raw client and the server's side of it. `state` becomes the query and so the socket's state. */
  connect(state?: string, headers?: Readonly<Record<string, string>>): Promise<[RawSocket, Socket]>;
}
export type { Served };

export interface Wishes {
  readonly options?: Partial<TransportOptions>;
  readonly sockets?: Partial<SocketHandler<string>>;
  readonly http?: HttpHandler;
}

export const defaults: TransportOptions = {
  host: '127.0.0.1',
  port: 0,
  maxFrameBytes: 128 * 1_024,
  maxBodyBytes: 64 * 1_024,
  maxBufferedBytes: 64 * 1_024,
  trustedProxies: [],
  sharedPort: false,
};

/** A transport that notes whatever happens; each socket's state is the query of its upgrade. */
export const serve = async (test: Finishing, adapter: TransportAdapter, wishes: Wishes = {}): Promise<Served> => {
  const transport = adapter.create();
  const opened: Socket[] = [];
  const messages: Received[] = [];
  const controls: string[] = [];
  const closes: { state: string; code: number }[] = [];
  const faults: string[] = [];
  const upgrades: UpgradeRequest[] = [];
  const requests: HttpRequest[] = [];
  const bySelf: SocketHandler<string> = {
    upgrade: (request) => ({ accept: true, protocol: '', state: request.query }),
    open: () => {},
    message: () => {},
    control: () => {},
    close: () => {},
    ...wishes.sockets,
  };
  const sockets: SocketHandler<string> = {
    upgrade: (request) => {
      upgrades.push(request);
      return bySelf.upgrade(request);
    },
    open: (socket, state) => {
      opened.push(socket);
      bySelf.open(socket, state);
    },
    message: (socket, state, bytes, binary) => {
      messages.push({ state, text: Buffer.from(bytes).toString(), binary });
      bySelf.message(socket, state, bytes, binary);
    },
    control: (socket, state) => {
      controls.push(state);
      bySelf.control(socket, state);
    },
    close: (socket, state, code) => {
      closes.push({ state, code });
      bySelf.close(socket, state, code);
    },
  };
  const http: HttpHandler = (request) => {
    requests.push(request);
    return wishes.http?.(request) ?? { status: 200, body: 'hello' };
  };
  const fault = (error: unknown, where: string) => faults.push(`${where}: ${(error as Error).message}`);
  const { port } = await transport.listen({ sockets, http, fault }, { ...defaults, ...wishes.options });
  const clients: RawSocket[] = [];
  test.onTestFinished(async () => {
    for (const client of clients) client.destroy();
    await transport.close();
  });
  const connectNext = async (
    state: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<[RawSocket, Socket]> => {
    const before = opened.length;
    const client = await RawSocket.open(port, `/v1/ws?${state}`, headers);
    clients.push(client);
    return [client, await eventually(() => opened[before], 'the socket opens on the server')];
  };
  // One after the other, so that each client knows its socket.
  let last: Promise<unknown> = Promise.resolve();
  const connect: Served['connect'] = (state = '', headers = {}) => {
    const next = last.then(() => connectNext(state, headers));
    last = next;
    return next;
  };
  return { transport, port, opened, messages, controls, closes, faults, upgrades, requests, connect };
};

/** A second connection that must go on whatever the first one does. */
export const witnessOf = async ({ connect, transport }: Served) => {
  const [client, socket] = await connect('witness');
  socket.subscribe('witness');
  let round = 0;
  return {
    async delivers() {
      round += 1;
      transport.publish('witness', `still here ${round}`);
      const text = await client.nextText();
      if (text !== `still here ${round}`) throw new Error(`the witness got "${text}"`);
    },
  };
};
