import * as v from 'valibot';
import { Refusal, type RefusalDetail, type RefusalKind } from '#app/domain/shared/domain-error.ts';
import { TOO_LARGE } from './primitives.ts';

/** The closed list of codes that a client may see. */
export const errorCodes = [
  'unauthenticated',
  'forbidden',
  'not_found',
  'invalid',
  'conflict',
  'rate_limited',
  'too_large',
  'unavailable',
  'unsupported',
  'internal',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** What a client gets for a refusal, over WebSocket as `error`, over HTTP as problem details. */
export interface WireError {
  readonly code: ErrorCode;
  /** For developers, in English; clients show their own words by `code` and `rule`. */
  readonly message: string;
  /** Which rule said no. */
  readonly rule?: string;
  /** Every bad field. */
  readonly details?: readonly RefusalDetail[];
  readonly retryAfterMs?: number;
}

/** HTTP status of each code. */
export const statusOf: Record<ErrorCode, number> = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  invalid: 400,
  conflict: 409,
  rate_limited: 429,
  too_large: 413,
  unavailable: 503,
  unsupported: 415,
  internal: 500,
};

const kinds: Record<RefusalKind, ErrorCode> = {
  unauthenticated: 'unauthenticated',
  forbidden: 'forbidden',
  not_found: 'not_found',
  invalid: 'invalid',
  conflict: 'conflict',
  rate_limited: 'rate_limited',
  too_large: 'too_large',
  unavailable: 'unavailable',
  unsupported: 'unsupported',
};

/** `undefined` means a fault of ours: report it with its cause, answer only `internal`. */
export const wireErrorOf = (error: unknown): WireError | undefined => {
  if (!(error instanceof Refusal)) return undefined;
  const { kind, message, rule, details, retryAfterMs } = error;
  return {
    code: kinds[kind],
    message,
    rule,
    ...(details && { details }),
    ...(retryAfterMs !== undefined && { retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)) }),
  };
};

export const internal = (correlationId: string): WireError => ({
  code: 'internal',
  message: `something went wrong here; it was noted as ${correlationId}`,
});

/** At most so many bad fields are named at once. */
const MAX_DETAILS = 20;

/** The refusal that a schema's issues amount to. */
export const badInput = (issues: readonly v.BaseIssue<unknown>[]): Refusal => {
  const details: RefusalDetail[] = [];
  for (const issue of issues) {
    const path = (v.getDotPath(issue) ?? '').slice(0, 200);
    const expected = expectationOf(issue);
    // One value may break several rules that ask for the same.
    if (details.some((detail) => detail.path === path && detail.expected === expected)) continue;
    if (details.push({ path, expected }) === MAX_DETAILS) break;
  }
  const tooLarge = issues.every((issue) => issue.message.startsWith(TOO_LARGE));
  return new Refusal(
    tooLarge ? 'too_large' : 'invalid',
    tooLarge ? 'too_large' : 'invalid_input',
    'the input is not valid',
    { details },
  );
};

/** Our schemas say what they expect; valibot's own messages quote the input, which must not travel back. */
const expectationOf = (issue: v.BaseIssue<unknown>): string => {
  if (issue.message.startsWith(TOO_LARGE)) return issue.message.slice(TOO_LARGE.length);
  if (issue.type === 'object' && issue.received === 'undefined') return 'a value; it is required';
  if (issue.message.startsWith('Invalid ')) return (issue.expected ?? 'another value').slice(0, 200);
  return issue.message.slice(0, 200);
};
