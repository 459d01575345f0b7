import type { CommandType, ServerEvent } from '../protocol.ts';
import {
  count,
  either,
  exactly,
  flag,
  type Guard,
  id,
  instant,
  isRecord,
  list,
  optional,
  record,
  text,
} from './guards.ts';

// What is applied to rows must be what the protocol says; everything else is the business of whoever asked. Words that
// later versions may add to (types, roles, what a notice tells) are bounded and not judged.

const word = text(64);
const name = text(1_024);

const message = record({
  id,
  seq: count,
  rev: count,
  senderId: id,
  type: word,
  content: optional(either(text(1_048_576), isRecord)),
  replyTo: optional(count),
  sentAt: instant,
  editedAt: optional(instant),
  deletedAt: optional(instant),
});
const member = record({ userId: id, role: word, rev: count, joinedAt: instant, left: optional(exactly(true)) });
const conversation = record({
  id,
  kind: word,
  title: optional(name),
  rev: count,
  membersCanInvite: flag,
  historyVisible: flag,
  createdBy: id,
  createdAt: instant,
  deletedAt: optional(instant),
});
const membership = record({
  conversationId: id,
  urev: count,
  member: flag,
  firstSeq: count,
  readSeq: count,
  unread: record({ count, more: flag }),
  mutedUntil: optional(instant),
  archived: flag,
});
const receipt = { userId: id, readSeq: count, deliveredSeq: count };
const presence = record({ userId: id, status: word, lastSeen: optional(instant) });
const profile = { handle: optional(name), displayName: name };
const user = record({ id, ...profile });
const line = record({
  conversation,
  seq: count,
  rev: count,
  memberCount: count,
  role: word,
  membership,
  otherId: optional(id),
  lastMessage: optional(message),
  activeAt: instant,
});

/** Kinds that this version does not know pass: the store skips them. */
const rowOf = (kinds: Readonly<Record<string, Guard>>): Guard => {
  const known = new Map(Object.entries(kinds));
  return (value) => isRecord(value) && word(value['kind']) && (known.get(value['kind'])?.(value) ?? true);
};
const row = rowOf({
  message: record({ message }),
  member: record({ member }),
  conversation: record({ conversation }),
});
const ownRow = rowOf({
  membership: record({ membership }),
  block: record({ userId: id, blocked: flag, urev: count }),
  profile: record({ urev: count, ...profile }),
});

const change = { conversationId: id, rev: count };
const aboutMessage = record({ ...change, message });
const aboutMembers = record({ ...change, members: list(member), message: optional(message) });
const aboutConversation = record({
  ...change,
  conversation,
  members: optional(list(member)),
  message: optional(message),
});
const aboutMembership = record({ urev: count, membership });

export const eventShapes: Readonly<Record<ServerEvent['type'], Guard>> = {
  'message.created': aboutMessage,
  'message.edited': aboutMessage,
  'message.deleted': aboutMessage,
  'member.added': aboutMembers,
  'member.removed': aboutMembers,
  'member.changed': aboutMembers,
  'conversation.created': aboutConversation,
  'conversation.changed': aboutConversation,
  'conversation.deleted': aboutConversation,
  'conversation.advanced': record({ ...change, seq: count }),
  'conversation.changes': record({
    conversationId: id,
    from: count,
    upTo: count,
    rows: list(row),
    hidden: optional(count),
  }),
  'membership.joined': aboutMembership,
  'membership.left': aboutMembership,
  'membership.changed': aboutMembership,
  'block.changed': record({ urev: count, userId: id, blocked: flag }),
  'profile.changed': record({ urev: count, ...profile }),
  'user.changes': record({ from: count, upTo: count, rows: list(ownRow) }),
  'receipt.changed': record({ conversationId: id, ...receipt, others: optional(list(record(receipt))) }),
  'presence.changed': record({ users: list(presence) }),
  'typing.changed': record({ conversationId: id, users: list(id) }),
  goaway: record({ afterMs: count }),
};

const synced = either(
  record({ id, upTo: count, rows: list(row), more: flag }),
  record({ id, upTo: count, gap: exactly(true) }),
  record({ id, upTo: count, reset: exactly(true) }),
  record({ id, gone: exactly(true) }),
);
const next = optional(name);
const changedMessage = record({ message });
const ownMembership = record({ membership });

/** Of the commands whose answers a store applies. */
export const replyShapes: { readonly [T in CommandType]?: Guard } = {
  'message.send': record({ conversationId: id, seq: count, rev: count, sentAt: instant, duplicate: flag }),
  'message.edit': changedMessage,
  'message.delete': changedMessage,
  'message.history': record({ messages: list(message), more: flag }),
  'conversation.list': record({ conversations: list(line), next }),
  'conversation.get': line,
  'conversation.create': line,
  'conversation.open_private': line,
  'conversation.read': ownMembership,
  'conversation.settings': ownMembership,
  'conversation.receipts': record({ receipts: list(record(receipt)), more: flag }),
  'member.list': record({ members: list(member), more: flag }),
  'block.list': record({ blocks: list(record({ userId: id })), more: flag }),
  'users.get': record({ users: list(user) }),
  'users.find': record({ user }),
  'presence.watch': record({ users: list(presence) }),
  'user.me': record({ id, urev: count, ...profile }),
  'user.update': record({ id, urev: count, ...profile }),
  sync: record({
    epoch: text(128),
    reset: flag,
    user: optional(record({ upTo: count, rows: list(ownRow), more: flag, reset: flag })),
    conversations: list(synced),
    next,
    caughtUp: flag,
  }),
};
