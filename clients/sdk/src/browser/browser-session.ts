import { Lost, Refused } from '../link/failures.ts';
import { id, isRecord } from '../link/guards.ts';
import type { HttpParts } from '../session/http.ts';
import { Session, type SessionParts } from '../session/session.ts';
import type { SessionStorage, StoredSession } from '../session/session-storage.ts';
import {
  type Credentials,
  type Guest,
  register,
  type Registration,
  signIn,
  signInAsGuest,
} from '../session/sign-in.ts';
import type { Locks } from './leadership.ts';

export interface BrowserSessionOptions extends Omit<HttpParts, 'headers'> {
  /** Where it is noted who is signed in; tests hand in their own. */
  readonly notes?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  readonly locks?: Locks | undefined;
}

type Own = 'url' | 'fetch' | 'headers' | 'storage' | 'renewalLock';
/** Until the browser is closed, or until the user signs out. */
interface Remembered {
  readonly remember: boolean;
}

export interface BrowserSession {
  /**
   * The session of before the page was loaded; undefined: show the login. When the server can't be asked now, the
   * session is there all the same, and renews its token when somebody needs one.
   */
  resume(): Promise<Session | undefined>;
  /** @throws Refused, Lost */
  register(account: Omit<Registration, Own> & Remembered): Promise<Session>;
  /** @throws Refused, Lost */
  signIn(credentials: Omit<Credentials, Own> & Remembered): Promise<Session>;
  /** @throws Refused, Lost */
  signInAsGuest(guest: Omit<Guest, Own> & Remembered): Promise<Session>;
}

/** What is noted of a session, for all tabs; it is no secret. */
interface Note extends Remembered {
  readonly userId: string;
}

/** Its lock, and its note. */
const NAME = 'tertulia-session';

/**
 * Sessions of a page that the server itself serves. The refresh token lives in a cookie that no script can read, and the
 * access token in memory alone. One tab at a time renews it or signs in, so that the cookie and the note agree.
 */
export const browserSession = (options: BrowserSessionOptions): BrowserSession => {
  const parts = (storage: NotedSession, remember: boolean): SessionParts => ({
    url: options.url,
    ...(options.fetch && { fetch: options.fetch }),
    headers: { [NAME]: remember ? 'remember' : 'browser' },
    storage,
    renewalLock: alone,
  });
  const alone = <T>(work: () => Promise<T>): Promise<T> => exclusively(locksOf(options), work);
  const begun =
    <T extends object>(begin: (input: T & SessionParts) => Promise<Session>) =>
    ({ remember, ...input }: T & Remembered): Promise<Session> =>
      // The types of what is left can't be told apart from T once `remember` is taken away.
      alone(() =>
        begin({ ...(input as unknown as T), ...parts(new NotedSession(notesOf(options), remember), remember) }),
      );
  return {
    resume: async () => {
      const notes = notesOf(options);
      const note = readNote(notes);
      const session = note && (await Session.resume(parts(new NotedSession(notes, note.remember), note.remember)));
      return session && (await isOver(session)) ? undefined : session;
    },
    register: begun(register),
    signIn: begun(signIn),
    signInAsGuest: begun(signInAsGuest),
  };
};

/** Tokens stay in this page; who they are of is noted for all. */
class NotedSession implements SessionStorage {
  #held: StoredSession | undefined;

  constructor(
    private readonly notes: Notes,
    private readonly remember: boolean,
  ) {}

  /** Without a token where this page has none of that user: who asks renews it by the cookie, which is theirs. */
  async load(): Promise<StoredSession | undefined> {
    const note = readNote(this.notes);
    if (!note) return undefined;
    if (this.#held?.userId === note.userId) return this.#held;
    return { userId: note.userId, accessToken: '', accessTokenExpiresAt: 0 };
  }

  async save(session: StoredSession): Promise<void> {
    const note: Note = { userId: session.userId, remember: this.remember };
    this.notes.setItem(NAME, JSON.stringify(note));
    this.#held = session;
  }

  async clear(): Promise<void> {
    this.#held = undefined;
    this.notes.removeItem(NAME);
  }
}

type Notes = NonNullable<BrowserSessionOptions['notes']>;

const readNote = (notes: Notes): Note | undefined => {
  try {
    const note: unknown = JSON.parse(notes.getItem(NAME) ?? 'null');
    return isRecord(note) && id(note['userId'])
      ? { userId: note['userId'], remember: note['remember'] === true }
      : undefined;
  } catch {
    return undefined;
  }
};

const isOver = async (session: Session): Promise<boolean> => {
  try {
    await session.token();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Lost)) throw error;
  }
  return session.ended;
};

/** A page whose user forbids it to store anything has the session until it is reloaded. */
const notesOf = ({ notes }: BrowserSessionOptions): Notes => {
  try {
    return notes ?? globalThis.localStorage;
  } catch {
    const forgetful = new Map<string, string>();
    return {
      getItem: (key) => forgetful.get(key) ?? null,
      setItem: (key, value) => void forgetful.set(key, value),
      removeItem: (key) => void forgetful.delete(key),
    };
  }
};

const locksOf = (options: BrowserSessionOptions): Locks | undefined =>
  // Absent on insecure origins, whatever the types say.
  'locks' in options ? options.locks : (globalThis.navigator?.locks as LockManager | undefined);

const exclusively = async <T>(locks: Locks | undefined, work: () => Promise<T>): Promise<T> => {
  if (!locks) return work();
  let done: { readonly value: T } | undefined;
  await locks.request(NAME, {}, async () => {
    done = { value: await work() };
  });
  return done!.value; // it was run, or has thrown
};
