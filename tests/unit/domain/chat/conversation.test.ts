import { describe, expect, it } from 'vitest';
import { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import { Rev, Seq } from '#app/domain/shared/counters.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { aCandidate, aConversation, aParticipant, stamp } from '../../../support/chat-objects.ts';
import { throwsRefusal } from '../../../support/refusals.ts';

const owner = aParticipant('owner');

describe('Conversation.update', () => {
  it('gives another title under the rev of the change and leaves the rest', () => {
    const before = aConversation({ createdBy: owner.state.userId });
    const title = ConversationTitle('Another');
    const after = before.update(owner, { title }, stamp.rev);
    expect(after?.state).toEqual({ ...before.state, title, changedRev: stamp.rev });
    expect(before.state.title).toBe('A circle');
  });

  it('changes nothing when nothing differs, whoever asks', () => {
    const same = { title: ConversationTitle('A circle'), membersCanInvite: false, historyVisible: true };
    expect(aConversation().update(aParticipant('member'), same, stamp.rev)).toBeUndefined();
    expect(aConversation().update(owner, {}, stamp.rev)).toBeUndefined();
  });
});

describe('Conversation.add', () => {
  it('makes members who see everything from the start, at the rev of the change', () => {
    const [added] = aConversation().add(owner, [aCandidate()], 10, stamp);
    expect(added?.state).toMatchObject({
      role: 'member',
      firstSeq: 1,
      rev: stamp.rev,
      joinedRev: stamp.rev,
      leftRev: undefined,
      joinedAt: stamp.at,
    });
  });

  it('shows them nothing from before where the history is hidden: first comes the entry that tells of them', () => {
    const [added] = aConversation({ historyVisible: false }).add(owner, [aCandidate()], 10, stamp);
    expect([added?.sees(Seq(9)), added?.sees(stamp.seq)]).toEqual([false, true]);
  });

  it('passes over who is a member, and takes back who was one', () => {
    const member = aParticipant();
    const former = aParticipant('admin', { leftRev: Rev(15) });
    const added = aConversation().add(
      owner,
      [aCandidate({ participant: member }), aCandidate({ participant: former })],
      10,
      stamp,
    );
    expect(added.map(({ state }) => [state.userId, state.role])).toEqual([[former.state.userId, 'member']]);
  });

  it('adds all or none: a block in one pair refuses the command', () => {
    throwsRefusal(
      () => aConversation().add(owner, [aCandidate(), aCandidate({ blocked: true })], 10, stamp),
      'forbidden',
      'blocked',
    );
  });

  it('fills the group to its last place, not beyond', () => {
    const [one, two] = [aCandidate(), aCandidate()];
    expect(aConversation({ memberCount: 8 }).add(owner, [one, two], 10, stamp)).toHaveLength(2);
    throwsRefusal(
      () => aConversation({ memberCount: 9 }).add(owner, [one, two], 10, stamp),
      'too_large',
      'members_per_group',
    );
    // who is in already takes no further place
    const inside = aCandidate({ participant: aParticipant() });
    expect(aConversation({ memberCount: 9 }).add(owner, [one, inside], 10, stamp)).toHaveLength(1);
  });
});

describe('Conversation.remove and leave', () => {
  it('end a membership at the rev of the change', () => {
    const removed = aConversation().remove(owner, aParticipant(), stamp.rev);
    expect([removed.active, removed.state.leftRev, removed.state.rev]).toEqual([false, stamp.rev, stamp.rev]);
    const left = aConversation().leave(aParticipant(), 1, stamp.rev);
    expect([left.active, left.state.leftRev]).toEqual([false, stamp.rev]);
  });

  it('tell a stranger and a former member apart from nobody', () => {
    throwsRefusal(() => aConversation().remove(owner, undefined, stamp.rev), 'not_found', 'member_not_found');
    throwsRefusal(
      () => aConversation().remove(owner, aParticipant('member', { leftRev: Rev(3) }), stamp.rev),
      'not_found',
      'member_not_found',
    );
  });

  it('send who removes themselves to `leave`', () => {
    throwsRefusal(() => aConversation().remove(owner, owner, stamp.rev), 'invalid', 'remove_self');
  });

  it.each([
    ['the only owner of three', 'owner', 1, 3, false],
    ['one of two owners', 'owner', 2, 3, true],
    ['the only owner, alone in it', 'owner', 1, 1, true],
    ['an admin', 'admin', 1, 3, true],
    ['a member', 'member', 1, 3, true],
  ] as const)('%s may leave: (%s, owners: %i, members: %i) %s', (_who, role, owners, memberCount, may) => {
    const leave = () => aConversation({ memberCount }).leave(aParticipant(role), owners, stamp.rev);
    if (may) expect(leave().active).toBe(false);
    else throwsRefusal(leave, 'conflict', 'last_owner');
  });
});

describe('Conversation.changeRole', () => {
  it('gives another role at the rev of the change, or says that it was that already', () => {
    const admin = aConversation().changeRole(owner, aParticipant(), 'admin', 1, stamp.rev);
    expect(admin?.state).toMatchObject({ role: 'admin', rev: stamp.rev, joinedRev: 1 });
    expect(aConversation().changeRole(owner, aParticipant('admin'), 'admin', 1, stamp.rev)).toBeUndefined();
  });

  it('keeps the last owner one', () => {
    throwsRefusal(() => aConversation().changeRole(owner, owner, 'admin', 1, stamp.rev), 'conflict', 'last_owner');
    expect(aConversation().changeRole(owner, owner, 'admin', 2, stamp.rev)?.state.role).toBe('admin');
  });

  it('knows members only', () => {
    throwsRefusal(() => aConversation().changeRole(owner, undefined, 'admin', 1, stamp.rev), 'not_found');
    const former = aParticipant('member', { leftRev: Rev(3) });
    throwsRefusal(() => aConversation().changeRole(owner, former, 'admin', 1, stamp.rev), 'not_found');
  });
});

describe('Conversation.delete', () => {
  it('leaves a tombstone', () => {
    const before = aConversation();
    expect(before.delete(owner, stamp).state).toEqual({
      ...before.state,
      deletedAt: stamp.at,
      changedRev: stamp.rev,
    });
  });
});

describe('a private conversation', () => {
  const pair = aConversation({ kind: 'private', memberCount: 2 });
  const one = aParticipant('owner');

  it.each([
    ['no title', () => pair.update(one, { title: ConversationTitle('Us') }, stamp.rev)],
    ['no third one', () => pair.add(one, [aCandidate()], 10, stamp)],
    ['nobody to remove', () => pair.remove(one, aParticipant(), stamp.rev)],
    ['no roles', () => pair.changeRole(one, aParticipant(), 'admin', 2, stamp.rev)],
    ['no end', () => pair.delete(one, stamp)],
  ])('has %s', (_what, attempt) => throwsRefusal(attempt, 'conflict', 'private_is_fixed'));

  it('is never left', () => throwsRefusal(() => pair.leave(one, 2, stamp.rev), 'conflict', 'private_is_never_left'));
});

describe('ConversationTitle', () => {
  it.each([
    ['one character', 'x'],
    ['128 code points', '𝒜'.repeat(128)],
    ['Arabic', 'مجلس الثلاثاء'],
    ['an emoji of several code points', '👩‍👩‍👧'],
    ['space around, kept', ' a '],
  ])('takes %s', (_what, title) => expect(ConversationTitle(title)).toBe(title));

  it.each([
    ['nothing', ''],
    ['only space', ' \u00a0\u3000'],
    ['only what can’t be seen', '\u200b\u200d\ufeff'],
    ['129 code points', '𝒜'.repeat(129)],
    ['a megabyte', 'a'.repeat(1_048_576)],
    ['two lines', 'a\nb'],
    ['U+0000', 'a\u0000b'],
    ['a bidirectional override', 'a\u202eb'],
    ['an isolate', 'a\u2066b'],
    ['a lone surrogate', 'a\ud800'],
  ])('refuses %s', (_what, title) => expect(() => ConversationTitle(title)).toThrow(Refusal));
});
