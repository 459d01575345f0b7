import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { admit, type SeenUnderLock } from '#app/domain/chat/admission.ts';
import { MessageText } from '#app/domain/chat/message-content.ts';
import type { MessageDraft } from '#app/domain/chat/message.ts';
import { Rev, Seq } from '#app/domain/shared/counters.ts';
import { MessageId } from '#app/domain/shared/ids.ts';
import { aMessage, aParticipant, circle } from '../../../support/chat-objects.ts';

const sender = aParticipant();
const former = aParticipant('member', { userId: sender.state.userId, leftRev: Rev(9) });
const late = aParticipant('member', { userId: sender.state.userId, firstSeq: Seq(6) });
const mine = aMessage(sender);
const anothers = aMessage(aParticipant());
const same = (message = mine) => ({ message, sameContent: true });
const other = (message = mine) => ({ message, sameContent: false });

const draft: MessageDraft = {
  ...{ conversationId: circle, id: MessageId(v7()), senderId: sender.state.userId },
  ...{ type: 'text', content: MessageText('hello'), replyTo: undefined },
};
const nothing: SeenUnderLock = { sender, holder: undefined, answered: undefined, blocked: false };
const answering = { ...draft, replyTo: Seq(5) };
const gone = aMessage(sender, { content: undefined, deletedAt: new Date(1) });

/** Every combination that decides something: what stands there, and what the log says. */
const table: readonly (readonly [string, MessageDraft, Partial<SeenUnderLock>, string])[] = [
  ['a member, a new id', draft, {}, 'append'],
  ['a stranger, or no such conversation', draft, { sender: undefined }, 'not_found conversation_not_found'],
  ['a former member', draft, { sender: former }, 'not_found conversation_not_found'],
  ['the same again', draft, { holder: same() }, 'duplicate'],
  ['the same again after the message was deleted', draft, { holder: same(gone) }, 'duplicate'],
  ['the same again after a removal', draft, { sender: former, holder: same() }, 'duplicate'],
  ['the same again after a block', draft, { holder: same(), blocked: true }, 'duplicate'],
  ['the same again, answering what was deleted since', answering, { holder: same(), answered: gone }, 'duplicate'],
  ['the id with other words', draft, { holder: other() }, 'conflict message_id_taken'],
  ['another’s id with the same words', draft, { holder: same(anothers) }, 'conflict message_id_taken'],
  ['another’s id with other words', draft, { holder: other(anothers) }, 'conflict message_id_taken'],
  [
    'a stranger who guesses an id',
    draft,
    { sender: undefined, holder: other(anothers) },
    'not_found conversation_not_found',
  ],
  [
    'a stranger who guesses id and words',
    draft,
    { sender: undefined, holder: same(anothers) },
    'not_found conversation_not_found',
  ],
  ['a former member with a taken id', draft, { sender: former, holder: other() }, 'not_found conversation_not_found'],
  ['a block', draft, { blocked: true }, 'forbidden blocked'],
  ['a block, from outside', draft, { sender: undefined, blocked: true }, 'not_found conversation_not_found'],
  ['a block and a taken id', draft, { holder: other(), blocked: true }, 'conflict message_id_taken'],
  ['an answer', answering, { answered: mine }, 'append'],
  ['an answer to nothing', answering, {}, 'invalid reply_to_unknown'],
  ['an answer to a tombstone', answering, { answered: gone }, 'invalid reply_to_unknown'],
  ['an answer to what was before their time', answering, { sender: late, answered: mine }, 'invalid reply_to_unknown'],
  ['an answer to nothing, under a block', answering, { blocked: true }, 'forbidden blocked'],
];

describe('admit', () => {
  it.each(table)('%s', (_what, asked, seen, verdict) => {
    const admission = admit(asked, { ...nothing, ...seen });
    const said =
      admission.verdict === 'refuse' ? `${admission.refusal.kind} ${admission.refusal.rule}` : admission.verdict;
    expect(said).toBe(verdict);
  });

  it('names the field that a bad answer is in', () => {
    expect(admit(answering, nothing)).toMatchObject({ refusal: { details: [{ path: 'replyTo' }] } });
  });
});
