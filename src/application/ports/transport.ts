/** Bytes of one frame, encoded already. A string goes out as a text frame, bytes as a binary one. */
export type Frame = string | Uint8Array;

/** How a frame left: on its way, waiting behind a slow reader, or lost with the socket (which is then being closed with 4413). */
export type Sent = 'sent' | 'buffered' | 'lost';

/**
 * One accepted WebSocket. Every method is safe at any time: on a closed socket each is a no-op (`send` says `lost`).
 * Frames leave in the order of the calls, published ones included. Once a frame was lost no later one is delivered:
 * the next thing the peer may see is the end.
 */
export interface Socket {
  /** False from the moment that `end` was called, a frame was lost, or the peer closed; nothing is received after it. */
  readonly open: boolean;
  /** Whether frames wait now for a peer that reads slower than it is told. False once it is closed. */
  readonly behind: boolean;
  readonly protocol: string;
  /** Of the peer, or of the client behind a trusted proxy. Canonical text without port or zone; IPv4 in IPv6 is shown as IPv4. */
  readonly address: string;
  send(frame: Frame): Sent;
  /** What is published from now on arrives. A second call does nothing. */
  subscribe(topic: string): void;
  /** What was published before still arrives. */
  unsubscribe(topic: string): void;
  /** To every subscriber of the topic on this node but this socket. */
  publish(topic: string, frame: Frame): void;
  /** Runs `work` at once (also on a closed socket; what it throws reaches the caller) and sends what it wrote in as few packets as can be. */
  cork(work: () => void): void;
  /**
   * Leaves all topics, flushes what waits, sends a close frame (the reason cut to 123 bytes, a code that must not be on
   * the wire replaced by 1011). If that is not out and answered after 2 s the TCP connection is cut bare, whatever the peer
   * does. `close` follows in a later turn of the loop, never inside this call. A second call does nothing.
   */
  end(code: number, reason: string): void;
}

/** What the transport asks before it upgrades. The handshake itself was checked: key, version 13, `Connection: Upgrade`. */
export interface UpgradeRequest {
  readonly path: string;
  /** Raw, without '?'. */
  readonly query: string;
  readonly address: string;
  /** By lower-case name; '' when absent. A repeated header is joined by ', '. */
  header(name: string): string;
}

/** Either the sub-protocol to speak ('' for none offered) and the state to hang on the socket, or an HTTP refusal. */
export type UpgradeAnswer<State> =
  | { readonly accept: true; readonly protocol: string; readonly state: State }
  | { readonly accept: false; readonly response: HttpResponse };

/**
 * What the composition root hands the transport. No method may throw into the transport; one that does is caught,
 * reported to `fault`, and the socket is closed with 1011 (an `upgrade` is answered 500).
 */
export interface SocketHandler<State> {
  upgrade(request: UpgradeRequest): UpgradeAnswer<State>;
  open(socket: Socket, state: State): void;
  /** `bytes` is valid only until this returns; whatever is kept must be copied or decoded first. `binary` tells the frame's kind. */
  message(socket: Socket, state: State, bytes: Uint8Array, binary: boolean): void;
  /** A ping or pong from the peer; a ping has been answered already. */
  control(socket: Socket, state: State): void;
  /**
   * Once per opened socket. `code` is the one given to `end` (4413 after a loss), else the peer's (1005: it gave none),
   * else 1006: cut, a protocol violation, or a frame above `maxFrameBytes`.
   */
  close(socket: Socket, state: State, code: number): void;
}

export interface HttpRequest {
  /** Upper case: GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS; any other was answered 405 by the transport. */
  readonly method: string;
  /** Percent-decoded by nobody; begins with '/', without the query. */
  readonly path: string;
  /** Raw, without '?'. */
  readonly query: string;
  readonly address: string;
  /** Lower-cased names. A repeated header is joined by ', ' (`cookie` by '; '). */
  readonly headers: ReadonlyMap<string, string>;
  /**
   * The whole body, or undefined when it passed `maxBodyBytes` (the transport stopped reading and closes the connection
   * after the response) or the client went away. Each call gives the same promise; it never rejects.
   */
  body(): Promise<Uint8Array | undefined>;
  /** Aborted when the client goes away before it was answered. */
  readonly signal: AbortSignal;
}

/**
 * Content-Length, Transfer-Encoding, Connection and Date are the transport's own and ignored here. To HEAD, 204 and 304
 * the body is not sent. A status outside 200–599, or a header with a line break or a character outside ASCII, is a fault.
 */
export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** What it throws, or rejects with, is reported to `fault` and answered 500. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse> | HttpResponse;

export interface TransportOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Above this a message (the sum of its fragments) ends its socket at once, in bytes. The application's own limit lies below it. */
  readonly maxFrameBytes: number;
  /** Above this an HTTP body is not read on, in bytes. */
  readonly maxBodyBytes: number;
  /** Bytes that may wait for one slow reader; one more and the socket is closed with 4413. */
  readonly maxBufferedBytes: number;
  /** Addresses or CIDR blocks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Whether other processes may listen on the same port as well (several workers). */
  readonly sharedPort: boolean;
}

/** Another process listens there. */
export class PortTaken extends Error {
  constructor(
    readonly host: string,
    readonly port: number,
  ) {
    super(`port ${port} on ${host} is taken by another process`);
    this.name = 'PortTaken';
  }
}

/** The address can't be listened on: unknown, not ours, not allowed. */
export class NotListening extends Error {
  constructor(
    readonly host: string,
    readonly port: number,
    reason: string,
  ) {
    super(`cannot listen on ${host}, port ${port}: ${reason}`);
    this.name = 'NotListening';
  }
}

/**
 * The machine that owns the port: HTTP and WebSocket on one listener, topics inside the node. Adapters: uWebSockets.js, ws.
 * Topics are plain strings; publishing to one that nobody holds costs nothing.
 *
 * It answers by itself: 400 what is ambiguous HTTP (two Content-Lengths, Content-Length with Transfer-Encoding, a coding
 * but `chunked`, two Hosts) or no good handshake, 405 unknown methods, 426 a WebSocket version but 13, 431 headers above
 * 4 KiB or 100 lines, 505 HTTP/1.0. Who sends headers or a body too slowly is cut
 * within 14 s, who reads a response too slowly within 25 s.
 */
export interface Transport {
  /**
   * Where it listens. One call per transport.
   * @throws PortTaken when another process holds the port, NotListening otherwise (a bad entry of `trustedProxies` too).
   */
  listen<State>(
    handlers: {
      readonly sockets: SocketHandler<State>;
      readonly http: HttpHandler;
      /** An exception out of a handler; the transport goes on. */
      readonly fault: (error: unknown, where: string) => void;
    },
    options: TransportOptions,
  ): Promise<{ readonly host: string; readonly port: number }>;
  /** To every subscriber of the topic on this node. What is published within one tick to one socket leaves in one write. */
  publish(topic: string, frame: Frame): void;
  subscribers(topic: string): number;
  /** Refuses new connections from now on; open sockets and requests under way stay. A second call does nothing. */
  stopListening(): void;
  /**
   * After `stopListening`: resolves when every request under way was answered and its answer has left, or after so many
   * milliseconds. Idle connections are not waited for. A second call does the same.
   */
  finish(ms: number): Promise<void>;
  /** Cuts what is still open (every socket gets its `close`) and frees everything, the port first. A second call does nothing. */
  close(): Promise<void>;
}
