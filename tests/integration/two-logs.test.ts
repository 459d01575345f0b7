import { Client } from 'pg';
import { v7 } from 'uuid';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AppendResult, MessageLog } from '#app/application/ports/message-log.ts';
import { MessageText } from '#app/domain/chat/message-content.ts';
import { type ConversationId, MessageId, type UserId } from '#app/domain/shared/ids.ts';
import { aGroup } from '../support/chat-world.ts';
import { aPostgresWorld, type PostgresWorld } from '../support/postgres-world.ts';

const CONVERSATIONS = 60;
const ROUNDS = 10;
const EACH = 2;
const PATIENCE_MS = 30_000;
const TIMEOUT = { timeout: 60_000 };

let [one, other]: PostgresWorld[] = [];
let nodes: readonly PostgresWorld[];
/** Sizes, of both nodes. */
let batches: number[];
let user: UserId;
let conversations: ConversationId[];

beforeEach(async () => {
  [batches, conversations] = [[], []];
  const observer = { batch: (size: number) => void batches.push(size), failed() {}, settled() {}, uncertain() {} };
  one = await aPostgresWorld({ observer, patienceMs: PATIENCE_MS });
  other = await aPostgresWorld({ observer, patienceMs: PATIENCE_MS, url: one.url });
  nodes = [one, other];
  user = await one.aUser();
  while (conversations.length < CONVERSATIONS) conversations.push(await aGroup(one, user));
}, TIMEOUT.timeout);
afterEach(async () => {
  for (const node of nodes.toReversed()) await node.close();
});

const send = (log: MessageLog, conversationId: ConversationId): Promise<AppendResult> =>
  log.append({
    ...{ conversationId, id: MessageId(v7()), senderId: user, type: 'text' as const },
    ...{ content: MessageText('hello'), replyTo: undefined },
  });
const sends = (log: MessageLog, id: ConversationId) => Array.from({ length: EACH }, () => send(log, id));

it('stores in few batches what waited for the batch of another node', TIMEOUT, async () => {
  const stranger = new Client({ connectionString: one!.url }); // set before each
  await stranger.connect();
  await stranger.query('begin');
  await stranger.query('select from conversations for no key update');
  const waiting = conversations.flatMap((id) => sends(one!.log, id));
  await vi.waitUntil(() => batches.length > 0, { timeout: 30_000 });
  expect(batches[0], 'tried without waiting').toBe(waiting.length);
  const tried = batches.length;
  await stranger.query('commit');
  await stranger.end();
  expect((await Promise.all(waiting)).every(({ ok }) => ok)).toBe(true);
  expect(batches.length - tried).toBeLessThan(10);
});

it(
  'refuses nobody of two nodes that write to the same conversations, and keeps the order of each',
  TIMEOUT,
  async () => {
    const talk = async ({ log }: PostgresWorld, id: ConversationId) => {
      const seqs: number[] = [];
      for (let round = 0; round < ROUNDS; round++)
        for (const result of await Promise.all(sends(log, id))) {
          if (!result.ok) throw result.refusal;
          seqs.push(result.seq);
        }
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      return seqs;
    };
    const told = await Promise.all(conversations.map((id) => Promise.all(nodes.map((node) => talk(node, id)))));
    for (const seqs of told)
      expect(seqs.flat().toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 2 * ROUNDS * EACH }, (_, at) => at + 2),
      );
  },
);

it('lets one conversation that stays locked hold up none of those that two nodes write to', TIMEOUT, async () => {
  const kept = conversations[0]!; // of sixty
  const release = await one!.hold(kept);
  const waiting: Promise<AppendResult>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const moving: Promise<AppendResult>[] = [];
    for (const { log } of nodes) for (const id of conversations) (id === kept ? waiting : moving).push(send(log, id));
    expect((await Promise.all(moving)).every(({ ok }) => ok)).toBe(true);
  }
  await release();
  expect((await Promise.all(waiting)).every(({ ok }) => ok)).toBe(true);
});
