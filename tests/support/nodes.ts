import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { StartedServer } from './started-server.ts';
import { freePort } from './free-port.ts';

const ROOMY = '900000/9000000';
const limits = ['HANDSHAKE', 'LOGIN', 'REFRESH', 'SEND', 'SYNC', 'READ', 'WRITE', 'SIGNAL'];

/** What the nodes of one deployment have in common. */
export const deployment = (databaseUrl: string, redisUrl?: string, more: Readonly<Record<string, string>> = {}) => ({
  ...{ DATABASE_URL: databaseUrl, JWT_SECRET: randomBytes(32).toString('base64url'), ALLOW_GUESTS: 'true' },
  ...{ LOG_LEVEL: 'warn', DRAIN_SECONDS: '1', LIMIT_FRAMES_PER_SECOND: '1000000' },
  ...(redisUrl !== undefined && { REDIS_URL: redisUrl, REDIS_PREFIX: randomBytes(6).toString('hex') }),
  ...Object.fromEntries(limits.map((name) => [`LIMIT_RATE_${name}`, ROOMY])),
  ...more,
});

/** One node of many: a process of its own that may be killed and started again, as another incarnation on another port. */
export class Node {
  private constructor(
    private readonly settings: Readonly<Record<string, string>>,
    public server: StartedServer,
    private metricsPort: number,
  ) {}

  static async start(settings: Readonly<Record<string, string>>): Promise<Node> {
    const metricsPort = await freePort();
    const server = await StartedServer.start({ ...settings, METRICS_PORT: String(metricsPort) });
    return new Node(settings, server, metricsPort);
  }

  async kill(): Promise<void> {
    this.server.signal('SIGKILL');
    await this.server.exited;
  }

  async stop(): Promise<void> {
    this.server.signal('SIGTERM');
    await this.server.exited;
  }

  async restart(): Promise<void> {
    this.metricsPort = await freePort();
    this.server = await StartedServer.start({ ...this.settings, METRICS_PORT: String(this.metricsPort) });
  }

  /** NaN while it can't be asked. */
  async metric(name: string): Promise<number> {
    const text = await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)
      .then((response) => response.text())
      .catch(() => '');
    const line = text.split('\n').find((one) => one.startsWith(`tertulia_${name} `));
    return line === undefined ? Number.NaN : Number(line.slice(line.lastIndexOf(' ')));
  }
}

/** Resolves when each hears every other; the lease of one that died may have to run out first. */
export const settled = async (nodes: readonly Node[], deadlineMs = 30_000): Promise<void> => {
  const wanted = nodes.flatMap(() => [nodes.length - 1, 0]).join();
  for (const until = performance.now() + deadlineMs; ; await pause(20)) {
    const seen = await Promise.all(nodes.flatMap((node) => [node.metric('other_nodes'), node.metric('unheard_nodes')]));
    if (seen.join() === wanted) return;
    if (performance.now() > until) throw new Error(`not within ${deadlineMs} ms: ${seen.join()} instead of ${wanted}`);
  }
};
