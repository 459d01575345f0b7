import { Lost, Refused } from './failures.ts';

export interface Call {
  readonly type: string;
  readonly input: unknown;
  resolve(data: unknown): void;
  reject(error: Error): void;
}

const MAX_WAITING = 1_000;
/** Kept free for what keeps the connection alive. */
const SPARE = 2;

/** What one connection was asked and has not answered: no more at once than the server bears, the rest in order behind. */
export const newCalls = (send: (frame: string) => void, monotonic: () => number) => {
  const asked = new Map<number, Call & { readonly at: number }>();
  const waiting = new Map<number, Call & { readonly frame: string }>();
  let lastId = 0;
  let atOnce = 1;

  const ask = (id: number, call: Call, frame: string): void => {
    asked.set(id, { ...call, at: monotonic() });
    send(frame);
  };

  return {
    /** What the server bears at once. */
    bear: (limit: number): void => {
      atOnce = Math.max(1, limit - SPARE);
    },
    idle: (): boolean => asked.size + waiting.size === 0,
    /** Since when the server owes an answer, by the monotonic clock; pings aside or not. */
    owed: (pingsToo: boolean): number | undefined => {
      for (const { type, at } of asked.values()) if (pingsToo || type !== 'ping') return at;
      return undefined;
    },
    /** @throws Refused `too_large` when the frame is longer than `maxBytes`, `rate_limited` when too many wait */
    add: (call: Call, maxBytes: number, urgent = false): void => {
      const id = ++lastId;
      const frame = JSON.stringify({ id, type: call.type, data: call.input });
      if (isLonger(frame, maxBytes)) throw new Refused('too_large', `a frame holds ${maxBytes} bytes at most`);
      if (urgent || asked.size < atOnce) return ask(id, call, frame);
      if (waiting.size >= MAX_WAITING) throw new Refused('rate_limited', 'too many calls wait', 'in_flight', [], 1_000);
      waiting.set(id, { ...call, frame });
    },
    /** The call that this id names. It is answered now, and one that waited goes out. */
    take: (id: number): Call | undefined => {
      const call = asked.get(id);
      asked.delete(id);
      for (const [next, { frame, ...rest }] of waiting) {
        if (asked.size >= atOnce) break;
        waiting.delete(next);
        ask(next, rest, frame);
      }
      return call;
    },
    /** There will be no more answers. */
    lose: (): void => {
      const calls = [...asked.values(), ...waiting.values()];
      asked.clear();
      waiting.clear();
      for (const { reject } of calls) reject(new Lost('the connection ended'));
    },
  };
};

/** In UTF-8 a text has at least one byte for each of its units, and at most three. */
const isLonger = (text: string, bytes: number): boolean =>
  text.length > bytes || (text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes);
