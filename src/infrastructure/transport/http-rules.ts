import { STATUS_CODES } from 'node:http';
import type { HttpResponse } from '#app/application/ports/transport.ts';

export const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Request line and headers together, in bytes; uWebSockets has it built in. */
export const MAX_HEADER_BYTES = 4_096;
export const MAX_HEADER_COUNT = 100;

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const LENGTH = /^\d{1,15}$/;
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
const OWN_HEADERS: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'date']);

/** An answer of the transport itself, in the shape of RFC 9457. */
export const refusal = (status: number, headers: Readonly<Record<string, string>> = {}): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status }),
});

export const methodNotAllowed = () => refusal(405, { allow: [...METHODS].join(', ') });

/** Adds a header line to what came before it. */
export const addHeader = (headers: Map<string, string>, name: string, value: string) => {
  const earlier = headers.get(name);
  headers.set(name, earlier === undefined ? value : earlier + (name === 'cookie' ? '; ' : ', ') + value);
};

/** What two readers of one request could take differently is refused; of repeated headers the joined value is judged. */
export const refusalOfRequest = (method: string, path: string, headers: ReadonlyMap<string, string>) => {
  if (!METHODS.has(method)) return methodNotAllowed();
  const length = headers.get('content-length');
  const coding = headers.get('transfer-encoding');
  const ambiguous =
    !path.startsWith('/') ||
    (length !== undefined && (coding !== undefined || !LENGTH.test(length))) ||
    (coding !== undefined && coding.toLowerCase() !== 'chunked') ||
    (headers.get('host')?.includes(',') ?? false);
  return ambiguous ? refusal(400) : undefined;
};

const lists = (header: string | undefined, token: string) =>
  header?.split(',').some((part) => part.trim().toLowerCase() === token) ?? false;

export const asksForWebSocket = (headers: ReadonlyMap<string, string>) =>
  headers.get('upgrade')?.toLowerCase() === 'websocket';

export const refusalOfHandshake = (method: string, headers: ReadonlyMap<string, string>) => {
  if (method !== 'GET') return refusal(405, { allow: 'GET' });
  if (headers.get('sec-websocket-version') !== '13') return refusal(426, { 'sec-websocket-version': '13' });
  const good = lists(headers.get('connection'), 'upgrade') && KEY.test(headers.get('sec-websocket-key') ?? '');
  return good ? undefined : refusal(400);
};

/** What may go out, with the transport's own headers left out. @throws RangeError on what would break the response apart. */
export const checkedResponse = ({ status, headers = {}, body = '' }: HttpResponse) => {
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`no such HTTP status: ${status}`);
  const lines: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value))
      throw new RangeError(`the header "${name}" cannot be sent`);
    if (!OWN_HEADERS.has(name.toLowerCase())) lines.push([name, value]);
  }
  return { status, lines, body };
};

export const statusLine = (status: number) => `${status} ${STATUS_CODES[status] ?? 'Unknown'}`;

/** HEAD is told the length of what GET would bring; 204 and 304 have neither body nor length. */
export const isBodyless = (status: number) => status === 204 || status === 304;
