import type { ServerEvent } from '../protocol.ts';
import type { Refused } from './failures.ts';
import { count, isRecord } from './guards.ts';
import { refusedWith } from './refusals.ts';
import { eventShapes } from './shapes.ts';

/** What came, as far as it makes sense. */
export type Frame =
  | { readonly kind: 'answer'; readonly id: number; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: Refused }
  | { readonly kind: 'event'; readonly event: ServerEvent }
  /** Nothing to do with us: of a later version, or about a frame that nobody could read. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'malformed' };

/** In UTF-16 units, each a byte at least. */
const MAX_LENGTH = 1_048_576;
const MAX_DEPTH = 64;
const MAX_TYPE = 64;

const foreign: Frame = { kind: 'foreign' };
const malformed: Frame = { kind: 'malformed' };

export const frameOf = (data: unknown): Frame => {
  if (typeof data !== 'string' || data.length > MAX_LENGTH) return malformed;
  const frame = parsed(data);
  if (!isRecord(frame) || !isPlain(frame, MAX_DEPTH)) return malformed;
  return 'id' in frame ? replyIn(frame) : eventIn(frame);
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Neither deeper than that, nor with a key that could reach a prototype where somebody merges objects. */
const isPlain = (value: unknown, depth: number): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((part) => isPlain(part, depth - 1));
  return Object.entries(value).every(
    ([key, part]) => key !== '__proto__' && key !== 'constructor' && key !== 'prototype' && isPlain(part, depth - 1),
  );
};

const replyIn = ({ id, ok, data, error }: Readonly<Record<string, unknown>>): Frame => {
  if (id === null || typeof id === 'string') return foreign;
  if (!count(id)) return malformed;
  if (ok === true && isRecord(data)) return { kind: 'answer', id, data };
  if (ok === false && isRecord(error)) return { kind: 'refusal', id, error: refusedWith(error) };
  return malformed;
};

const eventIn = ({ type, data }: Readonly<Record<string, unknown>>): Frame => {
  if (typeof type !== 'string' || type === '' || type.length > MAX_TYPE || !isRecord(data)) return malformed;
  const event = isKnown(type) ? { type, data } : standIn(data);
  if (!event) return foreign;
  if (!eventShapes[event.type](event.data)) return malformed;
  return { kind: 'event', event: event as ServerEvent }; // its shape was looked at
};

const isKnown = (type: string): type is ServerEvent['type'] => Object.hasOwn(eventShapes, type);

/** An event of an unknown type is skipped, but its counter counts: as a repair without rows. */
const standIn = ({ conversationId, rev, urev }: Readonly<Record<string, unknown>>) => {
  if (count(rev) && rev > 0)
    return { type: 'conversation.changes', data: { conversationId, from: rev - 1, upTo: rev, rows: [] } } as const;
  if (count(urev) && urev > 0) return { type: 'user.changes', data: { from: urev - 1, upTo: urev, rows: [] } } as const;
  return undefined;
};
