import type { MessageView } from '@tertulia/client';

/** Messages of one sender within this time stand together. */
const RUN_MS = 5 * 60_000;

/** A message and how it stands among its neighbours. */
export interface Row {
  readonly message: MessageView;
  /** The first of its day. */
  readonly day: boolean;
  /** The first that was new when the chat was opened. */
  readonly unread: boolean;
  /** The first and the last of a run by one sender. */
  readonly first: boolean;
  readonly last: boolean;
}

/** @param unreadFrom the `seq` from which messages of others were new when the chat was opened */
export const rowsOf = (messages: readonly MessageView[], unreadFrom: number | undefined): readonly Row[] => {
  const divider = dividerOf(messages, unreadFrom);
  const breaks = messages.map((message, i) => {
    const before = messages[i - 1];
    return before === undefined || message === divider || !standTogether(before, message);
  });
  return messages.map((message, i) => {
    const before = messages[i - 1];
    return {
      message,
      day: before === undefined || !sameDay(before.sentAt, message.sentAt),
      unread: message === divider,
      first: breaks[i] ?? true,
      last: breaks[i + 1] ?? true,
    };
  });
};

const dividerOf = (messages: readonly MessageView[], from: number | undefined): MessageView | undefined =>
  from === undefined
    ? undefined
    : messages.find(({ seq, mine, type }) => seq !== undefined && seq >= from && !mine && type !== 'system');

const standTogether = (a: MessageView, b: MessageView): boolean =>
  a.senderId === b.senderId &&
  a.type !== 'system' &&
  b.type !== 'system' &&
  Math.abs(b.sentAt.getTime() - a.sentAt.getTime()) < RUN_MS &&
  sameDay(a.sentAt, b.sentAt);

const sameDay = (a: Date, b: Date): boolean =>
  a.getDate() === b.getDate() && a.getMonth() === b.getMonth() && a.getFullYear() === b.getFullYear();

/** What is loaded has no holes, so that a place can be reckoned. */
export const indexOfSeq = (messages: readonly MessageView[], seq: number): number => {
  const lowest = messages[0]?.seq;
  if (lowest === undefined) return -1;
  const index = seq - lowest;
  return messages[index]?.seq === seq ? index : -1;
};
