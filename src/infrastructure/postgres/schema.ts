import type { ColumnType, Generated } from 'kysely';
import type { ConversationKind } from '#app/domain/chat/conversation.ts';
import type { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import type { MessageType } from '#app/domain/chat/message-content.ts';
import type { Role } from '#app/domain/chat/participant.ts';
import type { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import type { ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';
import type { IdentityTables } from './identity-schema.ts';

/** Written once, with a default of the database. */
type Once<T> = ColumnType<T, T | undefined, never>;

export interface UsersTable {
  id: UserId;
  handle: string | null;
  display_name: string;
  urev: Generated<Urev>;
  profile_urev: Generated<Urev>;
  created_at: Once<Date>;
  disabled_at: Date | null;
  last_seen_visible: Generated<boolean>;
}

export interface ConversationsTable {
  id: ConversationId;
  kind: ConversationKind;
  title: ConversationTitle | null;
  created_by: UserId;
  members_can_invite: Generated<boolean>;
  history_visible: Generated<boolean>;
  seq: Generated<Seq>;
  rev: Generated<Rev>;
  changed_rev: Generated<Rev>;
  send_blocked: Generated<boolean>;
  member_count: Generated<number>;
  created_at: Once<Date>;
  active_at: Generated<Date>;
  deleted_at: Date | null;
}

export interface ParticipantsTable {
  conversation_id: ConversationId;
  user_id: UserId;
  kind: ConversationKind;
  slot: 1 | 2 | null;
  role: Role;
  first_seq: Generated<Seq>;
  read_seq: Generated<Seq>;
  delivered_seq: Generated<Seq>;
  rev: Rev;
  joined_rev: Rev;
  left_rev: Rev | null;
  urev: Generated<Urev>;
  muted_until: Date | null;
  archived: Generated<boolean>;
  joined_at: Generated<Date>;
}

export interface PrivatePairsTable {
  low: UserId;
  high: UserId;
  conversation_id: ConversationId;
}

export interface BlocksTable {
  user_id: UserId;
  blocked_id: UserId;
  urev: Urev;
  lifted: Generated<boolean>;
  since: Generated<Date>;
}

export interface MessagesTable {
  conversation_id: ConversationId;
  seq: Seq;
  id: MessageId;
  rev: Rev;
  sent_rev: ColumnType<Rev, Rev, never>;
  sender_id: ColumnType<UserId, UserId, never>;
  type: ColumnType<MessageType, MessageType, never>;
  content: string | null;
  content_hash: ColumnType<Buffer, Buffer, never>;
  reply_to: ColumnType<Seq | null, Seq | null, never>;
  sent_at: ColumnType<Date, Date, never>;
  edited_at: Date | null;
  deleted_at: Date | null;
}

export interface LastSeenTable {
  user_id: UserId;
  at: Date;
}

export interface NodesTable {
  incarnation: string;
  beat_at: Date;
}

export interface ChatTables {
  users: UsersTable;
  conversations: ConversationsTable;
  participants: ParticipantsTable;
  private_pairs: PrivatePairsTable;
  blocks: BlocksTable;
  messages: MessagesTable;
  nodes: NodesTable;
  last_seen: LastSeenTable;
}

export interface Database extends ChatTables, IdentityTables {}
