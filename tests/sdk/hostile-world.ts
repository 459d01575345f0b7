import type { ClientFrame, ScriptedConnection } from '../support/scripted-server.ts';

export const annId = '0193e49f-1111-7222-8333-444455556666';
export const bobId = '0193e49f-2222-7333-8444-555566667777';
export const conversationId = '0193e4a0-5b7c-7d2e-8f10-3c4b5a697887';
export const otherConversationId = '0193e4a0-7777-7d2e-8f10-3c4b5a697887';

export const welcome = (over: object = {}) => ({
  ...{ userId: annId, epoch: '7d1c0e5a', urev: 12, serverTime: 1_795_284_900_000, featureLevel: 1 },
  timings: { pingMs: 25_000, typingMs: 4_000, typingExpiresMs: 6_000 },
  limits: {
    ...{ frameBytes: 65_536, textCodePoints: 5_000, page: 100, membersPerGroup: 10_000, usersPerCommand: 200 },
    ...{ conversationsPerUser: 1_000, inFlight: 64, unread: 1_000, syncCursors: 1_000, watchedUsers: 200 },
    ...{ sendBurst: 200, sendsPerMinute: 3_000 },
  },
  ...over,
});
export const messageRow = (over: object = {}) => ({
  ...{ id: '0193e4a1-4444-7f3e-9a4b-5c6d7e8f9a0b', seq: 2, rev: 2, senderId: bobId, type: 'text' },
  ...{ content: 'garbage', sentAt: '2026-11-20T18:30:01.250Z' },
  ...over,
});
export const created = (over: object = {}) => ({
  type: 'message.created',
  data: { conversationId, rev: 2, message: messageRow(), ...over },
});

const first = messageRow({ id: '0193e4a1-3333-7f3e-9a4b-5c6d7e8f9a0b', seq: 1, rev: 1, content: 'Hello, Ann.' });
const at = '2026-11-20T18:00:00.000Z';
const membership = {
  ...{ conversationId, urev: 12, member: true, firstSeq: 1, readSeq: 1, archived: false },
  unread: { count: 0, more: false },
};
const line = {
  conversation: {
    ...{ id: conversationId, kind: 'group', title: 'Friends', rev: 1, membersCanInvite: false, historyVisible: true },
    ...{ createdBy: bobId, createdAt: at },
  },
  ...{ seq: 1, rev: 1, memberCount: 2, role: 'member', membership, lastMessage: first, activeAt: at },
};
const person = (id: string) => ({ id, displayName: id === annId ? 'Ann' : 'Bob' });
const member = (userId: string) => ({ userId, role: 'member', rev: 1, joinedAt: at });
const me = { ...person(annId), emailConfirmed: false, createdAt: at, urev: 12 };

/** A server with one conversation in which nothing happens. */
const answers: Readonly<Record<string, (data: Readonly<Record<string, unknown>>) => object>> = {
  auth: () => welcome(),
  ping: () => ({ timestamp: 1 }),
  'user.me': () => me,
  'conversation.list': () => ({ conversations: [line] }),
  'block.list': () => ({ blocks: [], more: false }),
  'message.history': () => ({ messages: [first], more: false }),
  'member.list': () => ({ members: [annId, bobId].map(member), more: false }),
  'users.get': ({ ids }) => ({ users: (ids as readonly string[]).map(person) }),
  'conversation.receipts': () => ({
    receipts: [annId, bobId].map((userId) => ({ userId, readSeq: 1, deliveredSeq: 1 })),
    more: false,
  }),
  'conversation.read': () => ({ membership }),
  'conversation.delivered': () => ({}),
  sync: ({ cursors }) => ({
    ...{ epoch: '7d1c0e5a', reset: false, caughtUp: true },
    user: { upTo: 12, rows: [], more: false, reset: false },
    conversations: (cursors as readonly (readonly [string, number])[]).map(([id]) =>
      id === conversationId ? { id, upTo: 1, rows: [], more: false } : { id, gone: true },
    ),
  }),
};

export const answer = (connection: ScriptedConnection, { id, type, data }: ClientFrame): void => {
  const known = type === 'conversation.get' && data['conversationId'] === conversationId ? () => line : answers[type];
  if (known) connection.says({ id, ok: true, data: known(data) });
  else connection.says({ id, ok: false, error: { code: 'not_found', message: 'there is none' } });
  if (type === 'auth') connection.known = true;
};
