import { misshapen } from './shape.ts';

/** Ill-formed UTF-8 throws; a byte order mark stays in the text, where JSON has no place for it. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type Parsed = { readonly value: unknown } | { readonly malformed: string };

/** Strict JSON of sound shape, for frames and HTTP bodies alike. Never throws; the reason quotes nothing. */
export const decodeJson = (bytes: Uint8Array): Parsed => {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    return { malformed: 'not JSON in UTF-8' };
  }
  const wrong = misshapen(value);
  return wrong === undefined ? { value } : { malformed: wrong };
};

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same, where only an object makes sense. */
export const decodeJsonObject = (
  bytes: Uint8Array,
): { readonly value: Record<string, unknown> } | { readonly malformed: string } => {
  const parsed = decodeJson(bytes);
  if ('malformed' in parsed) return parsed;
  return isObject(parsed.value) ? { value: parsed.value } : { malformed: 'not an object' };
};
