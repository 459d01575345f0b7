import { afterEach, expect, it } from 'vitest';
import type { Judgement } from '../support/checker.ts';
import { dump } from '../support/dump.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import {
  aStandbyOf,
  FOLLOWED,
  following,
  followSynchronously,
  freezeFeed,
  promote,
  urlOf,
} from '../support/postgres-standby.ts';
import { times } from '../support/scale.ts';
import { aPostgresServer } from '../support/services.ts';
import { TwoNodeLoad } from '../support/two-node-load.ts';

const MINUTES = 60_000;
const FIRST_ACK_MS = 10_000;

const opened: { stop(): Promise<unknown> }[] = [];
const own = <T extends { stop(): Promise<unknown> }>(one: T): T => {
  opened.unshift(one);
  return one;
};
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
});

/** Resolves when all go on in the new history. @returns milliseconds from the kill to the first ack after the promotion */
const failOver = async (load: TwoNodeLoad, primary: PostgresServer, standby: PostgresServer): Promise<number> => {
  const { epochs } = load;
  await primary.kill();
  const killedAt = performance.now();
  await promote(standby);
  const endedAt = performance.now();
  load.history.add({ type: 'fault', kind: 'failover', endedAt });
  await load.progress(1);
  const firstAckMs = performance.now() - killedAt;
  await load.epochChanged(epochs);
  return firstAckMs;
};

const tell = (what: string, { report }: Judgement, more: string) =>
  void process.stderr.write(`${what}: ${report}; ${more}\n`);

it('a synchronous standby takes over without a loss', { timeout: 20 * MINUTES }, async () => {
  let primary = own(await aPostgresServer(FOLLOWED));
  let standby = own(await aStandbyOf(primary, FOLLOWED));
  const load = own(await TwoNodeLoad.start(urlOf(primary, standby), { steady: true }));
  const firstAcks: number[] = [];
  for (let left = times(1, 20); left > 0; left--) {
    await followSynchronously(primary);
    await load.progress(200);
    firstAcks.push(await failOver(load, primary, standby));
    await load.progress(200);
    if (left === 1) break;
    await primary.stop();
    [primary, standby] = [standby, own(await aStandbyOf(standby, FOLLOWED, primary.port))];
  }
  const judgement = await load.end(standby.url);
  tell('synchronous standby promoted', judgement, `killed to first ack ${firstAcks.map(Math.round).join()} ms`);
  expect(judgement.violations.slice(0, 10)).toEqual([]);
  expect(judgement.recoveriesMs).toHaveLength(firstAcks.length);
  expect(Math.max(...firstAcks)).toBeLessThan(FIRST_ACK_MS);
});

it('what an asynchronous standby lacked is stored again by clients of the SDK, and else shown by nobody', {
  timeout: 5 * MINUTES,
}, async () => {
  const primary = own(await aPostgresServer(FOLLOWED));
  const standby = own(await aStandbyOf(primary, FOLLOWED));
  const load = own(await TwoNodeLoad.start(urlOf(primary, standby), { steady: false }));
  const resent = new Set<string>();
  for (const { client } of load.devices) client.on('resent', ({ message }) => resent.add(message.id));
  await following(primary, 'async');
  await load.progress(200);
  await freezeFeed(primary);
  await load.progress(200);
  const firstAck = await failOver(load, primary, standby);
  const over = performance.now();
  await load.progress(400);
  // The checker knows what was told by its number, and those come again: here it is known by its id.
  const judgement = await load.end(standby.url, ({ type }) => type !== 'told');

  const { messages } = await dump(standby.url, load.conversations);
  const stored = new Set(messages.map(({ id }) => id));
  const invoked = new Map(load.history.records.flatMap((one) => (one.type === 'send.invoke' ? [[one.op, one]] : [])));
  const invokedAs = new Map([...invoked.values()].map((one) => [one.id, one]));
  const acked = load.history.records.flatMap((one) =>
    one.type === 'send.ack' ? [{ ...invoked.get(one.op)!, seq: one.seq }] : [],
  ); // each was begun
  const lost = acked.filter(({ id }) => !stored.has(id));
  const moved = acked.filter(({ conv, id, seq }) =>
    messages.some((row) => row.conv === conv && row.id === id && row.seq !== seq),
  );
  const reused = [...lost, ...moved].filter(({ conv, id, seq }) =>
    messages.some((row) => row.conv === conv && row.seq === seq && row.id !== id),
  );
  tell(
    'asynchronous standby promoted',
    judgement,
    `${lost.length} acked were lost, ${resent.size} stored anew, ${reused.length} numbers used again, first ack ${Math.round(firstAck)} ms`,
  );

  // Clients of the SDK have lost nothing: each is there, once, and its sender knows.
  expect(lost.filter(({ client }) => client?.startsWith('sdk-'))).toEqual([]);
  expect(moved.length).toBeGreaterThan(0);
  expect(moved.filter(({ id }) => !resent.has(id))).toEqual([]);
  expect([...resent].filter((id) => messages.filter((row) => row.id === id).length !== 1)).toEqual([]);
  // What was sent before anybody knew of the new history stands before it; beyond that the order of writing holds.
  const orders = new Map<string, number[]>();
  for (const { id, conv } of messages.toSorted((a, b) => a.seq - b.seq)) {
    const { client, op } = invokedAs.get(id) ?? {};
    const order = `${client} ${conv} ${resent.has(id)}`;
    if (client?.startsWith('sdk-') && op !== undefined) orders.set(order, [...(orders.get(order) ?? []), op]);
  }
  for (const ops of orders.values()) expect(ops).toEqual(ops.toSorted((a, b) => a - b));
  // It is the documented loss of other clients, and nothing but that: all else that was told holds.
  const isOfLoss = (what: string) => [...lost, ...moved].some(({ id }) => what.includes(id));
  expect(lost.length).toBeGreaterThan(0);
  expect(reused.length).toBeGreaterThan(0);
  expect(judgement.violations.filter(({ what }) => !isOfLoss(what)).slice(0, 10)).toEqual([]);
  const told = load.history.records.flatMap((one) =>
    one.type === 'told' && one.at > over ? [`${one.client} ${one.id}`] : [],
  );
  expect(new Set(told).size).toBe(told.length);
});
