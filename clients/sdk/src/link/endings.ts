import type { Refused } from './failures.ts';
import type { Stop } from './link.ts';

/** How a connection ended. */
export interface Ending {
  /** As the socket closed; 1006 when it was not closed but lost. */
  readonly code: number;
  /** The answer to `auth`, when that was no. */
  readonly refusal?: Refused;
}

/** What follows from it. */
export type Verdict =
  | { readonly kind: 'come_back'; readonly afterMs: number }
  | { readonly kind: 'renew' }
  | { readonly kind: 'stop'; readonly reason: Stop['reason'] };

const LOST = 1006;
/** For whom the server found too fast and told no time. */
const SLOWER_MS = 5_000;

const verdicts: Readonly<Record<number, Verdict>> = {
  4410: { kind: 'renew' },
  4429: { kind: 'come_back', afterMs: SLOWER_MS },
  4501: { kind: 'renew' },
  4502: { kind: 'stop', reason: 'revoked' },
  4503: { kind: 'stop', reason: 'too_many_connections' },
  4504: { kind: 'stop', reason: 'unsupported' },
};

export const verdictOf = ({ code, refusal }: Ending): Verdict => {
  const told = verdicts[code];
  if (told?.kind === 'come_back' && refusal?.retryAfterMs !== undefined)
    return { kind: 'come_back', afterMs: refusal.retryAfterMs };
  if (told) return told;
  if (code >= 4500 && code <= 4999) return { kind: 'stop', reason: 'refused' };
  if (refusal?.code === 'unauthenticated') return { kind: 'renew' };
  return { kind: 'come_back', afterMs: refusal?.retryAfterMs ?? 0 };
};

/** The connection broke, as far as anybody can tell. */
export const lost: Ending = { code: LOST };
