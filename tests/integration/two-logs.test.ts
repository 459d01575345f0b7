import { afterEach, beforeEach, expect, it } from 'vitest';
import { v7 } from 'uuid';
import type { AppendResult, MessageLog } from '#app/application/ports/message-log.ts';
import { MessageText } from '#app/domain/chat/message-content.ts';
import { type ConversationId, MessageId, type UserId } from '#app/domain/shared/ids.ts';
import { aGroup } from '../support/chat-world.ts';
import { aPostgresWorld, type PostgresWorld } from '../support/postgres-world.ts';

const CONVERSATIONS = 60;
const ROUNDS = 10;
const EACH = 2;
const PATIENCE_MS = 30_000;

let nodes: readonly PostgresWorld[];
let batches: number[];
let user: UserId;
let conversations: readonly ConversationId[];

beforeEach(async () => {
  batches = [];
  const observer = { batch: (size: number) => void batches.push(size), failed() {}, settled() {}, uncertain() {} };
  const first = await aPostgresWorld({ observer, patienceMs: PATIENCE_MS });
  nodes = [first, await aPostgresWorld({ observer, patienceMs: PATIENCE_MS, url: first.url })];
  user = await first.aUser();
  conversations = await Promise.all(Array.from({ length: CONVERSATIONS }, () => aGroup(first, user)));
});
afterEach(async () => {
  for (const node of nodes.toReversed()) await node.close();
});

const send = (log: MessageLog, conversationId: ConversationId): Promise<AppendResult> =>
  log.append({
    ...{ conversationId, id: MessageId(v7()), senderId: user, type: 'text' as const },
    ...{ content: MessageText('hello'), replyTo: undefined },
  });
const everywhere = (log: MessageLog) =>
  conversations.flatMap((id) => Array.from({ length: EACH }, () => send(log, id)));

it('lets two nodes that write to the same conversations commit many together, refuses nobody and keeps the order', async () => {
  const talk = async ({ log }: PostgresWorld) => {
    const seqs = conversations.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round++)
      for (const [place, result] of (await Promise.all(everywhere(log))).entries()) {
        if (!result.ok) throw result.refusal;
        seqs[Math.floor(place / EACH)]?.push(result.seq);
      }
    return seqs;
  };
  const [ours = [], theirs = []] = await Promise.all(nodes.map(talk));
  for (const [place, seqs] of ours.entries()) {
    const others = theirs[place] ?? [];
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(others).toEqual(others.toSorted((a, b) => a - b));
    const all = [...seqs, ...others].toSorted((a, b) => a - b);
    expect(all).toEqual(all.map((_, at) => at + 2));
  }
  const sends = 2 * ROUNDS * EACH * CONVERSATIONS;
  expect(sends / batches.length, 'sends in a batch').toBeGreaterThan(10);
});

it('lets one conversation that stays locked hold up none of those that two nodes write to', async () => {
  const [first, second] = nodes;
  const [kept] = conversations;
  if (!first || !second || !kept) throw new Error('two nodes');
  const release = await first.hold(kept);
  const waiting: Promise<AppendResult>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const moving: Promise<AppendResult>[] = [];
    for (const { log } of nodes) for (const id of conversations) (id === kept ? waiting : moving).push(send(log, id));
    expect((await Promise.all(moving)).every(({ ok }) => ok)).toBe(true);
  }
  await release();
  expect((await Promise.all(waiting)).every(({ ok }) => ok)).toBe(true);
});
