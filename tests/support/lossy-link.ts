import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export type Silent = 'neither' | 'requests' | 'answers' | 'both';

/** A way to a server on which bytes vanish in one direction or both, while every connection seems to live. */
export class LossyLink {
  #silent: Silent = 'neither';
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async to(url: string): Promise<LossyLink> {
    const server = createServer();
    const link = new LossyLink(server, new URL(url));
    server.on('connection', (client) => link.#carry(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return link;
  }

  /** The server, by this way. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** From now on these vanish. Connections that were made meanwhile, or lost something, end when all is well again. */
  silence(what: Silent): void {
    if (what === 'neither') for (const socket of this.#sockets) socket.destroy();
    this.#silent = what;
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
    client.on('data', (bytes) => this.#pass(bytes, server, 'requests'));
    server.on('data', (bytes) => this.#pass(bytes, client, 'answers'));
  }

  #pass(bytes: Buffer, to: Socket, what: Silent): void {
    if (this.#silent !== what && this.#silent !== 'both') to.write(bytes);
  }
}
