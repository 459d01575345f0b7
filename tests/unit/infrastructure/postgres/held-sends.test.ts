import { describe, expect, it } from 'vitest';
import { ConversationId } from '#app/domain/shared/ids.ts';
import { HeldSends } from '#app/infrastructure/postgres/held-sends.ts';

const X = ConversationId('018f0000-0000-7000-8000-00000000000a');
const Y = ConversationId('018f0000-0000-7000-8000-00000000000b');
const send = (conversationId: ConversationId, id: string) => ({ draft: { conversationId, id } });
const idsOf = (sends: readonly ReturnType<typeof send>[]) => sends.map(({ draft: { id } }) => id).join('');

describe('sends to conversations that others hold', () => {
  it('leave in order of arrival, and none twice at once', () => {
    const held = new HeldSends<ReturnType<typeof send>>();
    for (const id of 'abcad') held.add(send(X, id));
    for (const id of 'abb') held.add(send(Y, id));
    const first = held.takeTogether(100);
    expect(idsOf(first)).toBe('abcab'); // those of one conversation after those of the other
    held.landed(first, true);
    expect(idsOf(held.takeTogether(100))).toBe('adb');
  });

  it('go before those that came meanwhile when they come back', () => {
    const held = new HeldSends<ReturnType<typeof send>>();
    for (const id of 'ab') held.add(send(X, id));
    const taken = held.takeTogether(100);
    expect(held.join(send(X, 'c'))).toBe(true);
    for (const each of taken) held.add(each);
    held.landed(taken, true);
    expect(idsOf(held.takeTogether(100))).toBe('abc');
  });

  it('wait alone for a lock that was found kept, until somebody gets it, though others gave up meanwhile', () => {
    const held = new HeldSends<ReturnType<typeof send>>();
    held.add(send(X, 'a'));
    for (let taken = held.takeTogether(100); taken.length > 0; taken = held.takeTogether(100)) {
      for (const each of taken) held.add(each);
      held.landed(taken, true);
    }
    const late = held.takeAlone(100);
    for (const id of 'bc') held.join(send(X, id));
    held.landed(late, false);
    expect(held.takeTogether(100)).toEqual([]);
    const stored = held.takeAlone(1);
    held.landed(stored, true);
    expect([late, stored, held.takeTogether(100)].map(idsOf)).toEqual(['a', 'b', 'c']);
  });
});
