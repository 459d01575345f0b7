/** There is no room to keep one more message: too many wait, or the device has no space left. Nothing was kept. */
export class OutboxFull extends Error {
  override readonly name = 'OutboxFull';
}

/** So many entries of one user are kept; who can't send for longer than that must be told. */
export const OUTBOX_ENTRIES = 10_000;

export const tooMany = (): OutboxFull => new OutboxFull(`${OUTBOX_ENTRIES} messages wait to be sent already`);
