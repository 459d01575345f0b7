/** The closed list of error codes; docs/protocol.md says what each means. */
export type ErrorCode =
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'invalid'
  | 'conflict'
  | 'rate_limited'
  | 'too_large'
  | 'unavailable'
  | 'unsupported'
  | 'internal';

/** The server said no. Decide by `code` and, where you care, `rule`; `message` is English, for developers. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly rule?: string,
    /** Every bad field. */
    readonly details: readonly { readonly path: string; readonly expected: string }[] = [],
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** There was no answer: nothing is known of what was asked. */
export class Lost extends Error {
  override readonly name = 'Lost';
}
