import { WebSocket } from 'ws';
import { eventually } from './raw-socket.ts';

/** An answer as it stood on the wire. */
export interface Reply {
  /** Null when the server could not tell which frame it answers. */
  readonly id: number | string | null;
  readonly ok: boolean;
  readonly data?: Record<string, unknown>;
  readonly error?: ReplyError;
}

export interface ReplyError {
  readonly code: string;
  readonly message: string;
  readonly rule?: string;
  readonly details?: readonly { readonly path: string; readonly expected: string }[];
  readonly retryAfterMs?: number;
}

export interface ClientEvent {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export interface ClientOptions {
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Answer the server's protocol-level pings; yes, when absent. */
  readonly autoPong?: boolean;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

const DEADLINE_MS = 15_000;

/** A plain client of protocol v1: it keeps what it hears, and does nothing by itself. */
export class WsClient {
  /** Every event since the connection opened, in order of arrival. */
  readonly events: ClientEvent[] = [];
  /** Replies to no request of ours: `id` is null, or not one that is waited for. */
  readonly strays: Reply[] = [];
  readonly #waiting = new Map<number | string, Waiting>();
  #lastId = 0;
  #closed: Closed | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString()) as Reply | ClientEvent));
    socket.on('close', (code, reason) => {
      this.#closed = { code, reason: reason.toString() };
      for (const [id, { reject }] of this.#waiting) reject(new Error(`closed with ${code} before reply ${id}`));
    });
    // A close always follows; the handshake's failure is told by `connect`.
    socket.on('error', () => {});
  }

  /** @throws Error with the status when the server refuses to upgrade */
  static async connect(url: string, { protocols = [], ...options }: ClientOptions = {}): Promise<WsClient> {
    const socket = new WebSocket(url, [...protocols], { perMessageDeflate: false, ...options });
    const client = new WsClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
      socket.once('unexpected-response', (_request, response) => {
        reject(new Error(`refused: ${response.statusCode}`));
        socket.terminate();
      });
    });
    return client;
  }

  get open(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Sends whatever it is given. */
  raw(frame: string | Uint8Array): void {
    this.socket.send(frame);
  }

  /** Sends at once, so that calls leave in the order in which they were made. @throws Error when no reply came in time */
  call(type: string, data: unknown = {}, deadlineMs = DEADLINE_MS): Promise<Reply> {
    const id = ++this.#lastId;
    return this.exchange(JSON.stringify({ id, type, data }), id, deadlineMs);
  }

  /** A frame written by hand, and the reply that carries its id. */
  exchange(frame: string | Uint8Array, id: number | string, deadlineMs = DEADLINE_MS): Promise<Reply> {
    const reply = new Promise<Reply>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no reply ${id} within ${deadlineMs} ms`)), deadlineMs);
      this.#waiting.set(id, {
        resolve: (heard) => {
          clearTimeout(late);
          resolve(heard);
        },
        reject: (error) => {
          clearTimeout(late);
          reject(error);
        },
      });
      if (this.open) this.raw(frame);
      else this.#waiting.get(id)?.reject(new Error(`closed with ${this.#closed?.code} before frame ${id}`));
    });
    return reply.finally(() => this.#waiting.delete(id));
  }

  /** The reply to a frame that the server can't tell an id of. Only while nothing else is under way. */
  async answer(frame: string | Uint8Array, deadlineMs = DEADLINE_MS): Promise<Reply> {
    const seen = this.strays.length;
    this.raw(frame);
    return eventually(() => this.strays[seen], 'a reply without id', deadlineMs);
  }

  async auth(token: string, device?: object): Promise<Reply> {
    return this.call('auth', { token, ...(device && { device }) });
  }

  /** The first event, heard already or still to come, that is meant. */
  until(meant: (event: ClientEvent) => boolean, deadlineMs = DEADLINE_MS): Promise<ClientEvent> {
    return eventually(() => this.events.find(meant), 'an event', deadlineMs);
  }

  /** How the connection ended, once it has. */
  ended(deadlineMs = DEADLINE_MS): Promise<Closed> {
    return eventually(() => this.#closed, 'the end of the connection', deadlineMs);
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.ended();
  }

  #hear(frame: Reply | ClientEvent): void {
    if (!('id' in frame)) return void this.events.push(frame);
    const waiting = frame.id === null ? undefined : this.#waiting.get(frame.id);
    if (!waiting) return void this.strays.push(frame);
    // At once: the next frame of the same packet may carry the same id.
    this.#waiting.delete(frame.id!); // not null: it was found
    waiting.resolve(frame);
  }
}
