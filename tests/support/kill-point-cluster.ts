import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BreakOrder } from './kill-point-orders.ts';
import { reachedLine } from './kill-point-orders.ts';
import { ReplyCutter } from './kill-point-proxy.ts';
import type { PostgresServer } from './postgres-server.ts';
import { eventually } from './raw-socket.ts';
import { RedisServer } from './redis-server.ts';
import { ServerProcess } from './server-process.ts';
import { aPostgresServer } from './services.ts';

export const TEST_BUILD = 'tests/support/kill-point-server.ts';
const REACHED_MS = 30_000;
const START_WITHIN_MS = 60_000;

/** Two nodes on one PostgreSQL and one Redis; the first is a test build that breaks where it is told to. */
export class BreakingCluster {
  #orders = 0;

  private constructor(
    readonly postgres: PostgresServer,
    private readonly redis: RedisServer,
    private readonly cutter: ReplyCutter,
    readonly nodes: readonly [ServerProcess, ServerProcess],
  ) {}

  static async start(): Promise<BreakingCluster> {
    const [postgres, redis] = await Promise.all([aPostgresServer(), RedisServer.start()]);
    const cutter = await ReplyCutter.start(postgres.url);
    const settings = {
      ...{ JWT_SECRET: randomBytes(32).toString('base64url'), REDIS_URL: redis.url },
      ...{ LIMIT_ACCESS_TOKEN_SECONDS: '3600', DRAIN_SECONDS: '1', DRAIN_NOTICE_SECONDS: '0' },
    };
    const nodes = await Promise.all([
      ServerProcess.start(cutter.url, settings, TEST_BUILD),
      ServerProcess.start(postgres.url, settings),
    ]);
    return new BreakingCluster(postgres, redis, cutter, nodes);
  }

  /** Resolves when the point was reached, the node broken there, and is up again. @throws Error when it was not reached */
  async break(order: Omit<BreakOrder, 'id'>, frozenMs: number): Promise<void> {
    const [node] = this.nodes;
    const id = ++this.#orders;
    const reached = () => node.said.includes(reachedLine(id));
    const what = `${order.point} is reached, to ${order.breakage} there`;
    if (order.point === 'commit.sent_reply_cut') await this.#cutReply(order, what);
    else {
      node.tell({ ...order, id } satisfies BreakOrder);
      const stopped = order.point === 'drain.half' ? node.stop() : undefined;
      await eventually(reached, what, REACHED_MS);
      if (order.breakage === 'kill') await node.ended();
      if (order.breakage === 'freeze') await this.#wake(frozenMs);
      await stopped;
    }
    if (order.breakage === 'kill' || order.point === 'drain.half') await this.#start();
    else if (order.point === 'commit.sent_reply_cut' && order.breakage === 'freeze') await this.#wake(frozenMs);
  }

  /** Nobody may have ended but by order. */
  async supervise(): Promise<void> {
    for (const node of this.nodes) if (!node.running) throw new Error(`a node ended: ${node.said}`);
  }

  /** Whatever the last test left behind. */
  async mend(): Promise<void> {
    const [node] = this.nodes;
    node.signal('SIGCONT');
    if (!node.running) await this.#start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.cutter.close();
    await Promise.all([this.redis.stop(), this.postgres.stop()]);
  }

  /** Between the commit and the node there is only the wire: it breaks in there, and the node with it. */
  async #cutReply({ breakage, after }: Omit<BreakOrder, 'id'>, what: string): Promise<void> {
    const [node] = this.nodes;
    let cut = false;
    this.cutter.arm(after, () => {
      cut = true;
      if (breakage === 'kill') void node.kill();
      if (breakage === 'freeze') node.signal('SIGSTOP');
    });
    await eventually(() => cut, what, REACHED_MS);
    if (breakage === 'kill') await node.ended();
  }

  /** As a supervisor does: again when the machine was too busy for the database to answer in time. */
  async #start(): Promise<void> {
    for (const until = performance.now() + START_WITHIN_MS; ; await pause(100))
      try {
        return await this.nodes[0].start();
      } catch (error) {
        if (performance.now() > until) throw error;
      }
  }

  async #wake(frozenMs: number): Promise<void> {
    await pause(frozenMs);
    this.nodes[0].signal('SIGCONT');
  }
}
