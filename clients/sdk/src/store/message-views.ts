import type { MessageRow } from '../generated/catalogue.ts';
import type { OutboxEntry } from '../outbox/outbox-storage.ts';
import type { MessageView, SendState } from '../views.ts';

/** How a stored message looks. */
export const storedView = (row: MessageRow, me: string, state: SendState): MessageView => {
  const mine = row.senderId === me;
  const deleted = row.deletedAt !== undefined;
  return {
    id: row.id,
    seq: row.seq,
    senderId: row.senderId,
    mine,
    type: row.type,
    text: typeof row.content === 'string' && !deleted ? row.content : undefined,
    notice: typeof row.content === 'object' ? row.content : undefined,
    replyTo: row.replyTo,
    sentAt: new Date(row.sentAt),
    edited: row.editedAt !== undefined,
    deleted,
    state: mine && row.type !== 'system' ? state : undefined,
    failure: undefined,
  };
};

/** How a message looks that is known only here, or of which only the ack has come. */
export const waitingView = (
  entry: OutboxEntry,
  ack?: { readonly seq: number; readonly sentAt: string },
): MessageView => ({
  id: entry.id,
  seq: ack?.seq,
  senderId: entry.userId,
  mine: true,
  type: 'text',
  text: entry.content,
  notice: undefined,
  replyTo: entry.replyTo,
  sentAt: new Date(ack?.sentAt ?? entry.writtenAt),
  edited: false,
  deleted: false,
  state: ack ? 'sent' : entry.failure ? 'failed' : 'queued',
  failure: entry.failure,
});

/** Views of rows, each made once as long as it looks the same. */
export class StoredViews {
  readonly #made = new WeakMap<MessageRow, MessageView>();

  constructor(private readonly me: string) {}

  of(row: MessageRow, state: SendState): MessageView {
    const known = this.#made.get(row);
    if (known && (known.state === undefined || known.state === state)) return known;
    const view = storedView(row, this.me, state);
    this.#made.set(row, view);
    return view;
  }
}
