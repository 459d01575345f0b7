import { type ErrorCode, Refused } from './failures.ts';
import { count, isRecord, text } from './guards.ts';

const codes: ReadonlySet<string> = new Set<ErrorCode>([
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
]);
const isCode = (value: unknown): value is ErrorCode => typeof value === 'string' && codes.has(value);

const rule = text(64);
const sentence = text(1_000);
const MAX_DETAILS = 100;
/** Longer waits are nobody's wish. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** What the server says of a "no", as far as it makes sense. A code that nobody knows is a fault of the server. */
export const refusedWith = (
  error: Readonly<Record<string, unknown>>,
  otherwise: ErrorCode = 'internal',
  retryAfterMs: unknown = error['retryAfterMs'],
): Refused =>
  new Refused(
    isCode(error['code']) ? error['code'] : otherwise,
    said(error['message'] ?? error['detail']),
    rule(error['rule']) ? error['rule'] : undefined,
    detailsIn(error['details'] ?? error['errors']),
    count(retryAfterMs) ? Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) : undefined,
  );

const said = (value: unknown): string => (sentence(value) ? value : 'the server said no');

const detailsIn = (value: unknown): Refused['details'] =>
  (Array.isArray(value) ? value.slice(0, MAX_DETAILS) : []).flatMap((one: unknown) => {
    const { path, expected } = isRecord(one) ? one : {};
    return sentence(path) && sentence(expected) ? [{ path, expected }] : [];
  });
