import type { Rev, Urev } from '../shared/counters.ts';
import type { ConnectionId, ConversationId, UserId } from '../shared/ids.ts';
import type { ConversationState } from './conversation.ts';
import type { OwnMembership, Receipt } from './membership.ts';
import type { MessageState } from './message.ts';
import type { ParticipantState } from './participant.ts';

/** One change of a conversation: it took `rev`, and these are the rows that it touched, as they are after it. */
export interface ConversationChange<Type extends string> {
  readonly type: Type;
  readonly conversationId: ConversationId;
  readonly rev: Rev;
  readonly at: Date;
  readonly actorId: UserId;
  /** The connection that asked for it; its socket gets the reply and not the event. */
  readonly origin?: ConnectionId | undefined;
}

interface WithMessage {
  readonly message: MessageState;
}
interface WithMembers extends WithMessage {
  readonly members: readonly ParticipantState[];
}
interface WithConversation {
  readonly conversation: ConversationState;
}

export type MessageSent = ConversationChange<'message.sent'> & WithMessage;
export type MessageEdited = ConversationChange<'message.edited'> & WithMessage;
export type MessageDeleted = ConversationChange<'message.deleted'> & WithMessage;
export type MembersAdded = ConversationChange<'members.added'> & WithMembers;
export type MemberRemoved = ConversationChange<'member.removed'> & WithMembers;
export type MemberLeft = ConversationChange<'member.left'> & WithMembers;
export type MemberRoleChanged = ConversationChange<'member.role_changed'> & WithMembers;
export type ConversationCreated = ConversationChange<'conversation.created'> &
  WithConversation & { readonly members: readonly ParticipantState[]; readonly message?: MessageState };
export type ConversationUpdated = ConversationChange<'conversation.updated'> &
  WithConversation & { readonly message?: MessageState };
export type ConversationDeleted = ConversationChange<'conversation.deleted'> &
  WithConversation & { readonly members: readonly ParticipantState[] };

/** All that takes a `rev`. */
export type ConversationEvent =
  | MessageSent
  | MessageEdited
  | MessageDeleted
  | MembersAdded
  | MemberRemoved
  | MemberLeft
  | MemberRoleChanged
  | ConversationCreated
  | ConversationUpdated
  | ConversationDeleted;

/** One change of what only a user sees: it took `urev`. */
interface UserChange<Type extends string> {
  readonly type: Type;
  readonly userId: UserId;
  readonly urev: Urev;
  readonly origin?: ConnectionId | undefined;
}
/** `rev` is the conversation's change that did it. */
export type MembershipJoined = UserChange<'membership.joined'> & {
  readonly membership: OwnMembership;
  readonly rev: Rev;
};
export type MembershipLeft = UserChange<'membership.left'> & { readonly membership: OwnMembership; readonly rev: Rev };
/** Read cursor, mute, archive. */
export type MembershipChanged = UserChange<'membership.changed'> & { readonly membership: OwnMembership };
export type BlockChanged = UserChange<'block.changed'> & { readonly blockedId: UserId; readonly blocked: boolean };
export type ProfileChanged = UserChange<'profile.changed'> & {
  readonly handle: string | undefined;
  readonly displayName: string;
};

/** All that takes a `urev`. */
export type UserEvent = MembershipJoined | MembershipLeft | MembershipChanged | BlockChanged | ProfileChanged;

/** A member received or read further; ephemeral, takes no rev. */
export type ReceiptChanged = {
  readonly type: 'message.delivered' | 'message.read';
  readonly origin?: ConnectionId | undefined;
} & Receipt;

export type ChatEvent = ConversationEvent | UserEvent | ReceiptChanged;
