import * as v from 'valibot';
import type { Shown } from '#app/application/connection/presence-watch.ts';
import type { ChatEvent, ConversationEvent, ReceiptChanged } from '#app/domain/chat/chat-events.ts';
import type { Receipt } from '#app/domain/chat/membership.ts';
import {
  AnyRow,
  ConversationRow,
  conversationRow,
  MemberRow,
  memberRow,
  MembershipRow,
  membershipRow,
  MessageRow,
  messageRow,
  OwnRow,
  PresenceRow,
  presenceRow,
  ReceiptRow,
  receiptRow,
} from './rows.ts';

const id = v.pipe(v.string(), v.uuid());
const counter = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const change = { conversationId: id, rev: counter };
const message = v.object({ ...change, message: MessageRow });
const members = v.object({ ...change, members: v.array(MemberRow), message: MessageRow });
const conversation = v.object({
  ...change,
  conversation: ConversationRow,
  members: v.optional(v.array(MemberRow)),
  message: v.optional(MessageRow),
});
const membership = v.object({ urev: counter, membership: MembershipRow });

/** Every event that a client may get, with what it carries. Those with `rev` or `urev` count; the others are ephemeral. */
export const events = {
  'message.created': { data: message, summary: 'Somebody wrote a message.' },
  'message.edited': { data: message, summary: 'A message has other words now.' },
  'message.deleted': { data: message, summary: 'A message is a tombstone now.' },
  'member.added': { data: members, summary: 'Users became members.' },
  'member.removed': { data: members, summary: 'A member was removed or left.' },
  'member.changed': { data: members, summary: 'A member has another role.' },
  'conversation.created': { data: conversation, summary: 'A conversation began.' },
  'conversation.changed': { data: conversation, summary: 'Title or policies changed.' },
  'conversation.deleted': { data: conversation, summary: 'A group ended.' },
  'conversation.advanced': {
    data: v.object({ ...change, seq: counter }),
    summary:
      'Something about message `seq` changed that not all of you may see: if `seq` is at least your `firstSeq`, sync this conversation; else only count the rev.',
  },
  'conversation.changes': {
    data: v.object({
      conversationId: id,
      from: counter,
      upTo: counter,
      rows: v.array(AnyRow),
      hidden: v.optional(counter),
    }),
    summary:
      'A repair after events were lost on the way: with a rev of at least `from`, apply the rows with a higher rev and go on at `upTo`; with less, or if `hidden` is at least your `firstSeq`, sync.',
  },
  'membership.joined': { data: membership, summary: 'You are in a conversation now.' },
  'membership.left': { data: membership, summary: 'You are no member any more.' },
  'membership.changed': { data: membership, summary: 'You read, muted or archived on another device.' },
  'block.changed': {
    data: v.object({ urev: counter, userId: id, blocked: v.boolean() }),
    summary: 'You blocked somebody, or no longer.',
  },
  'profile.changed': {
    data: v.object({ urev: counter, handle: v.optional(v.string()), displayName: v.string() }),
    summary: 'Your own profile changed.',
  },
  'user.changes': {
    data: v.object({ from: counter, upTo: counter, rows: v.array(OwnRow) }),
    summary: 'A repair of what only you see, as `conversation.changes`.',
  },
  'receipt.changed': {
    data: v.object({ conversationId: id, ...ReceiptRow.entries, others: v.optional(v.array(ReceiptRow)) }),
    summary: 'Somebody received or read further, and so did `others`. Ephemeral.',
  },
  'presence.changed': {
    data: v.object({ users: v.array(PresenceRow) }),
    summary: 'Users whom you watch came, left, or touched a device again. At most once a second. Ephemeral.',
  },
  'typing.changed': {
    data: v.object({ conversationId: id, users: v.array(id) }),
    summary: 'Who types in the conversation that you look at, you perhaps among them. Ephemeral.',
  },
  goaway: {
    data: v.object({ afterMs: counter }),
    summary: 'The node will close this socket after that time: open another one, then leave this one. Ephemeral.',
  },
} as const;

export type WireEventType = keyof typeof events;
export type WireEvent = {
  [T in WireEventType]: { readonly type: T; readonly data: v.InferInput<(typeof events)[T]['data']> };
}[WireEventType];

const withMessage = (e: Extract<ConversationEvent, { message: unknown }>) => ({
  conversationId: e.conversationId,
  rev: e.rev,
  message: messageRow(e.message!), // of these events it is required, or asked for below
});

export const presenceChanged = (users: readonly Shown[]): WireEvent => ({
  type: 'presence.changed',
  data: { users: users.map(presenceRow) },
});

/** Of one conversation, at least one. */
export const receiptsChanged = ([first, ...others]: readonly [Receipt, ...Receipt[]]): WireEvent => ({
  type: 'receipt.changed',
  data: {
    conversationId: first.conversationId,
    ...receiptRow(first),
    ...(others.length > 0 && { others: others.map(receiptRow) }),
  },
});

/** What each domain event looks like on the wire. A new one does not compile until somebody decides. */
export const wireEventOf = (e: Exclude<ChatEvent, ReceiptChanged>): WireEvent => {
  switch (e.type) {
    case 'message.sent':
      return { type: 'message.created', data: withMessage(e) };
    case 'message.edited':
    case 'message.deleted':
      return { type: e.type, data: withMessage(e) };
    case 'members.added':
      return { type: 'member.added', data: { ...withMessage(e), members: e.members.map(memberRow) } };
    case 'member.removed':
    case 'member.left':
      return { type: 'member.removed', data: { ...withMessage(e), members: e.members.map(memberRow) } };
    case 'member.role_changed':
      return { type: 'member.changed', data: { ...withMessage(e), members: e.members.map(memberRow) } };
    case 'conversation.created':
      return {
        type: e.type,
        data: {
          ...conversationData(e),
          members: e.members.map(memberRow),
          ...(e.message && { message: messageRow(e.message) }),
        },
      };
    case 'conversation.updated':
      return {
        type: 'conversation.changed',
        data: { ...conversationData(e), ...(e.message && { message: messageRow(e.message) }) },
      };
    case 'conversation.deleted':
      return { type: e.type, data: conversationData(e) };
    case 'membership.joined':
    case 'membership.left':
    case 'membership.changed':
      return { type: e.type, data: { urev: e.urev, membership: membershipRow(e.membership) } };
    case 'block.changed':
      return { type: e.type, data: { urev: e.urev, userId: e.blockedId, blocked: e.blocked } };
    case 'profile.changed':
      return {
        type: e.type,
        data: { urev: e.urev, ...(e.handle !== undefined && { handle: e.handle }), displayName: e.displayName },
      };
  }
};

const conversationData = (e: Extract<ConversationEvent, { conversation: unknown }>) => ({
  conversationId: e.conversationId,
  rev: e.rev,
  conversation: conversationRow(e.conversation),
});
