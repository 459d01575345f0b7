import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Dialect } from './dialects/dialect.ts';
import { CLOSE, clientFrame, FrameReader, PING, PONG, TEXT } from './frames.ts';

export interface Endpoint {
  readonly port: number;
  /** Which of 127.0.0.1 to .n the connections leave from, so that ports and per-address limits suffice. */
  readonly addresses: number;
}

/** What an open session hands on; `buffer` is valid only until this returns. */
export interface Listener {
  text(connection: Connection, buffer: Buffer, start: number, end: number): void;
  /** The server, or a bug, ended it. */
  failed(connection: Connection, error: Error): void;
}

/** One for all sockets: libuv fills it, the callback empties it before the next read. */
const shared = Buffer.allocUnsafeSlow(256 * 1024);
const noop = (): void => undefined;

/** One authenticated WebSocket, on a bare TCP socket. */
export class Connection {
  readonly #frames = new FrameReader();
  readonly #socket: Socket;
  #handshake: string | undefined = '';
  #ready: (() => void) | undefined;
  #listener: Listener;

  private constructor(
    readonly index: number,
    endpoint: Endpoint,
    private readonly dialect: Dialect,
    private readonly token: string,
    listener: Listener,
  ) {
    this.#listener = listener;
    this.#socket = connect({
      port: endpoint.port,
      host: '127.0.0.1',
      localAddress: `127.0.0.${1 + (index % endpoint.addresses)}`,
      noDelay: true,
      onread: { buffer: shared, callback: (length) => this.#read(length) },
    });
    this.#socket.on('connect', () => this.#upgrade(endpoint));
    this.#socket.on('error', (error) => this.#listener.failed(this, error));
    this.#socket.on('close', () => this.#listener.failed(this, new Error('closed by the server')));
  }

  static open(
    index: number,
    endpoint: Endpoint,
    dialect: Dialect,
    token: string,
    listener: Listener,
  ): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const opening: Listener = {
        text: noop,
        failed: (_, error) => reject(new Error(`connection ${index}: ${error.message}`)),
      };
      const connection = new Connection(index, endpoint, dialect, token, opening);
      connection.#ready = () => {
        connection.#listener = listener;
        connection.#ready = undefined;
        resolve(connection);
      };
    });
  }

  write(frame: Buffer): void {
    this.#socket.write(frame);
  }

  say(text: string): void {
    this.write(clientFrame(text));
  }

  end(): void {
    this.#listener = { text: noop, failed: noop };
    this.#socket.destroy();
  }

  #upgrade({ port }: Endpoint): void {
    const { path, protocol } = this.dialect;
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
    ];
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  /** True keeps the socket reading. */
  #read(length: number): boolean {
    try {
      if (this.#handshake === undefined) this.#frames.read(shared, length, this.#frame);
      else this.#upgraded(shared.toString('latin1', 0, length));
    } catch (error) {
      this.#listener.failed(this, error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  }

  #upgraded(text: string): void {
    const response = `${this.#handshake}${text}`;
    this.#handshake = response;
    const end = response.indexOf('\r\n\r\n');
    if (end === -1) return;
    if (!response.startsWith('HTTP/1.1 101')) throw new Error(`upgrade refused: ${response.slice(0, 300)}`);
    this.#handshake = undefined;
    const greeting = this.dialect.greeting(this.token);
    if (greeting !== undefined) this.write(clientFrame(greeting));
    if (this.dialect.opening(undefined, this.token).open) this.#ready?.();
    const rest = Buffer.from(response.slice(end + 4), 'latin1');
    this.#frames.read(rest, rest.length, this.#frame);
  }

  readonly #frame = (opcode: number, buffer: Buffer, start: number, end: number): void => {
    if (opcode === TEXT && this.#ready === undefined) this.#listener.text(this, buffer, start, end);
    else if (opcode === TEXT) this.#opening(buffer.toString('utf8', start, end));
    else if (opcode === PING) this.write(clientFrame(Buffer.from(buffer.subarray(start, end)), PONG));
    else if (opcode === CLOSE)
      throw new Error(
        `closed by the server: ${end - start < 2 ? 'no code' : `${buffer.readUInt16BE(start)} ${buffer.toString('utf8', start + 2, end)}`}`,
      );
  };

  #opening(frame: string): void {
    const { open, send } = this.dialect.opening(frame, this.token);
    if (send !== undefined) this.write(clientFrame(send));
    if (open) this.#ready?.();
  }
}
