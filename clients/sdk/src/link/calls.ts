import { Lost, Refused } from './failures.ts';

export interface Call {
  readonly type: string;
  readonly input: unknown;
  resolve(data: unknown): void;
  reject(error: Error): void;
}

interface Outgoing {
  readonly call: Call;
  readonly frame: string;
  readonly id: number;
}

const MAX_WAITING = 1_000;
/** Kept free for what keeps the connection alive. */
const SPARE = 2;

/** What one connection was asked and has not answered: no more at once than the server bears, the rest in order behind. */
export class Calls {
  readonly #asked = new Map<number, Call & { readonly at: number }>();
  readonly #waiting: Outgoing[] = [];
  #lastId = 0;
  #atOnce = 1;

  constructor(
    private readonly send: (frame: string) => void,
    private readonly monotonic: () => number,
  ) {}

  /** What the server bears at once. */
  set inFlight(limit: number) {
    this.#atOnce = Math.max(1, limit - SPARE);
  }

  get idle(): boolean {
    return this.#asked.size === 0 && this.#waiting.length === 0;
  }

  /** Since when the server owes an answer, by the monotonic clock. */
  get oldest(): number | undefined {
    return this.#asked.values().next().value?.at;
  }

  /** The same, but for pings. */
  get owed(): number | undefined {
    for (const { type, at } of this.#asked.values()) if (type !== 'ping') return at;
    return undefined;
  }

  /** @throws Refused `too_large` when the frame is longer than `maxBytes`, `rate_limited` when too many wait */
  add(call: Call, maxBytes: number, urgent = false): void {
    const id = ++this.#lastId;
    const frame = JSON.stringify({ id, type: call.type, data: call.input });
    if (isLonger(frame, maxBytes)) throw new Refused('too_large', `a frame holds ${maxBytes} bytes at most`);
    if (urgent || this.#asked.size < this.#atOnce) return this.#ask({ call, frame, id });
    if (this.#waiting.length >= MAX_WAITING)
      throw new Refused('rate_limited', 'too many calls wait for their turn', 'in_flight', [], 1_000);
    this.#waiting.push({ call, frame, id });
  }

  /** The call that this id names. It is answered now, and one that waited goes out. */
  take(id: number): Call | undefined {
    const call = this.#asked.get(id);
    this.#asked.delete(id);
    while (this.#asked.size < this.#atOnce && this.#waiting.length > 0) this.#ask(this.#waiting.shift()!); // it is not empty
    return call;
  }

  /** There will be no more answers. */
  lose(): void {
    const calls = [...this.#asked.values(), ...this.#waiting.map(({ call }) => call)];
    this.#asked.clear();
    this.#waiting.length = 0;
    for (const { reject } of calls) reject(new Lost('the connection ended before the answer'));
  }

  #ask({ call, frame, id }: Outgoing): void {
    this.#asked.set(id, { ...call, at: this.monotonic() });
    this.send(frame);
  }
}

/** In UTF-8 a text has at least one byte for each of its units, and at most three. */
const isLonger = (text: string, bytes: number): boolean =>
  text.length > bytes || (text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes);
