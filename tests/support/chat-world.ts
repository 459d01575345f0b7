import { v7 } from 'uuid';
import { MemoryChat } from '#app/infrastructure/memory/memory-chat.ts';
import type { Acquaintances } from '#app/application/ports/acquaintances.ts';
import type { ConversationReader } from '#app/application/ports/conversation-reader.ts';
import type { Changed, Conversations } from '#app/application/ports/conversations.ts';
import type { Feed } from '#app/application/ports/feed.ts';
import type { MessageLog } from '#app/application/ports/message-log.ts';
import type { Blocks, OwnState } from '#app/application/ports/own-state.ts';
import type { Policies } from '#app/domain/chat/conversation.ts';
import { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import { Message, type MessageDraft } from '#app/domain/chat/message.ts';
import { MessageText, MessageType } from '#app/domain/chat/message-content.ts';
import type { Participant, Role } from '#app/domain/chat/participant.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import { notFound } from '#app/domain/shared/domain-error.ts';
import { ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';

/** One store of the chat behind its ports, and the things that only a test does to it. */
export interface ChatWorld {
  readonly log: MessageLog;
  readonly conversations: Conversations;
  readonly reader: ConversationReader;
  readonly ownState: OwnState;
  readonly blocks: Blocks;
  readonly feed: Feed;
  readonly acquaintances: Acquaintances;
  aUser(): Promise<UserId>;
  /** As an administrator does. */
  disable(id: UserId): Promise<void>;
  /** Holds a conversation's lock as a slow writer would; ends by calling what it resolves to. */
  hold(id: ConversationId): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export interface WorldBounds {
  readonly queueLimit?: number;
  /** Sends in one round trip, where there are any. */
  readonly batchLimit?: number;
  /** Who waits longer for a conversation that somebody holds is refused. */
  readonly patienceMs?: number;
}

/** Longer than a busy machine stands still: for tests that are not about who waits too long. */
export const PATIENT_MS = 15_000;

export const aMemoryWorld = async ({
  queueLimit = 10_000,
  patienceMs = PATIENT_MS,
}: WorldBounds = {}): Promise<ChatWorld> => {
  const chat = new MemoryChat({ clock: new SystemClock(), queueLimit, lockTimeoutMs: patienceMs });
  const { log, conversations, reader, ownState, blocks, feed, acquaintances } = chat;
  return {
    ...{ log, conversations, reader, ownState, blocks, feed, acquaintances },
    aUser: async () => {
      const id = UserId(v7());
      chat.addUser(id);
      return id;
    },
    disable: async (id) => chat.addUser(id, { disabled: true }),
    hold: async (id) => {
      const release = await chat.hold(id);
      return async () => release();
    },
    close: () => log.close(),
  };
};

export const aMessageId = () => MessageId(v7());
export const aConversationId = () => ConversationId(v7());

export const aDraft = (
  draft: Pick<MessageDraft, 'conversationId' | 'senderId'> & { id?: MessageId; text?: string; replyTo?: number },
) =>
  Message.draft({
    conversationId: draft.conversationId,
    senderId: draft.senderId,
    id: draft.id ?? aMessageId(),
    type: MessageType.Text,
    content: MessageText(draft.text ?? 'hello'),
    replyTo: draft.replyTo as Seq | undefined,
  });

export const aGroup = async (
  world: ChatWorld,
  creatorId: UserId,
  users: readonly UserId[] = [],
  policies: Partial<Policies> = {},
): Promise<ConversationId> => {
  const { id } = await world.conversations.createGroup({
    id: aConversationId(),
    title: ConversationTitle('A circle'),
    policies: { membersCanInvite: false, historyVisible: true, ...policies },
    creatorId,
    users,
    noticeId: aMessageId(),
  });
  return id;
};

export const aPrivate = async (world: ChatWorld, one: UserId, other: UserId): Promise<ConversationId> =>
  (await world.conversations.openPrivate(aConversationId(), one, other)).id;

const MEMBERS_PER_GROUP = 10_000;

/** What members do to a conversation, as the use cases decide it. */
export class Acts {
  constructor(private readonly conversations: Conversations) {}

  edit(id: ConversationId, actorId: UserId, messageId: MessageId, text: string): Promise<Changed | undefined> {
    return this.conversations.change(id, { actorId, messageId }, ({ message, actor, stamp }) => {
      const edited = existing(message).edit(actor, MessageText(text), stamp);
      return edited && { event: 'message.edited', message: edited };
    });
  }

  delete(id: ConversationId, actorId: UserId, messageId: MessageId): Promise<Changed | undefined> {
    return this.conversations.change(id, { actorId, messageId }, ({ message, actor, stamp }) => {
      const deleted = existing(message).delete(actor, stamp);
      return deleted && { event: 'message.deleted', message: deleted };
    });
  }

  add(id: ConversationId, actorId: UserId, users: readonly UserId[]): Promise<Changed | undefined> {
    return this.conversations.change(id, { actorId, users }, ({ conversation, actor, candidates, stamp }) => {
      const members = conversation.add(actor, [...candidates.values()], MEMBERS_PER_GROUP, stamp);
      if (members.length === 0) return undefined;
      const notice = { event: 'members.added', users: members.map(({ state }) => state.userId) } as const;
      return { event: 'members.added', members, message: Message.notice(actor, aMessageId(), notice, stamp) };
    });
  }

  remove(id: ConversationId, actorId: UserId, user: UserId): Promise<Changed | undefined> {
    return this.conversations.change(id, { actorId, users: [user] }, ({ conversation, actor, candidates, stamp }) => {
      const member = conversation.remove(actor, candidates.get(user)?.participant, stamp.rev);
      const message = Message.notice(actor, aMessageId(), { event: 'member.removed', user }, stamp);
      return { event: 'member.removed', members: [member], message };
    });
  }

  leave(id: ConversationId, actorId: UserId): Promise<Changed | undefined> {
    return this.conversations.change(id, { actorId }, ({ conversation, actor, owners, stamp }) => {
      const member: Participant = conversation.leave(actor, owners, stamp.rev);
      const message = Message.notice(actor, aMessageId(), { event: 'member.left', user: actorId }, stamp);
      return { event: 'member.left', members: [member], message };
    });
  }

  changeRole(id: ConversationId, actorId: UserId, user: UserId, role: Role): Promise<Changed | undefined> {
    return this.conversations.change(id, { actorId, users: [user] }, (locked) => {
      const { conversation, actor, candidates, owners, stamp } = locked;
      const member = conversation.changeRole(actor, candidates.get(user)?.participant, role, owners, stamp.rev);
      if (!member) return undefined;
      const message = Message.notice(actor, aMessageId(), { event: 'member.role_changed', user, role }, stamp);
      return { event: 'member.role_changed', members: [member], message };
    });
  }

  update(
    id: ConversationId,
    actorId: UserId,
    change: { title?: string } & Partial<Policies>,
  ): Promise<Changed | undefined> {
    const title = change.title === undefined ? undefined : ConversationTitle(change.title);
    return this.conversations.change(id, { actorId }, ({ conversation, actor, stamp }) => {
      const updated = conversation.update(actor, { ...change, title }, stamp.rev);
      return updated && { event: 'conversation.updated', conversation: updated };
    });
  }

  deleteConversation(id: ConversationId, actorId: UserId): Promise<Changed | undefined> {
    return this.conversations.change(id, { actorId }, ({ conversation, actor, stamp }) => ({
      event: 'conversation.deleted',
      conversation: conversation.delete(actor, stamp),
    }));
  }
}

const existing = (message: Message | undefined): Message => {
  if (!message) throw notFound('message');
  return message;
};
