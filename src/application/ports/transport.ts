/** Bytes of one frame, encoded already. A string goes out as a text frame, bytes as a binary one. */
export type Frame = string | Uint8Array;

/** How a frame left: on its way, waiting behind a slow reader, or lost with the socket (which is then being closed with 4413). */
export type Sent = 'sent' | 'buffered' | 'lost';

/**
 * One accepted WebSocket. Every method is safe at any time: on a closed socket each is a no-op (`send` says `lost`).
 * Frames leave in the order of the calls, published ones included.
 */
export interface Socket {
  readonly open: boolean;
  readonly protocol: string;
  /** Of the peer, or of the client behind a trusted proxy. Textual, without port; IPv4 in IPv6 is shown as IPv4. */
  readonly address: string;
  send(frame: Frame): Sent;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** To every subscriber of the topic on this node but this socket. */
  publish(topic: string, frame: Frame): void;
  /** Runs `work` and sends what it wrote in as few packets as can be. */
  cork(work: () => void): void;
  /** Flushes what waits, sends a close frame; after 2 s the TCP connection is cut, whatever the peer does. A second call does nothing. */
  end(code: number, reason: string): void;
}

/** What the transport asks before it upgrades; headers are lower-cased, an absent one is ''. */
export interface UpgradeRequest {
  readonly path: string;
  readonly address: string;
  header(name: string): string;
}

/** Either the sub-protocol to speak ('' for none offered) and the state to hang on the socket, or an HTTP refusal. */
export type UpgradeAnswer<State> =
  | { readonly accept: true; readonly protocol: string; readonly state: State }
  | { readonly accept: false; readonly response: HttpResponse };

/**
 * What the composition root hands the transport. No method may throw into the transport; one that does is caught,
 * reported to `fault`, and the socket is closed.
 */
export interface SocketHandler<State> {
  upgrade(request: UpgradeRequest): UpgradeAnswer<State>;
  open(socket: Socket, state: State): void;
  /** `bytes` is valid only until this returns; whatever is kept must be copied or decoded first. `binary` tells the frame's kind. */
  message(socket: Socket, state: State, bytes: Uint8Array, binary: boolean): void;
  /** A control frame from the peer; it has been answered already. */
  control(socket: Socket, state: State): void;
  /** Once per socket, also after an abrupt loss (code 1006). */
  close(socket: Socket, state: State, code: number): void;
}

export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Percent-decoded by nobody; begins with '/', without the query. */
  readonly path: string;
  /** Raw, without '?'. */
  readonly query: string;
  readonly address: string;
  /** Lower-cased names. A repeated header is joined by ', '. */
  readonly headers: ReadonlyMap<string, string>;
  /** The whole body, or undefined when it passed `maxBodyBytes` (the transport stopped reading). Each call gives the same promise. */
  body(): Promise<Uint8Array | undefined>;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse> | HttpResponse;

export interface TransportOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Above this a frame ends its socket at once, in bytes. The application's own limit lies below it. */
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

/**
 * The machine that owns the port: HTTP and WebSocket on one listener, topics inside the node. Adapters: uWebSockets.js, ws.
 * Topics are plain strings; publishing to one that nobody holds costs nothing.
 */
export interface Transport {
  /** Where it listens. @throws PortTaken when another process holds the port, NotListening otherwise. */
  listen<State>(handlers: {
    readonly sockets: SocketHandler<State>;
    readonly http: HttpHandler;
    /** An exception out of a handler; the transport goes on. */
    readonly fault: (error: unknown, where: string) => void;
  }, options: TransportOptions): Promise<{ readonly host: string; readonly port: number }>;
  /** To every subscriber of the topic on this node. What is published within one tick to one socket leaves in one write. */
  publish(topic: string, frame: Frame): void;
  subscribers(topic: string): number;
  /** Refuses new connections from now on; the open ones stay. */
  stopListening(): void;
  /** Ends what is still open and frees everything. A second call does nothing. */
  close(): Promise<void>;
}
