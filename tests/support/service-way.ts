import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Direction } from './network-lab.ts';

/**
 * A node's way to PostgreSQL or Redis by TCP. What a partition holds back is kept, as TCP keeps it, and comes when the
 * partition is over: also what its sender has given up by then. Lighter than a `NetworkLab`, for all that a node says goes here.
 */
export class ServiceWay {
  readonly #held = new Set<Direction>();
  readonly #open = new Set<Record<Direction, Socket>>();

  private constructor(
    private readonly server: Server,
    private target: URL,
  ) {}

  /** @param target where it leads, with all that its address says */
  static async start(target: string): Promise<ServiceWay> {
    const server = createServer({ allowHalfOpen: true });
    const way = new ServiceWay(server, new URL(target));
    server.on('connection', (client) => way.#carry(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return way;
  }

  /** What it leads to, by this way. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Nothing gets through in these directions, and nobody hears of it. New connections wait in the same way. */
  hold(...directions: readonly Direction[]): void {
    for (const direction of directions) {
      this.#held.add(direction);
      for (const from of this.#open) from[direction].pause();
    }
  }

  heal(): void {
    this.#held.clear();
    for (const { up, down } of this.#open) {
      up.resume();
      down.resume();
    }
  }

  /** Leads elsewhere from now on; who is connected is cut off. */
  leadTo(target: string): void {
    this.target = new URL(target);
    this.drop();
  }

  drop(): void {
    for (const { up, down } of this.#open) {
      up.resetAndDestroy();
      down.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    this.drop();
    this.server.close();
    await once(this.server, 'close');
  }

  /** `up` is the socket from which comes what goes up. */
  #carry(up: Socket): void {
    const down = connect({ port: Number(this.target.port), host: this.target.hostname, allowHalfOpen: true });
    const both = { up, down };
    this.#open.add(both);
    this.#pipe('up', up, down);
    this.#pipe('down', down, up);
    for (const direction of this.#held) both[direction].pause();
    up.once('close', () => down.closed && this.#open.delete(both));
    down.once('close', () => up.closed && this.#open.delete(both));
  }

  #pipe(direction: Direction, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (bytes: Buffer) => {
      if (to.write(bytes)) return;
      from.pause();
      to.once('drain', () => this.#held.has(direction) || from.resume());
    });
    from.on('end', () => to.end());
    from.on('error', () => to.resetAndDestroy());
  }
}
