import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What a Bind of the log's statements contains, and nothing else does. */
const APPEND = 'append_message';

/** A way to PostgreSQL that keeps one answer to a batch to itself: the batch is committed and its node does not know. */
export class ReplyCutter {
  readonly #sockets = new Set<Socket>();
  #armed: { left: number; readonly cut: () => void } | undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async start(databaseUrl: string): Promise<ReplyCutter> {
    const server = createServer();
    const cutter = new ReplyCutter(server, new URL(databaseUrl));
    server.on('connection', (client) => cutter.#carry(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return cutter;
  }

  /** The database, by this way. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Calls `cut` when the answer after so many others has come, and then breaks that connection. */
  arm(after: number, cut: () => void): void {
    this.#armed = { left: after, cut };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #carry(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    let asked = false;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (bytes) => {
      asked ||= bytes.includes(APPEND);
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (asked && this.#cuts()) return void client.destroy();
      asked = false;
      client.write(bytes);
    });
  }

  #cuts(): boolean {
    const armed = this.#armed;
    if (!armed || armed.left-- > 0) return false;
    this.#armed = undefined;
    armed.cut();
    return true;
  }
}
