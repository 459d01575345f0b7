import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { awakeMs } from './awake.ts';

/** One frame as the server sent it. */
export interface RawFrame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Waits until `ready` yields something; the deadline, of time in which this process runs, turns a hang into a message. */
export const eventually = async <T>(
  ready: () => T | undefined | null | false,
  what: string,
  deadlineMs = 10_000,
): Promise<T> => {
  const until = awakeMs() + deadlineMs;
  for (;;) {
    const value = ready();
    if (value !== undefined && value !== null && value !== false) return value;
    if (awakeMs() > until) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await sleep(2);
  }
};

interface FrameOptions {
  readonly fin?: boolean;
  readonly masked?: boolean;
  /** RSV1 = 4, RSV2 = 2, RSV3 = 1. */
  readonly rsv?: number;
  /** Says this instead of the payload's length. */
  readonly declaredLength?: bigint;
}

/** Any frame, lawful or not. */
export const rawFrame = (opcode: number, payload: string | Uint8Array = '', options: FrameOptions = {}) => {
  const { fin = true, masked = true, rsv = 0 } = options;
  const body = Buffer.from(payload as Uint8Array);
  const length = options.declaredLength ?? BigInt(body.length);
  const head = Buffer.alloc(14);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  let size = 2;
  if (length < 126n) head[1] = Number(length);
  else if (length < 65_536n) {
    head[1] = 126;
    size += head.writeUInt16BE(Number(length), 2) - 2;
  } else {
    head[1] = 127;
    size += head.writeBigUInt64BE(length, 2) - 2;
  }
  if (!masked) return Buffer.concat([head.subarray(0, size), body]);
  head[1] |= 0x80;
  const mask = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  const hidden = body.map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return Buffer.concat([head.subarray(0, size), mask, hidden]);
};

export const closePayload = (code: number, reason = '') => {
  const bytes = Buffer.alloc(2 + Buffer.byteLength(reason));
  bytes.writeUInt16BE(code);
  bytes.write(reason, 2);
  return bytes;
};

export const handshake = (path = '/v1/ws', headers: Readonly<Record<string, string | undefined>> = {}) => {
  const all = {
    Host: 'localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
};

/**
 * A TCP connection that can say anything, and a WebSocket client that never answers by itself:
 * no pong, no close, no FIN. Received bytes are kept until a reader takes them.
 */
export class RawSocket {
  /** What arrived and was not taken: chunks to join, behind what was joined already. */
  #arrived: Buffer[] = [];
  #joined: Buffer = Buffer.alloc(0);
  #finished = false;
  #closed = false;
  #error: string | undefined;
  #chunks = 0;

  private constructor(readonly tcp: Socket) {
    tcp.on('data', (chunk: Buffer) => {
      this.#arrived.push(chunk);
      this.#chunks += 1;
    });
    tcp.on('end', () => {
      this.#finished = true;
    });
    tcp.on('close', () => {
      this.#closed = true;
    });
    tcp.on('error', (error: NodeJS.ErrnoException) => {
      this.#error = error.code;
    });
  }

  static async connect(port: number, host = '127.0.0.1') {
    const tcp = connect({ port, host, allowHalfOpen: true });
    tcp.setNoDelay(true);
    const socket = new RawSocket(tcp);
    await once(tcp, 'connect');
    return socket;
  }

  /** Connected and upgraded. */
  static async open(
    port: number,
    path?: string,
    headers?: Readonly<Record<string, string | undefined>>,
    host?: string,
  ) {
    const socket = await RawSocket.connect(port, host);
    socket.write(handshake(path, headers));
    const response = await socket.response();
    if (response.status !== 101) throw new Error(`refused: ${response.status} ${response.body}`);
    return socket;
  }

  /** The server sent FIN. */
  get finished() {
    return this.#finished;
  }

  /** Both directions are over, by FIN or RST. */
  get closed() {
    return this.#closed;
  }

  get over() {
    return this.#finished || this.#closed;
  }

  get error() {
    return this.#error;
  }

  /** Arrivals of data so far: how many packets it took, as far as this side can tell. */
  get chunks() {
    return this.#chunks;
  }

  get pending() {
    return this.#arrived.reduce((sum, chunk) => sum + chunk.length, this.#joined.length);
  }

  write(bytes: string | Uint8Array) {
    this.tcp.write(bytes);
  }

  text(text: string) {
    this.write(rawFrame(OPCODE.text, text));
  }

  pause() {
    this.tcp.pause();
  }

  resume() {
    this.tcp.resume();
  }

  destroy() {
    this.tcp.destroy();
  }

  /** RST instead of FIN. */
  reset() {
    this.tcp.resetAndDestroy();
  }

  /** Takes all that has arrived. */
  take() {
    const bytes = this.#peek();
    this.#joined = Buffer.alloc(0);
    return bytes;
  }

  #peek() {
    if (this.#arrived.length > 0) this.#joined = Buffer.concat([this.#joined, ...this.#arrived]);
    this.#arrived = [];
    return this.#joined;
  }

  async ended(deadlineMs?: number) {
    await eventually(() => this.over, 'the server ends the connection', deadlineMs);
  }

  /** The next frame, if a whole one is there. */
  tryFrame(): RawFrame | undefined {
    const bytes = this.#peek();
    if (bytes.length < 2) return undefined;
    const short = (bytes[1] ?? 0) & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < start) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + length) return undefined;
    this.#joined = bytes.subarray(start + length);
    const first = bytes[0] ?? 0;
    return { fin: first >= 0x80, opcode: first & 0x0f, payload: bytes.subarray(start, start + length) };
  }

  frame(deadlineMs?: number) {
    return eventually(() => this.tryFrame(), 'a frame from the server', deadlineMs);
  }

  /** The payload of the next frame, as text. */
  async nextText(deadlineMs?: number) {
    return (await this.frame(deadlineMs)).payload.toString();
  }

  async texts(count: number) {
    const texts: string[] = [];
    while (texts.length < count) texts.push(await this.nextText());
    return texts;
  }

  /** The next frame must be a close; its code, 1005 when it says none. */
  async closeCode(deadlineMs?: number) {
    const { opcode, payload } = await this.frame(deadlineMs);
    if (opcode !== OPCODE.close) throw new Error(`opcode ${opcode} where a close frame was expected`);
    return payload.length < 2 ? 1005 : payload.readUInt16BE(0);
  }

  /** One whole response with a Content-Length (or none, and then without body). */
  response(deadlineMs?: number): Promise<RawResponse> {
    return eventually(() => this.#tryResponse(), 'an HTTP response', deadlineMs);
  }

  #tryResponse(): RawResponse | undefined {
    const bytes = this.#peek();
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) {
      if (this.over) throw new Error(`the connection ended without a response (${this.#error ?? 'FIN'})`);
      return undefined;
    }
    const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
    const headers = new Map(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const bodyless = first.includes(' 101 ') || first.includes(' 204 ') || first.includes(' 304 ');
    // The library's own error pages have no length: the connection ends behind them.
    const declared = headers.get('content-length');
    const length = bodyless ? 0 : declared === undefined ? bytes.length - end - 4 : Number(declared);
    if (declared === undefined && !bodyless && !this.over) return undefined;
    if (bytes.length < end + 4 + length) return undefined;
    this.#joined = bytes.subarray(end + 4 + length);
    return { status: Number(first.split(' ')[1]), headers, body: bytes.subarray(end + 4, end + 4 + length).toString() };
  }
}

/** Sends one request as it stands and reads one response. */
export const rawRequest = async (port: number, request: string | Uint8Array, deadlineMs?: number) => {
  const socket = await RawSocket.connect(port);
  try {
    socket.write(request);
    return await socket.response(deadlineMs);
  } finally {
    socket.destroy();
  }
};
