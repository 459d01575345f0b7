import { notFound, Refusal } from '../shared/domain-error.ts';
import type { Message, MessageDraft } from './message.ts';
import type { Participant } from './participant.ts';

/** What stands in the log when a send arrives, seen under the conversation's lock. */
export interface SeenUnderLock {
  /** The sender's membership, past ones included; undefined for one who never was a member or when there is no such conversation. */
  readonly sender: Participant | undefined;
  /** The message that holds the draft's id in this conversation, with the content that was first sent. */
  readonly holder: { readonly message: Message; readonly sameContent: boolean } | undefined;
  /** What `replyTo` names. */
  readonly answered: Message | undefined;
  readonly blocked: boolean;
}

export type Admission =
  | { readonly verdict: 'append' }
  | { readonly verdict: 'duplicate' }
  | { readonly verdict: 'refuse'; readonly refusal: Refusal };

/** What every log answers for a send it can't take; one list, so that SQL and its twin say the same. */
export const sendRefusals = {
  noSuchConversation: () => notFound('conversation'),
  idTaken: () => new Refusal('conflict', 'message_id_taken', 'another message has this id'),
  blocked: () => new Refusal('forbidden', 'blocked', 'one of you has blocked the other'),
  answeredIsGone: () =>
    new Refusal('invalid', 'reply_to_unknown', 'replyTo is not valid', {
      details: [{ path: 'replyTo', expected: 'the seq of an undeleted message of this conversation that you can see' }],
    }),
} as const;

/**
 * The rule of the log. A resend is recognised before membership is looked at: what had committed keeps its ack although
 * its sender was removed since. Membership comes before the id, so that a stranger learns nothing by guessing ids.
 */
export const admit = (draft: MessageDraft, seen: SeenUnderLock): Admission => {
  const { sender, holder, answered, blocked } = seen;
  if (holder?.sameContent && holder.message.state.senderId === draft.senderId) return { verdict: 'duplicate' };
  if (!sender?.active) return refuse(sendRefusals.noSuchConversation());
  if (holder) return refuse(sendRefusals.idTaken());
  if (blocked) return refuse(sendRefusals.blocked());
  if (draft.replyTo !== undefined && (!answered || answered.state.deletedAt || !sender.sees(draft.replyTo)))
    return refuse(sendRefusals.answeredIsGone());
  return { verdict: 'append' };
};

const refuse = (refusal: Refusal): Admission => ({ verdict: 'refuse', refusal });
