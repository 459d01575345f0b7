import * as uWS from 'uWebSockets.js';
import type {
  Frame,
  HttpHandler,
  SocketHandler,
  Transport,
  TransportOptions,
  UpgradeAnswer,
} from '#app/application/ports/transport.ts';
import { NotListening } from '#app/application/ports/transport.ts';
import { answer, checked, reporter } from '../transport/answer.ts';
import type { Checked, Report } from '../transport/answer.ts';
import { TrustedProxies } from '../transport/client-address.ts';
import { BROKEN } from '../transport/closing.ts';
import { asksForWebSocket, refusal, refusalOfHandshake, refusalOfRequest } from '../transport/http-rules.ts';
import { whyNotListening } from '../transport/listen-failure.ts';
import { Farewells } from './farewells.ts';
import { RequestsUnderWay } from './requests-under-way.ts';
import { copyHead, peerOf, UwsExchange } from './uws-exchange.ts';
import type { Head } from './uws-exchange.ts';
import { UwsSocket } from './uws-socket.ts';
import type { Attached, Hub } from './uws-socket.ts';

/** What the library has and its types don't declare (or declare as an enum that is not there at run time). */
const undeclared = uWS as unknown as {
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
  _cfg(setting: string): void;
};
undeclared._cfg('silent'); // leaves the header `uWebSockets: 20` out of every response

const SHARED_PORT = 0;

interface Handlers<State> {
  readonly sockets: SocketHandler<State>;
  readonly http: HttpHandler;
  readonly fault: Report;
}

/** The transport on uWebSockets.js. No raw handle leaves this folder; every native callback is guarded in `Listener`. */
export class UwsTransport implements Transport {
  #app: uWS.TemplatedApp | undefined;
  #listenSocket: uWS.us_listen_socket | undefined;
  readonly #underWay = new RequestsUnderWay();
  #draining = false;
  #closed = false;

  async listen<State>(handlers: Handlers<State>, options: TransportOptions) {
    if (this.#app !== undefined) throw new Error('this transport listens already');
    const app = uWS.App();
    this.#app = app;
    const { host, port } = options;
    const listener = new Listener(
      handlers,
      options,
      trusted(options),
      (topic, frame) => this.publish(topic, frame),
      this.#underWay,
      () => this.#draining,
    );
    listener.attach(app);

    const flag = options.sharedPort ? SHARED_PORT : undeclared.LIBUS_LISTEN_EXCLUSIVE_PORT;
    const token = await new Promise<uWS.us_listen_socket | false>((resolve) => {
      (app as unknown as ListensOnHost).listen(host, port, flag, resolve);
    });
    if (token === false) throw await whyNotListening(host, port);
    this.#listenSocket = token;
    return { host, port: uWS.us_socket_local_port(token) };
  }

  publish(topic: string, frame: Frame) {
    this.#app?.publish(topic, frame, typeof frame !== 'string', false);
  }

  subscribers(topic: string) {
    return this.#app?.numSubscribers(topic) ?? 0;
  }

  stopListening() {
    this.#draining = true;
    if (this.#listenSocket !== undefined) uWS.us_listen_socket_close(this.#listenSocket);
    this.#listenSocket = undefined;
  }

  finish(ms: number) {
    return this.#underWay.finished(ms);
  }

  close() {
    this.stopListening();
    if (!this.#closed) this.#app?.close();
    this.#closed = true;
    return Promise.resolve();
  }
}

/** The declared overloads know no host together with options; the implementation does. */
interface ListensOnHost {
  listen(host: string, port: number, options: number, done: (token: uWS.us_listen_socket | false) => void): void;
}

const trusted = ({ host, port, trustedProxies }: TransportOptions) => {
  try {
    return new TrustedProxies(trustedProxies);
  } catch (error) {
    throw new NotListening(host, port, (error as TypeError).message);
  }
};

/**
 * All that uWebSockets calls. A throw out of any of these, or a request neither answered nor watched for its abort,
 * would end the process, so each catches everything and none is registered elsewhere.
 */
class Listener<State> {
  readonly #report: Report;
  readonly #hub: Hub<State>;

  constructor(
    private readonly handlers: Handlers<State>,
    private readonly options: TransportOptions,
    private readonly proxies: TrustedProxies,
    publish: Hub<State>['publish'],
    private readonly underWay: RequestsUnderWay,
    private readonly draining: () => boolean,
  ) {
    this.#report = reporter(handlers.fault);
    this.#hub = { farewells: new Farewells(), publish };
  }

  attach(app: uWS.TemplatedApp) {
    const { sockets } = this.handlers;
    app.ws<Attached<State>>('/*', {
      compression: 0,
      maxPayloadLength: this.options.maxFrameBytes,
      maxBackpressure: this.options.maxBufferedBytes,
      closeOnBackpressureLimit: false, // it would close without a code; `dropped` does it with one
      idleTimeout: 0, // the application's heartbeat decides
      sendPingsAutomatically: false,
      upgrade: (res, req, context) => this.#guarded(res, () => this.#upgrade(res, req, context)),
      open: (handle) => {
        const { peer } = handle.getUserData();
        peer.opened(handle);
        try {
          sockets.open(peer, peer.state);
        } catch (error) {
          this.#broke(peer, error, 'open');
        }
      },
      message: (handle, bytes, binary) => {
        const { peer } = handle.getUserData();
        if (!peer.open) return;
        try {
          sockets.message(peer, peer.state, new Uint8Array(bytes), binary);
        } catch (error) {
          this.#broke(peer, error, 'message');
        }
      },
      ping: (handle) => this.#control(handle.getUserData().peer),
      pong: (handle) => this.#control(handle.getUserData().peer),
      dropped: (handle) => handle.getUserData().peer.overflowed(),
      drain: (handle) => {
        const { peer } = handle.getUserData();
        if (!peer.open) this.#hub.farewells.drained(peer);
      },
      close: (handle, code) => {
        const { peer } = handle.getUserData();
        const told = peer.closed(code);
        try {
          sockets.close(peer, peer.state, told);
        } catch (error) {
          this.#report(error, 'close');
        }
      },
    });
    app.any('/*', (res, req) => this.#guarded(res, () => this.#request(res, copyHead(req))));
    app.filter((_res, change) => {
      if (change < 0) this.underWay.connectionEnded();
    });
  }

  #request(res: uWS.HttpResponse, head: Head) {
    const refused =
      refusalOfRequest(head.method, head.path, head.headers) ??
      // A good handshake went to `upgrade`.
      (asksForWebSocket(head.headers) ? (refusalOfHandshake(head.method, head.headers) ?? refusal(400)) : undefined);
    this.#serve(res, head, refused && checked(refused, this.#report));
  }

  #upgrade(res: uWS.HttpResponse, req: uWS.HttpRequest, context: uWS.us_socket_context_t) {
    const head = copyHead(req);
    const refused = refusalOfRequest(head.method, head.path, head.headers);
    if (refused === undefined && !asksForWebSocket(head.headers)) return this.#serve(res, head, undefined);
    const broken = refused ?? refusalOfHandshake(head.method, head.headers);
    if (broken !== undefined) return this.#serve(res, head, checked(broken, this.#report));

    const address = this.#addressOf(res, head);
    const verdict = this.#ask(head, address);
    if (!verdict.accept) return this.#serve(res, head, checked(verdict.response, this.#report));
    const peer = new UwsSocket(this.#hub, verdict.state, verdict.protocol, address);
    const key = head.headers.get('sec-websocket-key') ?? '';
    res.upgrade<Attached<State>>({ peer }, key, verdict.protocol, '', context);
  }

  #guarded(res: uWS.HttpResponse, work: () => void) {
    try {
      work();
    } catch (error) {
      this.#report(error, 'http');
      res.close();
    }
  }

  #ask({ path, query, headers }: Head, address: string): UpgradeAnswer<State> {
    try {
      return this.handlers.sockets.upgrade({ path, query, address, header: (name) => headers.get(name) ?? '' });
    } catch (error) {
      this.#report(error, 'upgrade');
      return { accept: false, response: refusal(500) };
    }
  }

  /** Answers with `refused`, or with what the application says. */
  #serve(res: uWS.HttpResponse, head: Head, refused: Checked | undefined) {
    const exchange = new UwsExchange(res, head, this.#addressOf(res, head), this.options.maxBodyBytes);
    if (refused !== undefined) return exchange.respond(refused, true);
    this.underWay.began();
    void answer(this.handlers.http, exchange, this.#report)
      .then((response) => {
        const last = this.draining();
        this.underWay.answered(exchange.endsWith(response, last)); // before: a short answer ends it at once
        exchange.respond(response, last);
      })
      .catch((error: unknown) => this.#report(error, 'http'));
  }

  #addressOf(res: uWS.HttpResponse, { headers }: Head) {
    return this.proxies.clientOf(peerOf(res), headers.get('x-forwarded-for') ?? '');
  }

  #control(peer: UwsSocket<State>) {
    if (!peer.open) return;
    try {
      this.handlers.sockets.control(peer, peer.state);
    } catch (error) {
      this.#broke(peer, error, 'control');
    }
  }

  #broke(peer: UwsSocket<State>, error: unknown, where: string) {
    this.#report(error, where);
    peer.end(BROKEN.code, BROKEN.reason);
  }
}
