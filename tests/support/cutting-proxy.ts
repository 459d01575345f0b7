import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Where a connection breaks: after so many bytes of the next request, or of the answer to it. */
export interface Cut {
  readonly of: 'request' | 'answer';
  readonly after: number;
}

/** A way to PostgreSQL that can break in the middle of anything, with both ends noticing. */
export class CuttingProxy {
  #armed: Cut | undefined;
  /** Of the exchange that the last cut, or the last `watch`, was about. */
  seen = { request: 0, answer: 0 };
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async start(databaseUrl: string): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server, new URL(databaseUrl));
    server.on('connection', (client) => proxy.#carry(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** The database, by this way. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Breaks the next exchange; later ones are whole. A cut behind the end of an exchange breaks nothing. */
  cut(cut: Cut): void {
    this.#armed = cut;
    this.seen = { request: 0, answer: 0 };
  }

  /** @returns whether the cut has happened */
  get broken(): boolean {
    return this.#armed === undefined;
  }

  disarm(): void {
    this.#armed = undefined;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #carry(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (bytes) => this.#pass(bytes, 'request', server, client));
    server.on('data', (bytes) => this.#pass(bytes, 'answer', client, server));
  }

  #pass(bytes: Buffer, of: Cut['of'], to: Socket, from: Socket): void {
    const room = this.#armed?.of === of ? this.#armed.after - this.seen[of] : Infinity;
    this.seen[of] += bytes.length;
    if (bytes.length < room) return void to.write(bytes);
    // What came before the cut arrives; nothing behind it does, in either direction.
    this.#armed = undefined;
    to.end(bytes.subarray(0, room));
    from.pause();
    to.once('finish', () => from.destroy());
  }
}
