import { createServer, ServerResponse } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
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
import { BROKEN, CLOSE_DEADLINE_MS } from '../transport/closing.ts';
import {
  asksForWebSocket,
  MAX_HEADER_BYTES,
  MAX_HEADER_COUNT,
  methodNotAllowed,
  refusal,
  refusalOfHandshake,
  refusalOfRequest,
  statusLine,
} from '../transport/http-rules.ts';
import { listenFailure } from '../transport/listen-failure.ts';
import { frameBytes, pongBytes } from './frame-bytes.ts';
import { Topics } from './topics.ts';
import { copyHead, peerOf, WsExchange } from './ws-exchange.ts';
import type { Head } from './ws-exchange.ts';
import { WsSocket } from './ws-socket.ts';
import type { Hub } from './ws-socket.ts';

interface Handlers<State> {
  readonly sockets: SocketHandler<State>;
  readonly http: HttpHandler;
  readonly fault: Report;
}

/** The transport on node:http and ws: for platforms without the binary of uWebSockets.js. */
export class WsTransport implements Transport {
  #listener: Listening | undefined;
  #closed: Promise<void> | undefined;

  async listen<State>(handlers: Handlers<State>, options: TransportOptions) {
    if (this.#listener !== undefined) throw new Error('this transport listens already');
    const { host, port } = options;
    const listener = new Listener(handlers, options, trusted(options));
    this.#listener = listener;
    await new Promise<void>((resolve, reject) => {
      listener.server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(host, port, error.code)));
      listener.server.listen({ host, port, exclusive: true, reusePort: options.sharedPort }, resolve);
    });
    return { host, port: (listener.server.address() as AddressInfo).port };
  }

  publish(topic: string, frame: Frame) {
    this.#listener?.publish(topic, frame);
  }

  subscribers(topic: string) {
    return this.#listener?.subscribers(topic) ?? 0;
  }

  stopListening() {
    void this.#listener?.stop();
  }

  async finish(ms: number) {
    await this.#listener?.finish(ms);
  }

  close() {
    this.#closed ??= this.#listener?.close() ?? Promise.resolve();
    return this.#closed;
  }
}

interface Listening {
  publish(topic: string, frame: Frame): void;
  subscribers(topic: string): number;
  stop(): Promise<void>;
  finish(ms: number): Promise<void>;
  close(): Promise<void>;
}

const trusted = ({ host, port, trustedProxies }: TransportOptions) => {
  try {
    return new TrustedProxies(trustedProxies);
  } catch (error) {
    throw new NotListening(host, port, (error as TypeError).message);
  }
};

interface ParseError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
}

/** What Node's parser refused, in our words. */
const statusOfParseError = ({ code, rawPacket }: ParseError) => {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  return code === 'HPE_INVALID_METHOD' && /^[A-Za-z-]+ /.test(String(rawPacket?.subarray(0, 32))) ? 405 : 400;
};

/** A whole response for a connection that has no `ServerResponse`; the connection ends with it. */
const endWith = (tcp: TcpSocket, { status, lines, body }: Checked) => {
  const head = [
    `HTTP/1.1 ${statusLine(status)}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '\r\n',
  ];
  tcp.on('error', () => tcp.destroy());
  tcp.setTimeout(CLOSE_DEADLINE_MS, () => tcp.destroy());
  tcp.write(head.join('\r\n'));
  tcp.end(body);
};

class Listener<State> implements Listening, Hub {
  readonly server: Server;
  readonly topics = new Topics<WsSocket>();
  readonly maxBufferedBytes: number;
  readonly #report: Report;
  readonly #upgrader: WebSocketServer;
  readonly #connections = new Set<WebSocket>();
  #written: WsSocket[] = [];
  /** Once it stopped listening: when the last connection is gone. */
  #emptied: Promise<void> | undefined;

  constructor(
    private readonly handlers: Handlers<State>,
    private readonly options: TransportOptions,
    private readonly proxies: TrustedProxies,
  ) {
    this.maxBufferedBytes = options.maxBufferedBytes;
    this.#report = reporter(handlers.fault);
    const upgraderOptions = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      autoPong: false, // answered here, within the buffer's limit
      maxPayload: options.maxFrameBytes,
      closeTimeout: CLOSE_DEADLINE_MS, // known to ws 8.23, not to its types
    };
    this.#upgrader = new WebSocketServer(upgraderOptions);
    this.server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: 10_000,
      requestTimeout: 0, // the exchange watches the body
      keepAliveTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
    });
    this.server.on('request', (req: IncomingMessage, res: ServerResponse) => this.#request(req, res));
    this.server.on('upgrade', (req: IncomingMessage, tcp: TcpSocket, head: Buffer) => this.#upgrade(req, tcp, head));
    this.server.on('connect', (_req: IncomingMessage, tcp: TcpSocket) => this.#refuse(tcp, 405));
    this.server.on('clientError', (error: ParseError, tcp: TcpSocket) => {
      if (tcp.writable) this.#refuse(tcp, statusOfParseError(error));
      else tcp.destroy();
    });
  }

  publish(topic: string, frame: Frame, except?: WsSocket) {
    let bytes: Buffer | undefined;
    for (const holder of this.topics.of(topic) ?? []) {
      if (holder === except) continue;
      bytes ??= frameBytes(frame);
      holder.write(bytes);
    }
  }

  subscribers(topic: string) {
    return this.topics.of(topic)?.size ?? 0;
  }

  afterTurn(socket: WsSocket) {
    if (this.#written.push(socket) > 1) return;
    setImmediate(() => {
      const written = this.#written;
      this.#written = [];
      for (const one of written) one.flush();
    });
  }

  stop() {
    this.#emptied ??= new Promise((resolve) => this.server.close(() => resolve()));
    return this.#emptied;
  }

  async finish(ms: number) {
    let late: NodeJS.Timeout | undefined;
    await Promise.race([this.stop(), new Promise<void>((resolve) => (late = setTimeout(resolve, ms)))]);
    clearTimeout(late);
  }

  async close() {
    const emptied = this.stop();
    const ended = [...this.#connections].map((ws) => new Promise((resolve) => ws.once('close', resolve)));
    for (const ws of this.#connections) ws.terminate();
    this.server.closeAllConnections();
    await Promise.all(ended);
    await emptied;
  }

  #request(req: IncomingMessage, res: ServerResponse) {
    const head = copyHead(req);
    const exchange = new WsExchange(req, res, head, this.#addressOf(req, head), this.options.maxBodyBytes);
    const refused = this.#refusalOf(req, head);
    if (refused !== undefined) return exchange.respond(checked(refused, this.#report), true);
    void answer(this.handlers.http, exchange, this.#report)
      .then((response) => exchange.respond(response, this.#emptied !== undefined))
      .catch((error: unknown) => this.#report(error, 'http'));
  }

  #refusalOf(req: IncomingMessage, { method, path, headers }: Head) {
    if (req.httpVersion !== '1.1') return refusal(505);
    if (req.rawHeaders.length / 2 > MAX_HEADER_COUNT) return refusal(431);
    const refused = refusalOfRequest(method, path, headers);
    // A good handshake never comes this way: Node would have made it an upgrade.
    return refused ?? (asksForWebSocket(headers) ? (refusalOfHandshake(method, headers) ?? refusal(400)) : undefined);
  }

  #upgrade(req: IncomingMessage, tcp: TcpSocket, rest: Buffer) {
    tcp.on('error', () => tcp.destroy());
    const head = copyHead(req);
    if (!asksForWebSocket(head.headers)) return this.#ignoreUpgrade(req, tcp);
    if (req.rawHeaders.length / 2 > MAX_HEADER_COUNT) return this.#refuse(tcp, 431);
    const broken =
      refusalOfRequest(head.method, head.path, head.headers) ?? refusalOfHandshake(head.method, head.headers);
    if (broken !== undefined) return endWith(tcp, checked(broken, this.#report));
    if (!tcp.readable || !tcp.writable) return tcp.destroy(); // gone; what is accepted below is also opened

    const address = this.#addressOf(req, head);
    const verdict = this.#ask(head, address);
    if (!verdict.accept) return endWith(tcp, checked(verdict.response, this.#report));
    // The library would pick a protocol itself, or refuse after we accepted.
    delete req.headers['sec-websocket-protocol'];
    if (verdict.protocol !== '')
      this.#upgrader.once('headers', (lines) => lines.push(`Sec-WebSocket-Protocol: ${verdict.protocol}`));
    this.#upgrader.handleUpgrade(req, tcp, rest, (ws) =>
      this.#opened(ws, new WsSocket(this, ws, tcp, verdict.protocol, address), verdict.state),
    );
  }

  /** Upgrades to other protocols are an offer that may be declined: it is an ordinary request. */
  #ignoreUpgrade(req: IncomingMessage, tcp: TcpSocket) {
    const res = new ServerResponse(req);
    res.assignSocket(tcp);
    res.shouldKeepAlive = false; // the parser is gone
    res.on('finish', () => tcp.destroySoon());
    this.#request(req, res);
  }

  #ask({ path, query, headers }: Head, address: string): UpgradeAnswer<State> {
    try {
      return this.handlers.sockets.upgrade({ path, query, address, header: (name) => headers.get(name) ?? '' });
    } catch (error) {
      this.#report(error, 'upgrade');
      return { accept: false, response: refusal(500) };
    }
  }

  #opened(ws: WebSocket, peer: WsSocket, state: State) {
    const { sockets } = this.handlers;
    this.#connections.add(ws);
    ws.on('message', (data: Buffer, binary) => {
      if (peer.open) this.#guarded(peer, 'message', () => sockets.message(peer, state, data, binary));
    });
    ws.on('ping', (payload) => {
      peer.write(pongBytes(payload));
      if (peer.open) this.#guarded(peer, 'control', () => sockets.control(peer, state));
    });
    ws.on('pong', () => {
      if (peer.open) this.#guarded(peer, 'control', () => sockets.control(peer, state));
    });
    ws.on('error', () => peer.closed()); // a violation; the library closes
    ws.on('close', (code) => {
      peer.closed();
      this.#connections.delete(ws);
      this.#guarded(peer, 'close', () => sockets.close(peer, state, peer.endCode === 0 ? code : peer.endCode));
    });
    this.#guarded(peer, 'open', () => sockets.open(peer, state));
  }

  #guarded(peer: WsSocket, where: string, work: () => void) {
    try {
      work();
    } catch (error) {
      this.#report(error, where);
      peer.end(BROKEN.code, BROKEN.reason);
    }
  }

  #refuse(tcp: TcpSocket, status: number) {
    endWith(tcp, checked(status === 405 ? methodNotAllowed() : refusal(status), this.#report));
  }

  #addressOf(req: IncomingMessage, { headers }: Head) {
    return this.proxies.clientOf(peerOf(req), headers.get('x-forwarded-for') ?? '');
  }
}
