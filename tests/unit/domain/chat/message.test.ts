import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { Message } from '#app/domain/chat/message.ts';
import { MAX_TEXT, MessageText, type MessageType } from '#app/domain/chat/message-content.ts';
import { Rev, Seq } from '#app/domain/shared/counters.ts';
import { MessageId } from '#app/domain/shared/ids.ts';
import { aMessage, aParticipant, aUserId, circle, stamp } from '../../../support/chat-objects.ts';
import { throwsRefusal } from '../../../support/refusals.ts';

describe('MessageText', () => {
  it.each([
    ['1 code point', 'x'],
    ['5,000 code points', 'x'.repeat(MAX_TEXT)],
    ['5,000 code points of two units', '😀'.repeat(MAX_TEXT)],
    ['5,000 with one of two units at the end', `${'x'.repeat(MAX_TEXT - 1)}😀`],
    ['space around, tabs and line ends', '\n  hello\t\n'],
    ['decomposed letters', 'Ame\u0301lie'],
    ['right to left, with an override', '\u202eabc'],
    ['markup', '<script>alert(1)</script>'],
    ['private use and unassigned characters', '\ue000\u{10fffd}'],
  ])('keeps %s as sent', (_what, text) => expect(MessageText(text)).toBe(text));

  it.each([
    ['0 code points', '', 'invalid', 'text_empty'],
    ['only space', ' \n\t\u00a0\u2003\u3000', 'invalid', 'text_empty'],
    ['only what can’t be seen', '\u200b\u200d\u2060\ufeff\u00ad', 'invalid', 'text_empty'],
    ['only controls', '\u0001\u001b\u007f', 'invalid', 'text_empty'],
    ['5,001 code points', 'x'.repeat(MAX_TEXT + 1), 'too_large', 'text_too_long'],
    ['5,001 code points of two units', '😀'.repeat(MAX_TEXT + 1), 'too_large', 'text_too_long'],
    ['5,001 spaces: too long comes first', ' '.repeat(MAX_TEXT + 1), 'too_large', 'text_too_long'],
    ['U+0000', 'a\u0000b', 'invalid', 'text_ill_formed'],
    ['a lone high surrogate', 'a\ud83d', 'invalid', 'text_ill_formed'],
    ['a lone low surrogate', '\ude00a', 'invalid', 'text_ill_formed'],
  ] as const)('refuses %s', (_what, text, kind, rule) => throwsRefusal(() => MessageText(text), kind, rule));

  it('counts a text of many megabytes no further than it must', () => {
    const msFor = (text: string) => {
      const started = performance.now();
      throwsRefusal(() => MessageText(text), 'too_large');
      return performance.now() - started;
    };
    // Other work on the machine slows down some of them, never all.
    const leastMsFor = (text: string) => Math.min(...Array.from({ length: 20 }, () => msFor(text)));
    const hundredth = '😀'.repeat(40_000);
    expect(leastMsFor(hundredth.repeat(100))).toBeLessThan(10 * leastMsFor(hundredth));
  });
});

describe('Message.draft', () => {
  const draft = (type: MessageType) => ({
    conversationId: circle,
    id: MessageId(v7()),
    senderId: aUserId(),
    type,
    content: MessageText('hello'),
    replyTo: undefined,
  });

  it('is text, for now', () => {
    expect(Message.draft(draft('text'))).toMatchObject({ type: 'text', content: 'hello' });
    throwsRefusal(() => Message.draft(draft('image')), 'unsupported', 'no_files_yet');
    throwsRefusal(() => Message.draft(draft('file')), 'unsupported', 'no_files_yet');
  });

  it('is never an entry of the server', () =>
    throwsRefusal(() => Message.draft(draft('system')), 'forbidden', 'system_entries_are_the_servers'));
});

describe('Message.notice', () => {
  it('is a system entry at the place of the change', () => {
    const by = aParticipant('owner');
    const content = { event: 'member.left', user: by.state.userId } as const;
    expect(Message.notice(by, MessageId(v7()), content, stamp).state).toMatchObject({
      type: 'system',
      content,
      seq: stamp.seq,
      rev: stamp.rev,
      sentAt: stamp.at,
      senderId: by.state.userId,
    });
  });
});

describe('Message.edit', () => {
  const author = aParticipant();

  it('gives other words under the next rev; place, sender and time stay', () => {
    const before = aMessage(author);
    const edited = before.edit(author, MessageText('other'), stamp);
    expect(edited?.state).toEqual({ ...before.state, content: 'other', editedAt: stamp.at, rev: stamp.rev });
    expect(before.state.content).toBe('hello');
  });

  it('changes nothing when the words are the same', () =>
    expect(aMessage(author).edit(author, MessageText('hello'), stamp)).toBeUndefined());

  it.each([
    [
      'another member',
      () => aMessage(author).edit(aParticipant(), MessageText('x'), stamp),
      'forbidden',
      'only_authors_edit',
    ],
    [
      'the owner',
      () => aMessage(author).edit(aParticipant('owner'), MessageText('x'), stamp),
      'forbidden',
      'only_authors_edit',
    ],
    [
      'the author of an entry of the server',
      () =>
        aMessage(author, { type: 'system', content: { event: 'conversation.created' } }).edit(
          author,
          MessageText('x'),
          stamp,
        ),
      'forbidden',
      'only_text_is_edited',
    ],
    [
      'the author of a tombstone',
      () => aMessage(author, { content: undefined, deletedAt: new Date(1) }).edit(author, MessageText('x'), stamp),
      'conflict',
      'message_deleted',
    ],
    [
      'the author who knows another state',
      () => aMessage(author, { rev: Rev(7) }).edit(author, MessageText('x'), stamp, Rev(6)),
      'conflict',
      'stale_rev',
    ],
  ] as const)('is refused to %s', (_who, attempt, kind, rule) => throwsRefusal(attempt, kind, rule));

  it('is allowed to the author who knows the present state', () =>
    expect(aMessage(author, { rev: Rev(7) }).edit(author, MessageText('x'), stamp, Rev(7))).toBeDefined());
});

describe('Message.delete', () => {
  const author = aParticipant();

  it('leaves a tombstone without words under the next rev', () => {
    const before = aMessage(author);
    expect(before.delete(author, stamp)?.state).toEqual({
      ...before.state,
      content: undefined,
      deletedAt: stamp.at,
      rev: stamp.rev,
    });
  });

  it('of a tombstone changes nothing', () =>
    expect(aMessage(author, { content: undefined, deletedAt: new Date(1) }).delete(author, stamp)).toBeUndefined());
});

describe('a message from before one’s time', () => {
  const late = aParticipant('owner', { firstSeq: Seq(6) });
  const past = aMessage(late, { seq: Seq(5) });

  it.each([
    ['edit', () => past.edit(late, MessageText('x'), stamp)],
    ['delete', () => past.delete(late, stamp)],
  ])('does not exist for %s', (_what, attempt) => throwsRefusal(attempt, 'not_found', 'message_not_found'));

  it('and none exists for a former member', () => {
    const former = aParticipant('owner', { leftRev: Rev(8) });
    throwsRefusal(() => aMessage(former).delete(former, stamp), 'not_found', 'message_not_found');
  });
});
