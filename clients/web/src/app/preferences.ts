import type { Observable } from '@tertulia/client';
import { LANGUAGES } from '../i18n/load-words.ts';
import type { Language } from '../i18n/words.tsx';
import { stored } from '../ui/stored.ts';

const KEY = 'tertulia.preferences';
/** The oldest go first. */
const MOST_SILENT = 500;

/** How this device is set; kept over reloads and sign-outs, and shared by the tabs. */
export interface Preferences {
  /** As the browser's when undefined. */
  readonly language: Language | undefined;
  readonly theme: 'system' | 'light' | 'dark';
  readonly sounds: boolean;
  /** Conversations without sound. */
  readonly silent: readonly string[];
}

const listeners = new Set<() => void>();
let present: Preferences | undefined;

/** Of the browser: there is one device. */
export const preferences: Observable & { get(): Preferences; set(change: Partial<Preferences>): void } = {
  get: () => (present ??= parsed(stored.read(KEY))),
  set(change) {
    present = { ...this.get(), ...change };
    stored.write(KEY, JSON.stringify({ ...present, silent: present.silent.slice(-MOST_SILENT) }));
    for (const listener of listeners) listener();
  },
  subscribe(listener) {
    const elsewhere = (event: StorageEvent) => {
      if (event.key !== KEY) return;
      present = undefined;
      listener();
    };
    listeners.add(listener);
    addEventListener('storage', elsewhere);
    return () => {
      listeners.delete(listener);
      removeEventListener('storage', elsewhere);
    };
  },
};

const parsed = (text: string | undefined): Preferences => {
  const kept = recordOf(text);
  return {
    language: LANGUAGES.find(({ language }) => language === kept['language'])?.language,
    theme: kept['theme'] === 'light' || kept['theme'] === 'dark' ? kept['theme'] : 'system',
    sounds: kept['sounds'] !== false,
    silent: Array.isArray(kept['silent']) ? kept['silent'].filter((id) => typeof id === 'string') : [],
  };
};

const recordOf = (text: string | undefined): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {}; // somebody else wrote there
  }
};
