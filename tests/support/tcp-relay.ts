import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server by TCP, on a port of its own. Where one end of a connection closes, so does the other. */
export class TcpRelay {
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  /** @param carry is given each new connection, and passes on what comes from either end */
  static async to(url: string, carry: (client: Socket, server: Socket) => void): Promise<TcpRelay> {
    const listener = createServer();
    const relay = new TcpRelay(listener, new URL(url));
    listener.on('connection', (client) => {
      const server = connect(Number(relay.target.port), relay.target.hostname);
      relay.#join(client, server);
      carry(client, server);
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return relay;
  }

  /** The server, by this way. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Ends all connections. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.drop();
    this.server.close();
    await once(this.server, 'close');
  }

  #join(client: Socket, server: Socket): void {
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
  }
}
