import type { HttpResponse } from '#app/application/ports/transport.ts';
import { statusOf, type WireError } from '../protocol/errors.ts';

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Where HTTP has a status of its own for what our codes only approximate. */
export interface ProblemExtras {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal as problem details (RFC 9457). */
export const problem = (error: WireError, requestId: string, extras: ProblemExtras = {}): HttpResponse => {
  const { code, message, rule, details, retryAfterMs } = error;
  const status = extras.status ?? statusOf[code];
  return {
    status,
    headers: {
      ...extras.headers,
      'content-type': 'application/problem+json',
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }),
    },
    body: JSON.stringify({
      type: `urn:tertulia:problem:${code}`,
      title: titles[status],
      status,
      code,
      ...(rule !== undefined && { rule }),
      detail: message,
      errors: details ?? [],
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      requestId,
    }),
  };
};
