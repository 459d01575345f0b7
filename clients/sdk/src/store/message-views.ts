import type { MessageRow } from '../generated/catalogue.ts';
import type { OutboxEntry } from '../outbox/outbox-storage.ts';
import type { MessageView, SendState } from '../views.ts';

/** How a stored message looks. */
export const storedView = (
  row: MessageRow,
  me: string,
  state: SendState,
  wasResent: (id: string) => boolean,
): MessageView => {
  const { id, seq, senderId, type, content, replyTo, sentAt } = row;
  const mine = senderId === me;
  const deleted = row.deletedAt !== undefined;
  return {
    ...{ id, seq, senderId, mine, type, replyTo, deleted },
    text: typeof content === 'string' && !deleted ? content : undefined,
    notice: typeof content === 'object' ? content : undefined,
    sentAt: new Date(sentAt),
    edited: row.editedAt !== undefined,
    state: mine && type !== 'system' ? state : undefined,
    resent: wasResent(id),
    failure: undefined,
  };
};

/** How a message looks that is known only here, or of which only the ack has come. */
export const waitingView = (
  entry: OutboxEntry,
  ack?: Pick<MessageRow, 'seq' | 'sentAt'>,
  resent = false,
): MessageView => {
  const { id, userId, content, replyTo, writtenAt, failure } = entry;
  return {
    ...{ id, seq: ack?.seq, senderId: userId, mine: true, type: 'text', replyTo, deleted: false },
    text: content,
    notice: undefined,
    sentAt: new Date(ack?.sentAt ?? writtenAt),
    edited: false,
    state: ack ? 'sent' : failure ? 'failed' : 'queued',
    ...{ resent, failure },
  };
};

/** Views of rows, each made once as long as it looks the same. */
export const newStoredViews = (me: string, wasResent: (id: string) => boolean) => {
  const made = new WeakMap<MessageRow, MessageView>();
  return (row: MessageRow, state: SendState): MessageView => {
    const known = made.get(row);
    if (known && (known.state === undefined || known.state === state)) return known;
    const view = storedView(row, me, state, wasResent);
    made.set(row, view);
    return view;
  };
};
