import type { ServerEvent } from '../protocol.ts';
import type { Refused } from './failures.ts';
import { count, isRecord } from './guards.ts';
import { refusedWith } from './refusals.ts';
import { eventShapes } from './shapes.ts';

/** Whom a frame may concern. What has nothing to do with us, being of a later version or about a frame that nobody could read, is passed over. */
export interface Hearer {
  answer(id: number, data: Readonly<Record<string, unknown>>): void;
  refusal(id: number, error: Refused): void;
  event(event: ServerEvent): void;
  malformed(): void;
}

/** In UTF-16 units, each a byte at least. */
const MAX_LENGTH = 1_048_576;
const MAX_DEPTH = 64;
const MAX_TYPE = 64;

/** Reads what came over the wire, and tells whom it concerns, at most once. */
export const readFrame = (data: unknown, hearer: Hearer): void => {
  const frame = typeof data === 'string' && data.length <= MAX_LENGTH ? parsed(data) : undefined;
  if (!isRecord(frame) || !isPlain(frame, MAX_DEPTH)) hearer.malformed();
  else if ('id' in frame) readReply(frame, hearer);
  else readEvent(frame, hearer);
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

const readReply = ({ id, ok, data, error }: Readonly<Record<string, unknown>>, hearer: Hearer): void => {
  if (id === null || typeof id === 'string') return;
  if (count(id) && ok === true && isRecord(data)) hearer.answer(id, data);
  else if (count(id) && ok === false && isRecord(error)) hearer.refusal(id, refusedWith(error));
  else hearer.malformed();
};

const readEvent = ({ type, data }: Readonly<Record<string, unknown>>, hearer: Hearer): void => {
  if (typeof type !== 'string' || type === '' || type.length > MAX_TYPE || !isRecord(data)) return hearer.malformed();
  const event = isKnown(type) ? { type, data } : standIn(data);
  if (!event) return;
  if (eventShapes[event.type](event.data))
    hearer.event(event as ServerEvent); // its shape was looked at
  else hearer.malformed();
};

const isKnown = (type: string): type is ServerEvent['type'] => Object.hasOwn(eventShapes, type);

/** An event of an unknown type is skipped, but its counter counts: as a repair without rows. */
const standIn = ({ conversationId, rev, urev }: Readonly<Record<string, unknown>>) => {
  if (count(rev) && rev > 0)
    return { type: 'conversation.changes', data: { conversationId, from: rev - 1, upTo: rev, rows: [] } } as const;
  if (count(urev) && urev > 0) return { type: 'user.changes', data: { from: urev - 1, upTo: urev, rows: [] } } as const;
  return undefined;
};
