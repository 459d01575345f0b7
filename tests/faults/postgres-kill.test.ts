import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConversationId } from '#app/domain/shared/ids.ts';
import { awakeMs } from '../support/awake.ts';
import { aDraft, aGroup } from '../support/chat-world.ts';
import { ChaosRun } from '../support/chaos-run.ts';
import type { Judgement } from '../support/checker.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { aPostgresWorld, type PostgresWorld } from '../support/postgres-world.ts';
import { times } from '../support/scale.ts';
import { aPostgresServer } from '../support/services.ts';

const MINUTES = 60_000;

describe('the log while PostgreSQL breaks', () => {
  let server: PostgresServer;
  let world: PostgresWorld;
  let run: ChaosRun;

  beforeAll(async () => {
    server = await aPostgresServer();
    const settled = (ambiguous: number, committed: number) =>
      run.history.add({ type: 'settled', ambiguous, committed });
    world = await aPostgresWorld({
      url: server.url,
      observer: { batch: () => {}, failed: () => {}, settled, uncertain: () => {} },
    });
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  const expectUnharmed = (what: string, { report, violations }: Judgement) => {
    process.stderr.write(`${what}: ${report}\n`);
    expect(violations.slice(0, 10)).toEqual([]);
  };

  it('loses, doubles, turns and leaks nothing over kills of all its processes', { timeout: 10 * MINUTES }, async () => {
    run = await ChaosRun.start(world);
    const kills = times(40, 200);
    for (let kill = 0; kill < kills; kill++) {
      await run.progress(60);
      await pause(Math.random() * 50); // a kill falls anywhere into the life of a batch
      await server.kill();
      // Mostly it is back before anybody gives up; sometimes it is not.
      await pause(kill % 8 === 7 ? 3_000 : Math.random() * 200);
      await run.fault('kill -9', async () => {});
      await server.start();
    }
    await run.progress(200);
    const judgement = await run.end();
    expectUnharmed(`PostgreSQL killed ${kills} times`, judgement);
    expect(judgement.recoveriesMs).toHaveLength(kills);
    expect(judgement.ambiguous).toBeGreaterThan(0);
    expect(judgement.recoveriesMs.toSorted((a, b) => a - b)[kills >> 1]).toBeLessThan(5_000);
  });

  it('loses, doubles, turns and leaks nothing over connections that are terminated', {
    timeout: 3 * MINUTES,
  }, async () => {
    run = await ChaosRun.start(world);
    const rounds = times(60, 1_000);
    for (let round = 0; round < rounds; round++) {
      await run.progress(8);
      await run.fault('terminate', () =>
        server.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tertulia' and pid <> pg_backend_pid() and random() < 0.5`,
        ),
      );
    }
    await run.progress(100);
    expectUnharmed(`Connections terminated ${rounds} times`, await run.end());
  });

  it('answers within three seconds while PostgreSQL is frozen, and goes on after', {
    timeout: 3 * MINUTES,
  }, async () => {
    run = await ChaosRun.start(world);
    for (let round = 0; round < times(2, 20); round++) {
      await run.progress(50);
      const frozenAt = performance.now();
      await server.freeze();
      await pause(4_000);
      const slow = run.history.waiting().filter((ms) => ms > 3_000);
      await server.thaw();
      run.history.add({ type: 'fault', kind: 'SIGSTOP', endedAt: performance.now() });
      expect(slow).toEqual([]);
      expect(run.history.failuresSince(frozenAt)).toContain('database_away');
      await run.progress(50);
    }
    expectUnharmed('PostgreSQL frozen', await run.end());
    expect(Math.max(...run.history.durations())).toBeLessThan(3_000);
  });

  it('keeps every other conversation going while one is held for seconds', { timeout: 1 * MINUTES }, async () => {
    const user = await world.aUser();
    const held = await aGroup(world, user);
    const others = await Promise.all(Array.from({ length: 5 }, () => aGroup(world, user)));
    const release = await world.hold(held);
    const timed = async (conversationId: ConversationId) => {
      const began = awakeMs();
      const result = await world.log.append(aDraft({ conversationId, senderId: user }));
      return { result, ms: awakeMs() - began };
    };
    const until = awakeMs() + 3_000;
    const waiting: ReturnType<typeof timed>[] = [];
    const moving: Awaited<ReturnType<typeof timed>>[] = [];
    while (awakeMs() < until) {
      waiting.push(timed(held));
      moving.push(...(await Promise.all(others.map(timed))));
    }
    const refused = await Promise.all(waiting);
    await release();

    // The lock_timeout, had they waited for it. A machine or a disk that stands still costs one round of them.
    const stood = moving.filter(({ result, ms }) => !result.ok || ms >= 800);
    expect(stood.length).toBeLessThanOrEqual(others.length);
    expect(moving.length).toBeGreaterThan(10 * others.length);
    for (const { result, ms } of refused) {
      expect(ms).toBeLessThan(3_500);
      if (!result.ok) expect(result.refusal.kind).toBe('unavailable');
    }
    expect(refused.some(({ result }) => !result.ok)).toBe(true);
    process.stderr.write(`One conversation held: ${moving.length} sends to others, ${refused.length} to it\n`);
    expect((await timed(held)).result.ok).toBe(true);
  });
});
