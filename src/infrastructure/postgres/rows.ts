import { type Selectable, sql } from 'kysely';
import type { ConversationState } from '#app/domain/chat/conversation.ts';
import { type OwnMembership, type Unread, UNREAD_LIMIT } from '#app/domain/chat/membership.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import { MessageType, type MessageText, type SystemNotice } from '#app/domain/chat/message-content.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { ConversationsTable, MessagesTable, ParticipantsTable } from './schema.ts';

// Columns carry the letter of their table, so that a join of all three still says which `rev` is whose.

export const conversationColumns = [
  'c.id as c_id',
  'c.kind as c_kind',
  'c.title as c_title',
  'c.created_by as c_created_by',
  'c.members_can_invite as c_members_can_invite',
  'c.history_visible as c_history_visible',
  'c.seq as c_seq',
  'c.rev as c_rev',
  'c.changed_rev as c_changed_rev',
  'c.member_count as c_member_count',
  'c.created_at as c_created_at',
  'c.deleted_at as c_deleted_at',
] as const;

export const participantColumns = [
  'p.conversation_id as p_conversation_id',
  'p.user_id as p_user_id',
  'p.role as p_role',
  'p.first_seq as p_first_seq',
  'p.rev as p_rev',
  'p.joined_rev as p_joined_rev',
  'p.left_rev as p_left_rev',
  'p.joined_at as p_joined_at',
] as const;

/** With `participantColumns`; the unread count is `unread` below. */
export const ownColumns = [
  'p.read_seq as p_read_seq',
  'p.delivered_seq as p_delivered_seq',
  'p.urev as p_urev',
  'p.muted_until as p_muted_until',
  'p.archived as p_archived',
] as const;

export const messageColumns = [
  'm.conversation_id as m_conversation_id',
  'm.id as m_id',
  'm.seq as m_seq',
  'm.rev as m_rev',
  'm.sender_id as m_sender_id',
  'm.type as m_type',
  'm.content as m_content',
  'm.reply_to as m_reply_to',
  'm.sent_at as m_sent_at',
  'm.edited_at as m_edited_at',
  'm.deleted_at as m_deleted_at',
] as const;

type Row<Columns extends readonly string[], Letter extends string, Table> = {
  readonly [C in Columns[number] as C extends `${string} as ${infer Name}`
    ? Name
    : never]: C extends `${Letter}.${infer Name} as ${string}`
    ? Selectable<Table>[Name & keyof Selectable<Table>]
    : never;
};
export type ConversationRow = Row<typeof conversationColumns, 'c', ConversationsTable>;
export type ParticipantRow = Row<typeof participantColumns, 'p', ParticipantsTable>;
export type OwnRow = ParticipantRow & Row<typeof ownColumns, 'p', ParticipantsTable> & { readonly p_unread: number };
export type MessageRow = Row<typeof messageColumns, 'm', MessagesTable>;

/** Of a membership whose columns begin with this; former members have none. What counts stands in migrations/0003-unread.sql. */
export const unread = (membership: 'p.' | 'line.p_') => {
  const of = (column: keyof ParticipantsTable) => sql.ref(`${membership}${column}`);
  return sql<number>`CASE WHEN ${of('left_rev')} IS NULL
    THEN unread_count(${of('conversation_id')}, ${of('user_id')}, greatest(${of('read_seq')}, ${of('first_seq')} - 1))
    ELSE 0 END`.as('p_unread');
};

/** As one parameter, so that the statement is the same for any number. */
export const anyOf = <Id extends string>(ids: readonly Id[]) => sql<Id>`any(${ids}::uuid[])`;

export const conversationOf = (row: ConversationRow): ConversationState => ({
  id: row.c_id,
  kind: row.c_kind,
  title: row.c_title ?? undefined,
  membersCanInvite: row.c_members_can_invite,
  historyVisible: row.c_history_visible,
  seq: row.c_seq,
  rev: row.c_rev,
  changedRev: row.c_changed_rev,
  memberCount: row.c_member_count,
  createdBy: row.c_created_by,
  createdAt: row.c_created_at,
  deletedAt: row.c_deleted_at ?? undefined,
});

export const participantOf = (row: ParticipantRow): ParticipantState => ({
  conversationId: row.p_conversation_id,
  userId: row.p_user_id,
  role: row.p_role,
  firstSeq: row.p_first_seq,
  rev: row.p_rev,
  joinedRev: row.p_joined_rev,
  leftRev: row.p_left_rev ?? undefined,
  joinedAt: row.p_joined_at,
});

export const membershipOf = (row: OwnRow): OwnMembership => ({
  conversationId: row.p_conversation_id,
  userId: row.p_user_id,
  urev: row.p_urev,
  member: row.p_left_rev === null,
  firstSeq: row.p_first_seq,
  readSeq: row.p_read_seq,
  unread: unreadOf(row.p_unread),
  mutedUntil: row.p_muted_until ?? undefined,
  archived: row.p_archived,
});

const unreadOf = (counted: number): Unread => ({
  count: Math.min(counted, UNREAD_LIMIT),
  more: counted > UNREAD_LIMIT,
});

export const messageOf = (row: MessageRow): MessageState => ({
  conversationId: row.m_conversation_id,
  id: row.m_id,
  seq: row.m_seq,
  rev: row.m_rev,
  senderId: row.m_sender_id,
  type: row.m_type,
  content: contentOf(row.m_type, row.m_content),
  replyTo: row.m_reply_to ?? undefined,
  sentAt: row.m_sent_at,
  editedAt: row.m_edited_at ?? undefined,
  deletedAt: row.m_deleted_at ?? undefined,
});

const contentOf = (type: MessageType, content: string | null): MessageState['content'] => {
  if (content === null) return undefined;
  return type === MessageType.System ? (JSON.parse(content) as SystemNotice) : (content as MessageText); // written below, or by the log
};

/** What the column holds for it. */
export const storedContent = (content: MessageState['content']): string | null => {
  if (content === undefined) return null;
  return typeof content === 'string' ? content : JSON.stringify(content);
};
