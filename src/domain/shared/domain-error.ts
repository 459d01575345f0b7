/** What a refusal means to whoever asked; the wire words for it stand in interfaces/protocol/errors.ts. */
export type RefusalKind =
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'invalid'
  | 'conflict'
  | 'rate_limited'
  | 'too_large'
  | 'unavailable'
  | 'unsupported';

export interface RefusalDetail {
  /** Where in the input, dotted: `members.3`. Empty for the whole. */
  readonly path: string;
  /** What would have been right, in words for a client author. */
  readonly expected: string;
}

/**
 * A refusal: the request was understood and the answer is no. Everything else that is thrown is a fault of ours.
 * `rule` is a stable slug that names which rule said no; `message` is shown to clients, so it quotes no content.
 */
export class Refusal extends Error {
  readonly details: readonly RefusalDetail[] | undefined;
  /** When trying again makes sense, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly kind: RefusalKind,
    readonly rule: string,
    message: string,
    more: { details?: readonly RefusalDetail[]; retryAfterMs?: number } = {},
  ) {
    super(message);
    this.name = 'Refusal';
    this.details = more.details;
    this.retryAfterMs = more.retryAfterMs;
  }
}

/** Bad input at one place. */
export const invalid = (path: string, expected: string, rule = 'invalid_input') =>
  new Refusal('invalid', rule, `${path === '' ? 'the input' : path} is not valid`, { details: [{ path, expected }] });

/** The same words for what is absent and for what the asker may not see. */
export const notFound = (what: string) => new Refusal('not_found', `${what}_not_found`, `no such ${what}`);

export const unavailable = (rule: string, retryAfterMs = 1_000) =>
  new Refusal('unavailable', rule, 'not possible right now; try again', { retryAfterMs });
