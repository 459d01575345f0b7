import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { closePayload, OPCODE, rawFrame } from './raw-socket.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export interface ClientFrame {
  readonly id: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** How a connection is treated from its first byte. */
export interface Manners {
  /** In place of the 101; the connection is left as it is then. */
  readonly upgrade?: (connection: ScriptedConnection) => void;
  /** Right after the 101. */
  readonly opened?: (connection: ScriptedConnection) => void;
  /** In place of a good answer. True: nothing more is answered. */
  readonly frame?: (connection: ScriptedConnection, frame: ClientFrame) => boolean;
  /** Echoes whatever the client's close says, as a lawful server does; yes, when absent. */
  readonly closes?: boolean;
}

/** One socket of a client, seen from a server that may say anything. */
export class ScriptedConnection {
  readonly frames: ClientFrame[] = [];
  /** It has been told who it is. */
  known = false;
  #head = '';
  #bytes = Buffer.alloc(0);
  #upgraded = false;

  constructor(
    readonly tcp: Socket,
    private readonly manners: Manners,
    private readonly answer: (connection: ScriptedConnection, frame: ClientFrame) => void,
  ) {
    tcp.setNoDelay(true);
    tcp.on('error', () => {});
    tcp.on('data', (chunk: Buffer) => (this.#upgraded ? this.#hear(chunk) : this.#request(chunk)));
  }

  get open(): boolean {
    return !this.tcp.destroyed && this.tcp.writable;
  }

  raw(bytes: string | Uint8Array): void {
    this.tcp.write(bytes);
  }

  says(frame: unknown): void {
    this.text(JSON.stringify(frame));
  }

  text(text: string | Uint8Array): void {
    this.raw(rawFrame(OPCODE.text, text, { masked: false }));
  }

  frame(opcode: number, payload?: string | Uint8Array, options: { fin?: boolean; rsv?: number } = {}): void {
    this.raw(rawFrame(opcode, payload, { ...options, masked: false }));
  }

  close(code: number): void {
    this.frame(OPCODE.close, closePayload(code));
    this.tcp.end();
  }

  http(status: string, headers: readonly string[] = [], body = ''): void {
    this.raw([`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, ...headers, '', body].join('\r\n'));
    this.tcp.end();
  }

  /** What a server says that takes the socket; `accept` in place of the right answer to its key. */
  upgrade({ accept = this.#accept(), headers = ['Sec-WebSocket-Protocol: tertulia.v1'] } = {}): void {
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    if (accept) lines.push(`Sec-WebSocket-Accept: ${accept}`);
    this.raw([...lines, ...headers, '', ''].join('\r\n'));
    this.#upgraded = true;
  }

  #accept(): string {
    const key = /^sec-websocket-key: (.+)$/im.exec(this.#head)?.[1]?.trim() ?? '';
    return createHash('sha1')
      .update(key + GUID)
      .digest('base64');
  }

  #request(chunk: Buffer): void {
    this.#head += chunk.toString('latin1');
    if (!this.#head.includes('\r\n\r\n')) return;
    if (this.manners.upgrade) return this.manners.upgrade(this);
    this.upgrade();
    this.manners.opened?.(this);
  }

  #hear(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (let frame = this.#next(); frame; frame = this.#next()) this.#heard(frame.opcode, frame.payload);
  }

  #heard(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.close && this.manners.closes !== false) {
      if (this.open) this.frame(OPCODE.close, payload);
      this.tcp.end();
    }
    if (opcode !== OPCODE.text) return;
    const frame = JSON.parse(payload.toString()) as ClientFrame;
    this.frames.push(frame);
    if (!this.manners.frame?.(this, frame) && this.open) this.answer(this, frame);
  }

  /** Clients mask what they send; frames of theirs are whole. */
  #next(): { readonly opcode: number; readonly payload: Buffer } | undefined {
    const bytes = this.#bytes;
    const [first = 0, second = 0] = bytes;
    const short = second & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < start + 4) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + 4 + length) return undefined;
    const mask = bytes.subarray(start, start + 4);
    const payload = bytes.subarray(start + 4, start + 4 + length).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
    this.#bytes = bytes.subarray(start + 4 + length);
    return { opcode: first & 0x0f, payload: Buffer.from(payload) };
  }
}

/** A WebSocket server without manners of its own: the test hands them in, for one connection after the other. */
export class ScriptedServer {
  readonly connections: ScriptedConnection[] = [];
  /** For the connections to come, the first of them for the next; after them all are treated well. */
  readonly manners: Manners[] = [];

  private constructor(private readonly server: Server) {}

  /** `answer`: what a good server says. */
  static async start(answer: (connection: ScriptedConnection, frame: ClientFrame) => void): Promise<ScriptedServer> {
    const tcp = createServer();
    const server = new ScriptedServer(tcp);
    tcp.on('connection', (socket) => {
      server.connections.push(new ScriptedConnection(socket, server.manners.shift() ?? {}, answer));
    });
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The one that was opened last. */
  get last(): ScriptedConnection {
    const connection = this.connections.at(-1);
    if (!connection) throw new Error('nobody has connected');
    return connection;
  }

  async stop(): Promise<void> {
    for (const { tcp } of this.connections) tcp.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
