import { describe, expect, it } from 'vitest';
import { Participant } from '#app/domain/chat/participant.ts';
import { Rev, Seq } from '#app/domain/shared/counters.ts';
import { aParticipant, aUserId, circle } from '../../../support/chat-objects.ts';

describe('Participant', () => {
  it('begins with the rev of the change that made it', () => {
    const joined = Participant.join({
      ...{ conversationId: circle, userId: aUserId(), role: 'member' },
      ...{ firstSeq: Seq(3), rev: Rev(8), joinedAt: new Date(5) },
    });
    expect([joined.active, joined.state.joinedRev]).toEqual([true, 8]);
  });

  it.each([
    [4, false],
    [5, true],
    [6, true],
  ])('who sees from 5 on sees %i: %s', (seq, sees) =>
    expect(aParticipant('member', { firstSeq: Seq(5) }).sees(Seq(seq))).toBe(sees),
  );

  it('sees nothing once it has left, keeps what it was, and changes no older self', () => {
    const member = aParticipant('admin');
    const left = member.leave(Rev(9));
    expect([left.active, left.sees(Seq(1)), left.state.role, left.state.rev]).toEqual([false, false, 'admin', 9]);
    expect([member.active, member.as('owner', Rev(10)).state.role, member.state.role]).toEqual([
      true,
      'owner',
      'admin',
    ]);
  });
});
