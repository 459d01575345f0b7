import type { Machine } from '../questions.ts';

/** One after another goes faster only while the server's bucket is surely full: who is refused for speed could be overtaken. */
const BURST = 48;
const WITHIN_MS = 4_000;

/**
 * Whether sends may go out before earlier ones are answered. A refusal for speed lets the next send pass if the bucket has
 * just got another token, and then the order would be lost: so beyond a burst, far below any bucket, each send of a
 * conversation waits for the one before it.
 */
export const newPace = ({ monotonic }: Pick<Machine, 'monotonic'>) => {
  const sentAt: number[] = [];
  return {
    sent: (): void => {
      sentAt.push(monotonic());
      if (sentAt.length > BURST) sentAt.shift();
    },
    allowsPipelining: (): boolean => sentAt.length < BURST || monotonic() - sentAt[0]! >= WITHIN_MS, // it has some
  };
};
