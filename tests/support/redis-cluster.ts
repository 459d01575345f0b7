import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { RedisServer } from './redis-server.ts';

const MASTERS = 3;
const LAST_SLOT = 16_383;
const FORMED_MS = 20_000;

/** Three masters and a replica of each, on this machine. */
export class RedisCluster {
  private constructor(
    readonly servers: readonly RedisServer[],
    private readonly folder: string,
  ) {}

  static async start(): Promise<RedisCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'tertulia-cluster-'));
    const servers = await Promise.all(
      Array.from({ length: 2 * MASTERS }, async (_, n) =>
        RedisServer.start({
          ...{ 'cluster-enabled': 'yes', 'cluster-config-file': join(folder, `${n}.conf`), databases: '1' },
          ...{ 'cluster-port': String(await freePort()), 'cluster-node-timeout': '2000', dir: folder },
        }),
      ),
    );
    const cluster = new RedisCluster(servers, folder);
    await cluster.#form();
    return cluster;
  }

  get urls(): readonly string[] {
    return this.servers.map(({ url }) => url);
  }

  /** Resolves when every master has a replica that could take its place. */
  async whole(): Promise<void> {
    await this.#until('all agree', async (server) => {
      const [info, slots] = [await this.#ask(server, 'CLUSTER', 'INFO'), await this.#ask(server, 'CLUSTER', 'SLOTS')];
      const replicated = (slots as unknown[][]).every((range) => range.length === 4);
      const linked = !String(await this.#ask(server, 'INFO', 'replication')).includes('master_link_status:down');
      return replicated && linked && String(info).includes('cluster_state:ok');
    });
  }

  /** The one that serves this channel or key now. */
  async masterOf(key: string): Promise<RedisServer> {
    const slot = await this.#ask(this.#living(), 'CLUSTER', 'KEYSLOT', key);
    const ranges = (await this.#ask(this.#living(), 'CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const [, , [, port]] = ranges.find(([from, to]) => Number(slot) >= from && Number(slot) <= to)!; // all are covered
    return this.servers.find((server) => server.port === port)!; // of ours
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }

  #living(): RedisServer {
    return this.servers.find(({ running }) => running)!; // not all are killed
  }

  async #ask(server: RedisServer, command: string, ...args: readonly string[]): Promise<unknown> {
    const client = new Redis(server.url, { maxRetriesPerRequest: 1 });
    try {
      return await client.call(command, ...args);
    } finally {
      client.disconnect();
    }
  }

  async #form(): Promise<void> {
    const [first, ...others] = this.servers;
    const ids = await Promise.all(this.servers.map((server) => this.#ask(server, 'CLUSTER', 'MYID')));
    const share = Math.ceil((LAST_SLOT + 1) / MASTERS);
    for (const [n, server] of this.servers.slice(0, MASTERS).entries()) {
      const [from, to] = [n * share, Math.min((n + 1) * share - 1, LAST_SLOT)];
      await this.#ask(server, 'CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
    }
    for (const [n, server] of this.servers.entries())
      await this.#ask(server, 'CLUSTER', 'SET-CONFIG-EPOCH', String(n + 1));
    for (const { port, busPort } of others)
      await this.#ask(first!, 'CLUSTER', 'MEET', '127.0.0.1', String(port), busPort); // six were started
    await this.#until('all have met', async (server) => {
      const nodes = String(await this.#ask(server, 'CLUSTER', 'NODES'));
      return nodes.split('\n').filter((line) => line.includes(' connected')).length === this.servers.length;
    });
    for (const [n, server] of this.servers.slice(MASTERS).entries())
      await this.#ask(server, 'CLUSTER', 'REPLICATE', String(ids[n]));
    await this.whole();
  }

  async #until(what: string, holds: (server: RedisServer) => Promise<boolean>): Promise<void> {
    const late = performance.now() + FORMED_MS;
    for (const server of this.servers)
      while (!(await holds(server))) {
        if (performance.now() > late) throw new Error(`the cluster is not formed: not ${what}`);
        await pause(50);
      }
  }
}
