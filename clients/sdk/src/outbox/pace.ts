import type { Link } from '../link/link.ts';
import type { Machine } from '../questions.ts';

/** Of the user's bucket: other devices send from it, too. */
const SHARE = 4;

/**
 * Whether sends may go out before earlier ones are answered. A refusal for speed lets the next send pass if the server's
 * bucket has just got another token, and then the order would be lost. So a quarter of that bucket is counted here, which
 * never holds more than the bucket itself; while it is empty, each send of a conversation waits for the one before it.
 */
export const newPace = (link: Pick<Link, 'welcome'>, { monotonic }: Pick<Machine, 'monotonic'>) => {
  let [tokens, at] = [Infinity, 0];
  const left = (): number => {
    const { sendBurst = 0, sendsPerMinute = 0 } = link.welcome?.limits ?? {};
    const now = monotonic();
    tokens = Math.min(tokens + ((now - at) / 60_000) * (sendsPerMinute / SHARE), sendBurst / SHARE);
    at = now;
    return tokens;
  };
  return {
    sent: (): void => {
      tokens = Math.max(0, left() - 1);
    },
    allowsPipelining: (): boolean => left() >= 1,
  };
};
