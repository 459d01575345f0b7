import type { Observable } from '@tertulia/client';
import { stored } from '../ui/stored.ts';

const PREFIX = 'tertulia.draft.';
/** The oldest gives way. */
const MOST = 100;
/** More than can be sent, and as much as is kept; browsers take minutes to lay out a whole book. */
export const LONGEST_DRAFT = 20_000;

interface Drafts extends Observable {
  /** From here on it is about this user's: two may use one browser, and one conversation. */
  belongTo(userId: string): void;
  get(id: string): string;
  set(id: string, text: string): void;
  /** Forgets all of this user's. */
  clear(userId: string): void;
}

const listeners = new Set<() => void>();
const known = new Map<string, string>();
let owner = '';

/** What was begun and not sent, per user and conversation; kept over reloads, forgotten when the user signs out. */
export const drafts: Drafts = {
  belongTo(userId) {
    owner = userId;
    known.clear();
    changed();
  },
  get(id) {
    let text = known.get(id);
    if (text === undefined) known.set(id, (text = kept(keyOf(id))?.text ?? ''));
    return text;
  },
  set(id, text) {
    if (text === this.get(id)) return;
    known.set(id, text);
    const key = keyOf(id);
    if (text !== '' && stored.read(key) === undefined) makeRoom();
    stored.write(key, text === '' ? undefined : JSON.stringify({ text: text.slice(0, LONGEST_DRAFT), at: Date.now() }));
    changed();
  },
  clear(userId) {
    known.clear();
    for (const key of stored.keys(prefixOf(userId))) stored.write(key, undefined);
    changed();
  },
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

const prefixOf = (userId: string): string => `${PREFIX}${userId}.`;
const keyOf = (id: string): string => prefixOf(owner) + id;

const changed = (): void => {
  for (const listener of listeners) listener();
};

/** Of all users of this browser together. */
const makeRoom = (): void => {
  const byAge = stored
    .keys(PREFIX)
    .map((key) => ({ key, at: kept(key)?.at ?? 0 }))
    .toSorted((a, b) => b.at - a.at);
  for (const { key } of byAge.slice(MOST - 1)) stored.write(key, undefined);
};

const kept = (key: string): { readonly text: string; readonly at: number } | undefined => {
  try {
    const value: unknown = JSON.parse(stored.read(key) ?? 'null');
    if (typeof value !== 'object' || value === null || !('text' in value) || !('at' in value)) return undefined;
    return typeof value.text === 'string' && typeof value.at === 'number'
      ? { text: value.text, at: value.at }
      : undefined;
  } catch {
    return undefined; // somebody else wrote there
  }
};
