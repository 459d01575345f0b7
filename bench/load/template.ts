import { writeDigits } from './bytes.ts';
import { clientFrame } from './frames.ts';

/** What a dialect puts into the text of a request where the figures of one send go. All have the width they will have. */
export const SLOT = {
  /** Counts the sends of one connection, in the request's id. */
  request: '#######',
  /** The time and the count in a message's UUIDv7. */
  idTime: '@@@@@@@@-@@@@',
  idCount: '%%%%%%%%%%%%',
  /** Counts the sends of one connection, in the content. */
  count: '&&&&&&&&',
} as const;

const MARK = '~~';
const CONTENT_BYTES = 64;

/** `~~SSSSSNNNNNNNN …`: who sent it and as their how manieth, 64 bytes in all. */
export function content(sender: number): string {
  return `${MARK}${String(sender).padStart(5, '0')}${SLOT.count} the quick brown fox jumps over the lazy dog`.padEnd(
    CONTENT_BYTES,
    '.',
  );
}
export const contentMark = { text: MARK, sender: { at: 0, width: 5 }, count: { at: 5, width: 8 } } as const;

/** The sender and the count of a content that was sent. */
export function marked(sent: string): readonly [sender: number, count: number] {
  const { text, sender, count } = contentMark;
  const figures = sent.slice(text.length);
  return [Number(figures.slice(0, sender.width)), Number(figures.slice(count.at, count.at + count.width))];
}

/** An id of ten digits: 1, the slot, the count. Constant width keeps every other offset constant. */
export const requestId = (slot: number): string => `1${String(slot).padStart(2, '0')}${SLOT.request}`;

export const messageId = (sender: number): string =>
  `${SLOT.idTime}-7${String(sender % 1000).padStart(3, '0')}-8${String(Math.floor(sender / 1000)).padStart(3, '0')}-${SLOT.idCount}`;

const time = { ms: 0, text: Buffer.alloc(SLOT.idTime.length) };
function idTime(): Buffer {
  const now = Date.now();
  if (now !== time.ms) {
    time.ms = now;
    const hex = now.toString(16).padStart(12, '0');
    time.text.write(`${hex.slice(0, 8)}-${hex.slice(8)}`, 'latin1');
  }
  return time.text;
}

/** One request, encoded once and patched for each send. It may be patched again only after the reply to it came. */
export class Template {
  readonly frame: Buffer;
  readonly #request: number;
  readonly #idTime: number;
  readonly #idCount: number;
  readonly #count: number;

  constructor(text: string) {
    this.frame = clientFrame(text);
    this.#request = this.frame.indexOf(SLOT.request);
    this.#idTime = this.frame.indexOf(SLOT.idTime);
    this.#idCount = this.frame.indexOf(SLOT.idCount);
    this.#count = this.frame.indexOf(SLOT.count);
    if (this.#count === -1) throw new Error('a request must carry its content');
  }

  stamp(count: number): Buffer {
    writeDigits(this.frame, this.#count, SLOT.count.length, count);
    if (this.#request !== -1) writeDigits(this.frame, this.#request, SLOT.request.length, count);
    if (this.#idTime !== -1) {
      idTime().copy(this.frame, this.#idTime);
      writeDigits(this.frame, this.#idCount, SLOT.idCount.length, count);
    }
    return this.frame;
  }
}
