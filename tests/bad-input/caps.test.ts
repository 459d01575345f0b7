import { beforeAll, expect, it } from 'vitest';
import { v7 } from 'uuid';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { Stored } from './stored.ts';

// Whatever one user can pile up has an end, and the answer names it.

const settings = {
  LIMIT_CONVERSATIONS_PER_USER: '3',
  LIMIT_MEMBERS_PER_GROUP: '5',
  LIMIT_API_KEYS_PER_USER: '2',
  LIMIT_SESSIONS_PER_USER: '3',
  LIMIT_PAGE: '2',
};
const PASSWORD = 'eight plain words that nobody has used';

let running: RunningServer;
let stored: Stored;
beforeAll(async () => {
  running = await RunningServer.start({ settings });
  stored = await Stored.of(running.databaseUrl);
});

const ask = async (type: string, user: TestUser, input: object) => {
  const { status, body } = await running.request('POST', `/v1/commands/${type}`, { user, body: input });
  return status === 200 ? 'ok' : `${String(body.code)} ${String(body.rule)}`;
};

it('conversations that one begins', async () => {
  const [ann, ben] = (await running.users(2)) as [TestUser, TestUser];
  const create = () => ask('conversation.create', ann, { id: v7(), title: 'One more' });
  const outcomes = [await create(), await create(), await create(), await create()];
  expect(outcomes).toEqual(['ok', 'ok', 'ok', 'too_large conversations_per_user']);
  expect(await ask('conversation.open_private', ann, { userId: ben.userId })).toBe('too_large conversations_per_user');
  expect(await ask('message.send', ann, { id: v7(), to: ben.userId, content: 'x' })).toBe(
    'too_large conversations_per_user',
  );
});

it('conversations that others bring one into', async () => {
  const [ann, ben, cleo] = (await running.users(3)) as [TestUser, TestUser, TestUser];
  const users = [ann.userId];
  for (let n = 0; n < 3; n++) await running.aGroup(ben, [ann]);
  const conversationId = await running.aGroup(cleo);
  expect(await ask('member.add', cleo, { conversationId, users })).toBe('too_large conversations_per_member');
  expect(await ask('conversation.create', cleo, { id: v7(), title: 'Come', users })).toBe(
    'too_large conversations_per_member',
  );
  expect(await ask('member.add', ben, { conversationId, users })).toBe('not_found conversation_not_found');
});

it('members of a group, also when many are added at once', async () => {
  const [owner, ...others] = (await running.users(12)) as [TestUser, ...TestUser[]];
  const conversationId = await running.aGroup(owner);
  const add = (users: readonly TestUser[]) =>
    ask('member.add', owner, { conversationId, users: users.map(({ userId }) => userId) });
  const outcomes = await Promise.all(others.map((user) => add([user])));
  expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(4);
  expect(new Set(outcomes)).toEqual(new Set(['ok', 'too_large members_per_group']));
  const active = await stored.rows('select from participants where conversation_id = $1 and left_rev is null', [
    conversationId,
  ]);
  expect(active).toHaveLength(5);
  const [row] = await stored.rows<{ member_count: number }>('select member_count from conversations where id = $1', [
    conversationId,
  ]);
  expect(row?.member_count).toBe(5);
  // All of them or none.
  const another = await running.aGroup(others[0]!, others.slice(1, 4));
  const three = others.slice(4, 7).map(({ userId }) => userId);
  expect(await ask('member.add', others[0]!, { conversationId: another, users: three })).toBe(
    'too_large members_per_group',
  );
  expect(await stored.rows('select from participants where conversation_id = $1', [another])).toHaveLength(4);
});

it.each(['conversation.list', 'block.list', 'member.list', 'conversation.receipts', 'message.history'])(
  'entries of one page of %s',
  async (type) => {
    const ann = await running.aUser();
    const conversationId = await running.aGroup(ann);
    const list = (limit?: number) => ask(type, ann, { conversationId, limit });
    expect([await list(2), await list(3), await list()]).toEqual(['ok', 'invalid invalid_input', 'ok']);
  },
);

it('API keys, also when many are made at once', async () => {
  const ann = await running.aUser();
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, (_, at) => ask('api_key.create', ann, { name: `key ${at}` })),
  );
  expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(2);
  expect(new Set(outcomes)).toEqual(new Set(['ok', 'conflict too_many_api_keys']));
});

it('sessions: one more ends the one used longest ago, with its sockets', async () => {
  const first = await running.aRegisteredUser('many', PASSWORD);
  const socket = await running.connectAs(first);
  for (let at = 0; at < 3; at++) await running.post('session.login', { login: 'many', password: PASSWORD });
  expect((await socket.ended()).code).toBe(4502);
  expect((await running.request('GET', '/v1/users/me', { user: first })).status).toBe(401);
});
