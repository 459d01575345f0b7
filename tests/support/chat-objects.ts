import { v7 } from 'uuid';
import { type Candidate, Conversation, type ConversationState } from '#app/domain/chat/conversation.ts';
import { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import { Message, type MessageState } from '#app/domain/chat/message.ts';
import { MessageText } from '#app/domain/chat/message-content.ts';
import { Participant, type ParticipantState, type Role } from '#app/domain/chat/participant.ts';
import type { Stamp } from '#app/domain/chat/stamp.ts';
import { Rev, Seq } from '#app/domain/shared/counters.ts';
import { ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';

// Entities as a repository would restore them; a test names only what matters to it.

export const circle = ConversationId('0193e4a0-5b7c-7d2e-8f10-3c4b5a697887');
export const aUserId = () => UserId(v7());

export const aConversation = (state: Partial<ConversationState> = {}): Conversation =>
  Conversation.restore({
    id: circle,
    kind: 'group',
    title: state.kind === 'private' ? undefined : ConversationTitle('A circle'),
    seq: Seq(9),
    rev: Rev(20),
    changedRev: Rev(1),
    memberCount: 3,
    membersCanInvite: false,
    historyVisible: true,
    createdBy: aUserId(),
    createdAt: new Date(0),
    deletedAt: undefined,
    ...state,
  });

export const aParticipant = (role: Role = 'member', state: Partial<ParticipantState> = {}): Participant =>
  Participant.restore({
    conversationId: circle,
    userId: aUserId(),
    role,
    firstSeq: Seq(1),
    rev: Rev(1),
    joinedRev: Rev(1),
    leftRev: undefined,
    joinedAt: new Date(0),
    ...state,
  });

export const aMessage = (by: Participant, state: Partial<MessageState> = {}): Message =>
  Message.restore({
    conversationId: circle,
    id: MessageId(v7()),
    seq: Seq(5),
    rev: Rev(7),
    senderId: by.state.userId,
    type: 'text',
    content: MessageText('hello'),
    replyTo: undefined,
    sentAt: new Date(1_000),
    editedAt: undefined,
    deletedAt: undefined,
    ...state,
  });

export const aCandidate = (candidate: Partial<Candidate> = {}): Candidate => ({
  userId: candidate.participant?.state.userId ?? aUserId(),
  blocked: false,
  participant: undefined,
  ...candidate,
});

/** What the next change gets. */
export const stamp: Stamp = { rev: Rev(21), seq: Seq(10), at: new Date(2_000) };
