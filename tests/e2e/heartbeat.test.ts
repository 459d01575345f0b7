import { setTimeout as after } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { RunningServer, type TestUser } from '../support/running-server.ts';

const PING_SECONDS = 5; // the least that the configuration takes

describe('heartbeat', () => {
  let server: RunningServer;
  let ann: TestUser;

  beforeAll(async () => {
    server = await RunningServer.start({ settings: { LIMIT_PING_SECONDS: String(PING_SECONDS) } });
    ann = await server.aUser();
  });

  it('is told of at the beginning, and answered with the server’s time', async () => {
    const client = await server.connect();
    const { data } = await client.auth(ann.token);
    expect(data).toMatchObject({ timings: { pingMs: PING_SECONDS * 1_000 } });
    const before = Date.now();
    const { timestamp } = (await client.call('ping')).data as { timestamp: number };
    expect(timestamp).toBeGreaterThanOrEqual(before);
    expect(timestamp).toBeLessThanOrEqual(Date.now());
    await client.close();
  });

  it('ends who was silent for two intervals, and nobody of whom anything came', async () => {
    const started = performance.now();
    const [silent, pinging, controlling, malformed] = await Promise.all([1, 2, 3, 4].map(() => server.connectAs(ann)));
    const until = new AbortController();
    const talking = (async () => {
      while (!until.signal.aborted) {
        await after(2_000, undefined, { signal: until.signal }).catch(() => {});
        await pinging!.call('ping'); // there are four
        controlling!.socket.ping(); // as above
        malformed!.raw('?'); // as above
      }
    })();
    expect(await silent!.ended(PING_SECONDS * 2_000 + 5_000)).toEqual({
      code: 4408,
      reason: expect.any(String) as string,
    }); // as above
    expect(performance.now() - started).toBeGreaterThan(PING_SECONDS * 2_000 - 100);
    until.abort();
    await talking;
    for (const client of [pinging, controlling, malformed]) {
      expect((await client!.call('ping')).ok).toBe(true); // as above
      await client!.close(); // as above
    }
  });
});
