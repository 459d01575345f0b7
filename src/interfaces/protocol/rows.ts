import * as v from 'valibot';
import type { Shown } from '#app/application/connection/presence-watch.ts';
import type { ConversationState } from '#app/domain/chat/conversation.ts';
import type { OwnMembership, Receipt } from '#app/domain/chat/membership.ts';
import { MessageType } from '#app/domain/chat/message-content.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import { Role, type ParticipantState } from '#app/domain/chat/participant.ts';
import type { ListedConversation } from '#app/application/ports/conversation-reader.ts';
import type { ChangedOwnRow, ChangedRow } from '#app/application/ports/feed.ts';
import { instant } from './primitives.ts';

// What a client sees of each thing: the schema documents it, the function beside it makes it. Both name every public
// field, so that a new field of an entity stays inside until somebody decides otherwise.

const id = v.pipe(v.string(), v.uuid());
const counter = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const notice = v.variant('event', [
  v.object({ event: v.literal('conversation.created') }),
  v.object({ event: v.literal('conversation.renamed'), title: v.string() }),
  v.object({ event: v.literal('members.added'), users: v.array(id) }),
  v.object({ event: v.literal('member.removed'), user: id }),
  v.object({ event: v.literal('member.left'), user: id }),
  v.object({ event: v.literal('member.role_changed'), user: id, role: v.picklist(Object.values(Role)) }),
]);

export const MessageRow = v.object({
  id,
  seq: counter,
  rev: counter,
  senderId: id,
  type: v.picklist(Object.values(MessageType)),
  /** Absent once deleted; of a `system` entry, what happened. */
  content: v.optional(v.union([v.string(), notice])),
  replyTo: v.optional(counter),
  sentAt: instant,
  editedAt: v.optional(instant),
  deletedAt: v.optional(instant),
});

/** An undefined field is left out of the frame by every codec. */
export const messageRow = (m: MessageState): v.InferInput<typeof MessageRow> => {
  const row: v.InferInput<typeof MessageRow> = {
    id: m.id,
    seq: m.seq,
    rev: m.rev,
    senderId: m.senderId,
    type: m.type,
    sentAt: m.sentAt.toISOString(),
  };
  if (m.content !== undefined) row.content = m.content as string | v.InferInput<typeof notice>; // the same shapes; ours are readonly
  if (m.replyTo !== undefined) row.replyTo = m.replyTo;
  if (m.editedAt) row.editedAt = m.editedAt.toISOString();
  if (m.deletedAt) row.deletedAt = m.deletedAt.toISOString();
  return row;
};

export const MemberRow = v.object({
  userId: id,
  role: v.picklist(Object.values(Role)),
  rev: counter,
  joinedAt: instant,
  /** True for a former member. */
  left: v.optional(v.literal(true)),
});

export const memberRow = (p: ParticipantState): v.InferInput<typeof MemberRow> => ({
  userId: p.userId,
  role: p.role,
  rev: p.rev,
  joinedAt: p.joinedAt.toISOString(),
  ...(p.leftRev !== undefined && { left: true }),
});

export const ConversationRow = v.object({
  id,
  kind: v.picklist(['private', 'group']),
  /** Of a group. */
  title: v.optional(v.string()),
  /** The rev of the last change of what this row holds. */
  rev: counter,
  membersCanInvite: v.boolean(),
  historyVisible: v.boolean(),
  createdBy: id,
  createdAt: instant,
  deletedAt: v.optional(instant),
});

export const conversationRow = (c: ConversationState): v.InferInput<typeof ConversationRow> => ({
  id: c.id,
  kind: c.kind,
  ...(c.title !== undefined && { title: c.title }),
  rev: c.changedRev,
  membersCanInvite: c.membersCanInvite,
  historyVisible: c.historyVisible,
  createdBy: c.createdBy,
  createdAt: c.createdAt.toISOString(),
  ...(c.deletedAt && { deletedAt: c.deletedAt.toISOString() }),
});

export const MembershipRow = v.object({
  conversationId: id,
  urev: counter,
  /** False: forget the conversation. */
  member: v.boolean(),
  /** The first message that you may see. */
  firstSeq: counter,
  readSeq: counter,
  /** Others' undeleted, non-system messages after `readSeq`: exact up to `count`, `more` when there are still more. */
  unread: v.object({ count: counter, more: v.boolean() }),
  mutedUntil: v.optional(instant),
  archived: v.boolean(),
});

export const membershipRow = (m: OwnMembership): v.InferInput<typeof MembershipRow> => ({
  conversationId: m.conversationId,
  urev: m.urev,
  member: m.member,
  firstSeq: m.firstSeq,
  readSeq: m.readSeq,
  unread: m.unread,
  ...(m.mutedUntil && { mutedUntil: m.mutedUntil.toISOString() }),
  archived: m.archived,
});

export const PresenceRow = v.object({
  userId: id,
  status: v.picklist(['online', 'away', 'offline']),
  /** Of somebody offline who lets it be seen. */
  lastSeen: v.optional(instant),
});

export const presenceRow = ({ userId, status, lastSeen }: Shown): v.InferInput<typeof PresenceRow> => ({
  userId,
  status,
  ...(lastSeen && { lastSeen: lastSeen.toISOString() }),
});

export const ReceiptRow = v.object({ userId: id, readSeq: counter, deliveredSeq: counter });

export const receiptRow = (r: Receipt): v.InferInput<typeof ReceiptRow> => ({
  userId: r.userId,
  readSeq: r.readSeq,
  deliveredSeq: r.deliveredSeq,
});

export const ListedRow = v.object({
  conversation: ConversationRow,
  /** Where the conversation's counters stand. */
  seq: counter,
  rev: counter,
  memberCount: counter,
  /** What you are there, and what only you see. */
  role: v.picklist(Object.values(Role)),
  membership: MembershipRow,
  /** The other one of a private conversation. */
  otherId: v.optional(id),
  lastMessage: v.optional(MessageRow),
  activeAt: instant,
});

export const listedRow = (l: ListedConversation): v.InferInput<typeof ListedRow> => ({
  conversation: conversationRow(l.conversation),
  seq: l.conversation.seq,
  rev: l.conversation.rev,
  memberCount: l.conversation.memberCount,
  role: l.role,
  membership: membershipRow(l.membership),
  ...(l.otherId !== undefined && { otherId: l.otherId }),
  ...(l.lastMessage && { lastMessage: messageRow(l.lastMessage) }),
  activeAt: l.activeAt.toISOString(),
});

export const AnyRow = v.variant('kind', [
  v.object({ kind: v.literal('message'), message: MessageRow }),
  v.object({ kind: v.literal('member'), member: MemberRow }),
  v.object({ kind: v.literal('conversation'), conversation: ConversationRow }),
]);

export const anyRow = (row: ChangedRow): v.InferInput<typeof AnyRow> => {
  switch (row.kind) {
    case 'message':
      return { kind: row.kind, message: messageRow(row.message) };
    case 'member':
      return { kind: row.kind, member: memberRow(row.member) };
    case 'conversation':
      return { kind: row.kind, conversation: conversationRow(row.conversation) };
  }
};

export const OwnRow = v.variant('kind', [
  v.object({ kind: v.literal('membership'), membership: MembershipRow }),
  v.object({ kind: v.literal('block'), userId: id, blocked: v.boolean(), urev: counter }),
  v.object({ kind: v.literal('profile'), handle: v.optional(v.string()), displayName: v.string(), urev: counter }),
]);

export const ownRow = (row: ChangedOwnRow): v.InferInput<typeof OwnRow> => {
  switch (row.kind) {
    case 'membership':
      return { kind: row.kind, membership: membershipRow(row.membership) };
    case 'block':
      return { kind: row.kind, userId: row.blockedId, blocked: row.blocked, urev: row.urev };
    case 'profile':
      return {
        kind: row.kind,
        ...(row.handle !== undefined && { handle: row.handle }),
        displayName: row.displayName,
        urev: row.urev,
      };
  }
};
