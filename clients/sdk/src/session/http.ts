import { type ErrorCode, Lost, type Refused } from '../link/failures.ts';
import { isRecord } from '../link/guards.ts';
import { refusedWith } from '../link/refusals.ts';
import { httpUrl } from '../link/urls.ts';

export interface HttpParts {
  /** Where the server is: an http(s) or ws(s) origin. */
  readonly url: string;
  /** In each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the platform's. */
  readonly fetch?: typeof fetch;
}

export interface Answer {
  readonly body: Readonly<Record<string, unknown>>;
  /** The server's clock, epoch milliseconds; undefined where it can't be read. */
  readonly serverTime: number | undefined;
}

const DEADLINE_MS = 30_000;
const MAX_BYTES = 1_048_576;

/**
 * Calls a command over HTTP.
 * @throws Refused as the server answered; Lost when there was no answer, or none of such a server
 */
export const post = async (parts: HttpParts, path: string, input: object, token?: string): Promise<Answer> => {
  const response = await sent(parts, path, input, token);
  const body = asRecord(await text(response));
  if (!response.ok) throw refusalIn(response, body);
  if (!body) throw new Lost('the answer is not that of such a server');
  const date = Date.parse(response.headers.get('date') ?? '');
  return { body, serverTime: Number.isNaN(date) ? undefined : date };
};

const sent = async (
  { url, headers, fetch = globalThis.fetch }: HttpParts,
  path: string,
  input: object,
  token: string | undefined,
): Promise<Response> => {
  try {
    return await fetch(httpUrl(url, path), {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(input),
      // what is secret goes to this server or nowhere
      redirect: 'error',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (error) {
    throw new Lost('the server could not be reached', { cause: error });
  }
};

/** No more of it than any answer has. */
const text = async (response: Response): Promise<string> => {
  const decoder = new TextDecoder();
  let read = '';
  try {
    for (const reader = response.body?.getReader(); reader; ) {
      const { done, value } = await reader.read();
      if (done) break;
      read += decoder.decode(value, { stream: true });
      if (read.length > MAX_BYTES) {
        await reader.cancel();
        break;
      }
    }
  } catch (error) {
    throw new Lost('the answer broke off', { cause: error });
  }
  return read;
};

const asRecord = (read: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const body: unknown = JSON.parse(read);
    return isRecord(body) ? body : undefined;
  } catch {
    return undefined;
  }
};

/** What stands between us and the server answers by status alone. */
const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'too_large',
  415: 'unsupported',
  429: 'rate_limited',
  500: 'internal',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

const refusalIn = ({ status, headers }: Response, problem: Readonly<Record<string, unknown>> | undefined): Refused => {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const code = codes[status] ?? (status < 500 ? 'invalid' : 'internal');
  return refusedWith(problem ?? {}, code, problem?.['retryAfterMs'] ?? Math.round(seconds * 1_000));
};
