import { invalid, Refusal } from '#app/domain/shared/domain-error.ts';
import type { Reader } from './fields.ts';
import type { Match } from './router.ts';

/** JSON within the limits of depth, keys and forbidden names; `malformed` says what would have been right. */
export type DecodeJson = (bytes: Uint8Array) => { readonly value: unknown } | { readonly malformed: string };

type Fields = Record<string, unknown>;

const MAX_PARAMETERS = 200;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The input that a request amounts to: what the path names, and the rest from the body or the query.
 * @throws Refusal `invalid` when they contradict each other or can't be read
 */
export const inputOf = ({ route, values }: Match, query: string, body: Uint8Array, decodeJson: DecodeJson): Fields => {
  if (route.hasBody && query !== '') throw invalid('', 'a body and no query parameters');
  if (!route.hasBody && body.length > 0) throw invalid('', `query parameters and no body with ${route.method}`);
  const rest = route.hasBody ? fromBody(body, decodeJson) : fromQuery(query, route.readers);
  return merged(rest, fromPath(route.inPath, values, route.readers));
};

const fromBody = (body: Uint8Array, decodeJson: DecodeJson): Fields => {
  if (body.length === 0) return {};
  const decoded = decodeJson(body);
  if ('malformed' in decoded) throw invalid('', decoded.malformed);
  const { value } = decoded;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('', 'an object');
  return value as Fields;
};

const fromQuery = (query: string, readers: ReadonlyMap<string, Reader>): Fields => {
  const fields: Fields = {};
  if (query === '') return fields;
  const parts = query.split('&', MAX_PARAMETERS + 1);
  if (parts.length > MAX_PARAMETERS) throw invalid('', `at most ${MAX_PARAMETERS} parameters`);
  for (const part of parts) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const name = decoded(at < 0 ? part : part.slice(0, at));
    if (FORBIDDEN.has(name)) throw invalid('', 'other names of parameters');
    if (Object.hasOwn(fields, name)) throw invalid(readers.has(name) ? name : '', 'each parameter once');
    fields[name] = read(readers, name, decoded(at < 0 ? '' : part.slice(at + 1)));
  }
  return fields;
};

const fromPath = (names: readonly string[], values: readonly string[], readers: ReadonlyMap<string, Reader>): Fields =>
  Object.fromEntries(names.map((name, at) => [name, read(readers, name, percentDecoded(values[at] ?? ''))]));

const merged = (rest: Fields, path: Fields): Fields => {
  for (const [name, value] of Object.entries(path))
    if (Object.hasOwn(rest, name) && rest[name] !== value) throw invalid(name, 'what the path says, or nothing');
  return { ...rest, ...path };
};

const read = (readers: ReadonlyMap<string, Reader>, name: string, text: string): unknown =>
  (readers.get(name) ?? String)(text);

const decoded = (text: string): string => percentDecoded(text.replaceAll('+', ' '));

/** Half an escape or ill-formed UTF-8 is refused, not guessed at. */
const percentDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) throw invalid('', 'well-formed percent-encoding of UTF-8');
    throw error;
  }
};

/**
 * Whether a body of this kind is read at all: JSON, not compressed. A browser's form can't send that without a preflight.
 * @throws Refusal `unsupported`
 */
export const demandJson = (headers: ReadonlyMap<string, string>, bytes: number): void => {
  const encoding = headers.get('content-encoding') ?? '';
  if (encoding !== '' && encoding !== 'identity')
    throw new Refusal('unsupported', 'content_encoding', 'send the body without a content encoding');
  const type = headers.get('content-type') ?? '';
  if (bytes === 0 && type === '') return;
  if (!/^application\/json *(; *charset="?utf-8"?)?$/i.test(type))
    throw new Refusal('unsupported', 'content_type', 'send application/json in UTF-8');
};
