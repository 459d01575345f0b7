import type { Surroundings } from './surroundings.ts';

const BASE_MS = 500;
const CAP_MS = 30_000;
/** No server may send a client away for longer. */
const LONGEST_WISH_MS = 300_000;

/** How long to wait before the next try: full jitter under a bound that doubles. */
export const newBackoff = (chance: Pick<Surroundings, 'random'>) => {
  let failures = 0;
  return {
    /** The wait after one more failure, in milliseconds; never below what the server asked for, within reason. */
    next: (atLeastMs = 0): number => {
      const most = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures++, 16));
      return Math.min(Math.max(atLeastMs, 0), LONGEST_WISH_MS) + chance.random() * most;
    },
    /** After a calm time failures count anew. */
    reset: (): void => {
      failures = 0;
    },
  };
};

export type Backoff = ReturnType<typeof newBackoff>;
