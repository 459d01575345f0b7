import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { v7 } from 'uuid';
import { expect, it } from 'vitest';
import { eventually } from '../support/raw-socket.ts';
import { Haproxy } from '../support/haproxy.ts';
import { Roamer } from '../support/roamer.ts';
import { times } from '../support/scale.ts';
import { ServerProcess } from '../support/server-process.ts';
import { aDatabase } from '../support/services.ts';

const NODES = 3;
const TALKERS = 12;
/** Sockets of others, so that a node has many to send on. */
const CROWD = 900;
/** How they arrive in the beginning, and how a node sends them on. */
const MS_PER_ARRIVAL = 4;
const WINDOW_MS = 500;
const ROUNDS = times(2, 10);

/** The most that came within any window. */
const peakOf = (moments: readonly number[]): number => {
  let [peak, from] = [0, 0];
  for (const [to, at] of moments.entries()) {
    while (moments[from]! < at - WINDOW_MS) from++; // before `to`
    peak = Math.max(peak, to - from + 1);
  }
  return peak;
};

it('a rolling restart under load fails no send, loses and doubles none, and moves sockets in slots', {
  timeout: 120_000 + ROUNDS * NODES * 30_000,
}, async () => {
  const database = await aDatabase();
  const settings = {
    ...{ JWT_SECRET: randomBytes(32).toString('base64url'), TRUSTED_PROXIES: '127.0.0.1', LOG_LEVEL: 'warn' },
    LIMIT_UNAUTHENTICATED_SOCKETS_PER_ADDRESS: '2000', // all clients have one
  };
  const nodes = await Promise.all(Array.from({ length: NODES }, () => ServerProcess.start(database.url, settings)));
  const haproxy = await Haproxy.start(nodes);
  const [failures, arrivals]: [string[], number[]] = [[], []];
  const told = {
    connected: () => void arrivals.push(performance.now()),
    failed: (why: string) => void failures.push(why),
  };
  try {
    const node = nodes[0]!; // there are three
    const ann = await node.aGuest('Ann');
    const people = await Promise.all(Array.from({ length: TALKERS }, (_, n) => node.aGuest(`Talker ${n}`)));
    const conversationId = v7();
    const users = people.map(({ userId }) => userId);
    await node.command('conversation.create', { id: conversationId, title: 'Rolling', users }, ann.token);
    const roam = (name: string, token: string) => new Roamer(haproxy.ws, name, token, conversationId, told);
    const talkers = people.map(({ token }, n) => roam(`talker-${n}`, token));
    const others = await Promise.all(Array.from({ length: 10 }, (_, n) => node.aGuest(`Other ${n}`)));
    const crowd = Array.from({ length: CROWD }, (_, n) => roam(`other-${n}`, others[n % 10]!.token)); // of ten
    const all = [...talkers, ...crowd];
    const arriving: Promise<void>[] = [];
    for (const roamer of all) {
      arriving.push(roamer.arrive());
      await pause(MS_PER_ARRIVAL);
    }
    await Promise.all(arriving);
    const base = peakOf(arrivals.splice(0));
    const talks = talkers.map((talker) => talker.talk(40));

    const drains: number[] = [];
    for (let round = 0; round < ROUNDS; round++)
      for (const [index, each] of nodes.entries()) {
        const began = performance.now();
        await each.stop();
        drains.push(performance.now() - began);
        expect(await haproxy.stateOf(index)).toBe('DOWN');
        await eventually(() => all.every(({ connected }) => connected), 'everybody is somewhere else', 30_000).catch(
          (error: Error) => {
            throw new Error(`${error.message}: ${troublesOf(all)}`);
          },
        );
        await each.start();
        await haproxy.until(index, 'UP');
      }
    for (const talker of talkers) talker.finish();
    await Promise.all(talks);
    await Promise.all(all.map((roamer) => roamer.leave()));

    const acked = talkers.flatMap((talker) => talker.acked);
    const moves = all.reduce((sum, roamer) => sum + roamer.moves, 0);
    const peak = peakOf(arrivals);
    process.stderr.write(
      `${ROUNDS * NODES} restarts: ${acked.length} sends, ${failures.length} failed; ${moves} moves, at most ${peak} within ` +
        `${WINDOW_MS} ms (${base} when they came first); drains up to ${Math.round(Math.max(...drains))} ms; turned away: ${troublesOf(all)}\n`,
    );
    expect(failures).toEqual([]);
    expect(peak).toBeLessThanOrEqual(2 * base);
    expect(Math.max(...drains)).toBeLessThan(30_000);
    // Nobody was cut: who was told to leave had left, or was closed as announced.
    expect(all.flatMap(({ codes }) => codes).filter((code) => code !== 1012)).toEqual([]);
    expect(moves).toBeGreaterThan(ROUNDS * CROWD);
    await expectStored(database.url, conversationId, new Set(acked));
  } finally {
    await haproxy.stop();
    await Promise.all(nodes.map((node) => node.stop()));
  }
});

const troublesOf = (all: readonly Roamer[]): string => {
  const counts = new Map<string, number>();
  for (const trouble of all.flatMap(({ troubles }) => troubles)) counts.set(trouble, (counts.get(trouble) ?? 0) + 1);
  return JSON.stringify([...counts]);
};

/** Each once, and those of each talker in the order in which they were sent. */
const expectStored = async (url: string, conversationId: string, acked: ReadonlySet<string>): Promise<void> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ id: string; content: string }>(
    `SELECT id, content FROM messages WHERE conversation_id = $1 AND type = 'text' ORDER BY seq`,
    [conversationId],
  );
  await client.end();
  expect(new Set(rows.map(({ id }) => id))).toEqual(acked);
  expect(rows).toHaveLength(acked.size);
  const counts = new Map<string, number>();
  for (const { content } of rows) {
    const [talker = '', number] = content.split(' ');
    expect(Number(number)).toBe((counts.get(talker) ?? 0) + 1);
    counts.set(talker, Number(number));
  }
};
