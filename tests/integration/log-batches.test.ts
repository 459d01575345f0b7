import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { v7 } from 'uuid';
import { MessageText } from '#app/domain/chat/message-content.ts';
import { ConversationId, MessageId, type UserId } from '#app/domain/shared/ids.ts';
import type { Failure } from '#app/infrastructure/postgres/failure.ts';
import { openLogPool } from '#app/infrastructure/postgres/log-pool.ts';
import { PostgresMessageLog } from '#app/infrastructure/postgres/postgres-message-log.ts';
import { aPatientPostgresWorld, type PostgresWorld } from '../support/postgres-world.ts';

let world: PostgresWorld;
let log: PostgresMessageLog;
let ann: UserId;
let now: number;
let batches: number[];
let failures: Failure[];

beforeEach(async () => {
  [world, now, batches, failures] = [await aPatientPostgresWorld(), 1_000, [], []];
  const pool = openLogPool(world.url);
  const nothing = () => {};
  log = new PostgresMessageLog({
    pool,
    clock: { now: () => 0, monotonic: () => now },
    observer: {
      batch: (size) => batches.push(size),
      failed: (failure) => failures.push(failure),
      ...{ settled: nothing, uncertain: nothing },
    },
    queueLimit: 100,
    batchLimit: 100,
    deadlineMs: 1_200,
    patienceMs: 1_500,
  });
  ann = await world.aUser();
  return async () => {
    await log.close();
    await pool.end();
  };
});
afterEach(() => world.close());

const aConversation = async () =>
  (await world.conversations.openPrivate(ConversationId(v7()), ann, await world.aUser())).id;
const send = (conversationId: ConversationId) =>
  log.append({
    conversationId,
    id: MessageId(v7()),
    senderId: ann,
    type: 'text',
    content: MessageText('hello'),
    replyTo: undefined,
  });
const sends = (count: number, to: ConversationId) => Array.from({ length: count }, () => send(to));

it('sends a lonely one at once, beside another of a stranger', async () => {
  const [one, other] = [await aConversation(), await aConversation()];
  const first = send(one);
  await turn();
  await Promise.all([first, send(other)]);
  expect(batches).toEqual([1, 1]);
});

it('gathers those who write to one conversation one after another, for a moment and no longer', async () => {
  const crowded = await aConversation();
  await Promise.all(sends(8, crowded));
  const early = sends(3, crowded);
  await turn();
  await Promise.all([...early, ...sends(5, crowded)]);
  expect(batches).toEqual([8, 8]);

  const few = sends(2, crowded);
  await turn();
  now += 1;
  await Promise.all(few);
  expect(batches).toEqual([8, 8, 2]);

  now += 1_000;
  await send(crowded);
  expect(batches).toEqual([8, 8, 2, 1]);
});

it('takes an answer that came in time to a process that stood still until it was too late', async () => {
  const one = await aConversation();
  await send(one);
  await turn(); // that batch is over
  failures.length = 0;
  const sent = send(one);
  await Promise.resolve(); // the batch is on its way
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
  expect(await sent).toMatchObject({ ok: true, seq: 2 });
  expect(failures).toEqual([]);
});
