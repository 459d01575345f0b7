import type { Observable } from '@tertulia/client';
import { stored } from '../ui/stored.ts';

const PREFIX = 'tertulia.draft.';
/** The oldest gives way. */
const MOST = 100;
/** More than can be sent; what is longer is kept in part. */
const LONGEST = 20_000;

const listeners = new Set<() => void>();
const known = new Map<string, string>();

/** What was begun and not sent, per conversation; kept over reloads, forgotten when the user signs out. */
export const drafts: Observable & { get(id: string): string; set(id: string, text: string): void; clear(): void } = {
  get(id) {
    let text = known.get(id);
    if (text === undefined) known.set(id, (text = kept(id)?.text ?? ''));
    return text;
  },
  set(id, text) {
    if (text === this.get(id)) return;
    known.set(id, text);
    if (text !== '' && stored.read(PREFIX + id) === undefined) makeRoom();
    stored.write(
      PREFIX + id,
      text === '' ? undefined : JSON.stringify({ text: text.slice(0, LONGEST), at: Date.now() }),
    );
    for (const listener of listeners) listener();
  },
  clear() {
    known.clear();
    for (const key of stored.keys(PREFIX)) stored.write(key, undefined);
    for (const listener of listeners) listener();
  },
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

const makeRoom = (): void => {
  const byAge = stored
    .keys(PREFIX)
    .map((key) => ({ key, at: kept(key.slice(PREFIX.length))?.at ?? 0 }))
    .toSorted((a, b) => b.at - a.at);
  for (const { key } of byAge.slice(MOST - 1)) stored.write(key, undefined);
};

const kept = (id: string): { readonly text: string; readonly at: number } | undefined => {
  try {
    const value: unknown = JSON.parse(stored.read(PREFIX + id) ?? 'null');
    if (typeof value !== 'object' || value === null || !('text' in value) || !('at' in value)) return undefined;
    return typeof value.text === 'string' && typeof value.at === 'number'
      ? { text: value.text, at: value.at }
      : undefined;
  } catch {
    return undefined; // somebody else wrote there
  }
};
