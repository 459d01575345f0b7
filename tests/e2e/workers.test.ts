import { createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { v7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { isAlive } from '#app/infrastructure/embedded/postgres-processes.ts';
import { freePort } from '../support/free-port.ts';
import { aDatabase } from '../support/services.ts';
import { StartedServer } from '../support/started-server.ts';
import type { WsClient } from '../support/ws-client.ts';

/** On a machine that does much else. */
const COMES_BACK_MS = 30_000;
const roomy = Object.fromEntries(
  ['HANDSHAKE', 'LOGIN', 'SEND', 'READ', 'WRITE'].map((name) => [`LIMIT_RATE_${name}`, '900000/9000000']),
);

const until = async <T>(look: () => Promise<T | undefined>, what: string, ms = COMES_BACK_MS): Promise<T> => {
  for (const late = performance.now() + ms; ; ) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    if (performance.now() > late) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(50);
  }
};

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Started {
  readonly server: StartedServer;
  /** Of all workers that ever listened. */
  pids(): number[];
  /** Of the nth worker. */
  connections(worker: number): Promise<number>;
  guest(): Promise<string>;
}

const start = async (settings: Readonly<Record<string, string>> = {}): Promise<Started> => {
  const own = settings['DATA_DIR'] === undefined && { DATABASE_URL: (await aDatabase()).url, JWT_SECRET: SECRET };
  const [port, metricsPort] = [await freePort(), await freePort(2)]; // a page of metrics for each worker
  const server = await StartedServer.start({
    ...{
      WORKERS: '2',
      WS_PORT: String(port),
      METRICS_PORT: String(metricsPort),
      ALLOW_GUESTS: 'true',
      DRAIN_SECONDS: '2',
    },
    ...roomy,
    ...own,
    ...settings,
  });
  closers.push(async () => {
    server.signal('SIGKILL');
    await server.exited; // its output ends with the last worker
  });
  return {
    server,
    pids: () =>
      [...server.output.matchAll(/^\{.*"event":"listening".*\}$/gm)].map(
        ([line]) => (JSON.parse(line) as { pid: number }).pid,
      ),
    connections: async (worker) => {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort + worker}/metrics`)).text();
      return Number(/^tertulia_connections(?:\{.*\})? (\d+)$/m.exec(text)?.[1]);
    },
    guest: async () => (await server.post('session.guest', { displayName: 'Ann' }))['accessToken'] as string,
  };
};
const SECRET = 'kT9-vLq2_Xw7Zr4sBn8mYc3hJd6fGpQeUaRtKiVo1E0';

const crowd = async ({ server }: Started, token: string, size: number): Promise<WsClient[]> => {
  const clients: WsClient[] = [];
  for (let n = 0; n < size; n++) clients.push(await server.connect(token));
  return clients;
};
const send = (client: WsClient, conversationId: string, content: string) =>
  client.call('message.send', { conversationId, id: v7(), content }, 10_000);
const gets = (client: WsClient, content: string) =>
  client.until(({ data }) => JSON.stringify(data).includes(content), 10_000);

describe('two workers on one port', { timeout: 300_000 }, () => {
  it('share the sockets, and hear each other', async () => {
    const started = await start();
    expect(started.server.output.match(/Tertulia is listening/g)).toHaveLength(1);
    const token = await started.guest();
    const conversationId = v7();
    await started.server.post('conversation.create', { id: conversationId, title: 'Workers' }, token);
    const clients = await crowd(started, token, 40);
    const [first, second] = [await started.connections(0), await started.connections(1)];
    expect(first + second).toBe(40);
    expect(Math.min(first, second)).toBeGreaterThan(4);
    expect((await send(clients[0]!, conversationId, 'to everybody')).ok).toBe(true); // there are forty
    for (const client of clients.slice(1)) await gets(client, 'to everybody');
  });

  it('outlive the death of one, who comes back', async () => {
    const started = await start();
    const token = await started.guest();
    const clients = await crowd(started, token, 30);
    const pids = started.pids();
    expect(pids).toHaveLength(2);
    const survivors = await started.connections(1);
    process.kill(pids[0]!, 'SIGKILL'); // the first that listened
    await until(
      async () => clients.filter(({ open }) => open).length === survivors || undefined,
      'its sockets are cut',
    );
    for (const client of clients) if (client.open) expect((await client.call('ping')).ok).toBe(true);
    // It shows its metrics before it listens.
    await until(async () => (started.pids().length === 3 ? true : undefined), 'the worker is back');
    expect(await started.connections(0)).toBe(0);
    const again = await crowd(started, token, 40);
    expect(await started.connections(0)).toBeGreaterThan(4);
    for (const client of again) expect((await client.call('ping')).ok).toBe(true);
    expect(started.server.output).toContain('a worker ended and is started again');
  });

  it('drain together, one after another if told one by one, and leave nothing behind', async () => {
    const started = await start();
    const token = await started.guest();
    const [before] = started.pids();
    process.kill(before!, 'SIGTERM'); // it listened
    await until(async () => (started.pids().length === 3 ? true : undefined), 'another in its place');
    const clients = await crowd(started, token, 30);
    started.server.signal('SIGTERM');
    for (const client of clients) {
      expect((await client.ended()).code).toBe(1012);
      expect(client.events.map(({ type }) => type)).toContain('goaway');
    }
    expect(await started.server.exited).toBe(0);
    expect(started.pids().filter(isAlive)).toEqual([]);
  });

  it('end by themselves when the one that started them is gone', async () => {
    const started = await start();
    const client = await started.server.connect(await started.guest());
    started.server.signal('SIGKILL');
    expect((await client.ended(15_000)).code).toBe(1012);
    await until(async () => (started.pids().some(isAlive) ? undefined : true), 'the workers are gone');
  });

  it('have the database inside in common', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tertulia-workers-'));
    try {
      const started = await start({ DATA_DIR: dataDir });
      const token = await started.guest();
      const conversationId = v7();
      await started.server.post('conversation.create', { id: conversationId, title: 'Workers' }, token);
      const clients = await crowd(started, token, 20);
      expect((await send(clients[0]!, conversationId, 'in one database')).ok).toBe(true); // there are twenty
      for (const client of clients.slice(1)) await gets(client, 'in one database');
      started.server.signal('SIGTERM');
      expect(await started.server.exited).toBe(0);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it.each([
    ['the port is taken, be it by one who would share it', 'WS_PORT'],
    ['the second one’s port for metrics is taken', 'METRICS_PORT'],
  ])('do not start, and say why, when %s', async (_what, setting) => {
    const first = await start();
    const [metricsPort, { url }] = [await freePort(2), await aDatabase()];
    const stranger = createServer().listen(metricsPort + 1, '127.0.0.1');
    closers.push(() => new Promise((resolve) => stranger.close(resolve)));
    const second = StartedServer.spawn({
      ...{ WORKERS: '2', DATABASE_URL: url, JWT_SECRET: SECRET },
      ...(setting === 'WS_PORT' ? { WS_PORT: String(first.server.port) } : { METRICS_PORT: String(metricsPort) }),
    });
    expect(await second.exited).toBe(78);
    expect(second.output).toContain(setting);
  });
});
