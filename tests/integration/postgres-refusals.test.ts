import { Client } from 'pg';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { aConversationId, aDraft, aGroup, aPrivate } from '../support/chat-world.ts';
import { aPatientPostgresWorld, type PostgresWorld } from '../support/postgres-world.ts';

const FOREIGN_KEY = '23503';
const UNIQUE = '23505';
const CHECK = '23514';

/** Whatever the application believes, the database itself refuses what must never be. */
describe('the database refuses', () => {
  let world: PostgresWorld;
  let client: Client;
  let ann: UserId;
  let ben: UserId;
  let cleo: UserId;
  let group: ConversationId;
  let pair: ConversationId;

  beforeAll(async () => {
    world = await aPatientPostgresWorld();
    client = new Client({ connectionString: world.url });
    await client.connect();
    [ann, ben, cleo] = [await world.aUser(), await world.aUser(), await world.aUser()].toSorted() as [
      UserId,
      UserId,
      UserId,
    ];
    group = await aGroup(world, ann, [ben]);
    pair = await aPrivate(world, ann, ben);
    await world.log.append(aDraft({ conversationId: group, senderId: ann }));
  });
  afterAll(async () => {
    await client.end();
    await world.close();
  });

  const refused = async (code: string, text: string, values: readonly unknown[] = []) =>
    expect(client.query(text, [...values])).rejects.toMatchObject({ code });
  const insertMessage = `INSERT INTO messages (conversation_id, seq, id, rev, sent_rev, sender_id, type, content, content_hash, sent_at, deleted_at)
    VALUES ($1, $2, $3, 90, 90, $4, 'text', $5, '\\x00', now(), $6)`;
  const insertParticipant = `INSERT INTO participants (conversation_id, user_id, kind, slot, role, rev, joined_rev)
    VALUES ($1, $2, $3, $4, 'member', 9, 9)`;

  it('a message from one who never was a participant, or to no conversation', async () => {
    await refused(FOREIGN_KEY, insertMessage, [group, 90, v7(), cleo, 'hi', null]);
    await refused(FOREIGN_KEY, insertMessage, [aConversationId(), 90, v7(), ann, 'hi', null]);
  });

  it('a second message with a seq or an id', async () => {
    const { rows } = await client.query<{ id: string }>(
      'SELECT id FROM messages WHERE conversation_id = $1 AND seq = 2',
      [group],
    );
    await refused(UNIQUE, insertMessage, [group, 2, v7(), ann, 'hi', null]);
    await refused(UNIQUE, insertMessage, [group, 90, rows[0]?.id, ann, 'hi', null]);
  });

  it('words of a deleted message, and a message without words', async () => {
    await refused(CHECK, insertMessage, [group, 90, v7(), ann, 'hi', new Date()]);
    await refused(CHECK, insertMessage, [group, 90, v7(), ann, null, null]);
    await refused(CHECK, insertMessage, [group, 90, v7(), ann, 'x'.repeat(20_001), null]);
  });

  it.each([
    ['in a third slot', 3, CHECK],
    ['in a slot that is taken', 1, UNIQUE],
    ['without a slot', null, CHECK],
  ])('a third member of a private conversation, %s', async (_how, slot, code) => {
    await refused(code, insertParticipant, [pair, cleo, 'private', slot]);
  });

  it('a member of another kind than the conversation', async () => {
    await refused(FOREIGN_KEY, insertParticipant, [pair, cleo, 'group', null]);
    await refused(FOREIGN_KEY, insertParticipant, [group, cleo, 'private', 1]);
  });

  it('somebody else in the place of one of the two, once there is a message of theirs', async () => {
    await world.log.append(aDraft({ conversationId: pair, senderId: ann }));
    await refused(FOREIGN_KEY, 'UPDATE participants SET user_id = $1 WHERE conversation_id = $2 AND user_id = $3', [
      cleo,
      pair,
      ann,
    ]);
    await refused(FOREIGN_KEY, 'DELETE FROM participants WHERE conversation_id = $1 AND user_id = $2', [pair, ann]);
  });

  it('one of the two leaving', async () => {
    await refused(CHECK, 'UPDATE participants SET left_rev = 9 WHERE conversation_id = $1', [pair]);
  });

  it('a second private conversation of a pair, in either order', async () => {
    const { rows } = await client.query<{ id: string }>(
      "INSERT INTO conversations (id, kind, created_by) VALUES ($1, 'private', $2) RETURNING id",
      [aConversationId(), ann],
    );
    const pairOf = 'INSERT INTO private_pairs (low, high, conversation_id) VALUES ($1, $2, $3)';
    await refused(UNIQUE, pairOf, [ann, ben, rows[0]?.id]);
    await refused(CHECK, pairOf, [ben, ann, rows[0]?.id]);
    await refused(CHECK, pairOf, [ann, ann, rows[0]?.id]);
    await refused(UNIQUE, pairOf, [ann, cleo, pair]);
  });

  it('a group without a title, a private conversation with one, and other kinds', async () => {
    const insert = 'INSERT INTO conversations (id, kind, title, created_by) VALUES ($1, $2, $3, $4)';
    await refused(CHECK, insert, [aConversationId(), 'group', null, ann]);
    await refused(CHECK, insert, [aConversationId(), 'private', 'A title', ann]);
    await refused(CHECK, insert, [aConversationId(), 'channel', 'A title', ann]);
    await refused(CHECK, insert, [aConversationId(), 'group', 'x'.repeat(129), ann]);
    await refused(FOREIGN_KEY, insert, [aConversationId(), 'group', 'A title', v7()]);
  });

  it.each([
    ['below zero', '-1'],
    ['that JavaScript can not hold', '9007199254740992'],
  ])('a counter %s', async (_how, value) => {
    await refused(CHECK, 'UPDATE conversations SET rev = $1 WHERE id = $2', [value, group]);
    await refused(CHECK, 'UPDATE users SET urev = $1 WHERE id = $2', [value, ann]);
    await refused(CHECK, 'UPDATE participants SET read_seq = $1 WHERE conversation_id = $2', [value, group]);
  });

  it('more messages than changes', async () => {
    await refused(CHECK, 'UPDATE conversations SET seq = rev + 1 WHERE id = $1', [group]);
  });

  it('a block of oneself', async () => {
    await refused(CHECK, 'INSERT INTO blocks (user_id, blocked_id, urev) VALUES ($1, $1, 1)', [ann]);
  });

  it('unknown roles and types', async () => {
    await refused(CHECK, "UPDATE participants SET role = 'guest' WHERE conversation_id = $1", [group]);
    await refused(CHECK, "UPDATE messages SET type = 'video' WHERE conversation_id = $1", [group]);
  });
});
