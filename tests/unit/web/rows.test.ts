import type { MessageView } from '@tertulia/client';
import { describe, expect, it } from 'vitest';
import { indexOfSeq, rowsOf } from '../../../clients/web/src/chat/rows.ts';

const NOON = new Date(2026, 10, 21, 12).getTime();
const MINUTE = 60_000;

/** By Ann, at noon, unless said otherwise. */
const message = (seq: number | undefined, other: Partial<MessageView> = {}): MessageView => ({
  id: `m${seq ?? 'waiting'}`,
  seq,
  senderId: 'ann',
  mine: false,
  type: 'text',
  text: 'hello',
  notice: undefined,
  replyTo: undefined,
  sentAt: new Date(NOON),
  edited: false,
  deleted: false,
  state: undefined,
  resent: false,
  failure: undefined,
  ...other,
});
const at = (minutes: number) => new Date(NOON + minutes * MINUTE);
const runs = (messages: readonly MessageView[], unreadFrom?: number) =>
  rowsOf(messages, unreadFrom).map(({ first, last }) => `${first ? '[' : ''}${last ? ']' : ''}`);

describe('runs', () => {
  it('hold what one sender wrote within five minutes', () => {
    expect(runs([message(1), message(2, { sentAt: at(4) }), message(3, { sentAt: at(10) })])).toEqual(['[', ']', '[]']);
  });

  it('end with another sender, a system entry, a new day and the divider', () => {
    expect(runs([message(1), message(2, { senderId: 'ben' })])).toEqual(['[]', '[]']);
    expect(runs([message(1), message(2, { type: 'system' }), message(3)])).toEqual(['[]', '[]', '[]']);
    const late = new Date(2026, 10, 21, 23, 59);
    expect(runs([message(1, { sentAt: late }), message(2, { sentAt: new Date(2026, 10, 22, 0, 1) })])).toEqual([
      '[]',
      '[]',
    ]);
    expect(runs([message(1), message(2)], 2)).toEqual(['[]', '[]']);
  });
});

describe('days', () => {
  it('begin with their first message, by the calendar of the device', () => {
    const sentAt = new Date(2026, 10, 22, 0, 1);
    expect(rowsOf([message(1), message(2), message(3, { sentAt })], undefined).map(({ day }) => day)).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('the divider', () => {
  const dividers = (messages: readonly MessageView[], from: number | undefined) =>
    rowsOf(messages, from).flatMap(({ unread, message: { seq } }) => (unread ? [seq] : []));

  it('stands before the first message of others that was new', () => {
    expect(
      dividers([message(1), message(2, { mine: true }), message(3, { type: 'system' }), message(4), message(5)], 2),
    ).toEqual([4]);
  });

  it('stands nowhere when nothing was', () => {
    expect(dividers([message(1), message(2)], undefined)).toEqual([]);
    expect(dividers([message(1), message(2, { mine: true }), message(undefined, { mine: true })], 2)).toEqual([]);
  });
});

describe('the place of a message', () => {
  const window = [message(7), message(8), message(9), message(undefined)];
  it.each([
    [7, 0],
    [9, 2],
    [6, -1],
    [10, -1],
  ])('of seq %i is %i', (seq, index) => {
    expect(indexOfSeq(window, seq)).toBe(index);
  });
  it('is nowhere while only what waits is there', () => {
    expect(indexOfSeq([message(undefined)], 1)).toBe(-1);
    expect(indexOfSeq([], 1)).toBe(-1);
  });
});
