/** What `end` says when a reader is too slow, and when a handler threw. */
export const TOO_SLOW = { code: 4413, reason: 'too slow' } as const;
export const BROKEN = { code: 1011, reason: 'internal error' } as const;
/** How long a close frame may wait for the peer, in milliseconds. */
export const CLOSE_DEADLINE_MS = 2_000;

const MAX_REASON_BYTES = 123;

/** RFC 6455, 7.4: 1004–1006 and 1015 are never sent, 1016–2999 are reserved. */
export const sendableCode = (code: number) =>
  Number.isInteger(code) &&
  ((code >= 1000 && code <= 1014 && !(code >= 1004 && code <= 1006)) || (code >= 3000 && code <= 4999))
    ? code
    : BROKEN.code;

/** At most 123 bytes, cut between code points. */
export const sendableReason = (reason: string) => {
  if (Buffer.byteLength(reason) <= MAX_REASON_BYTES) return reason;
  let bytes = 0;
  let kept = '';
  for (const point of reason) {
    bytes += Buffer.byteLength(point);
    if (bytes > MAX_REASON_BYTES) break;
    kept += point;
  }
  return kept;
};
