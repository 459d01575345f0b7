import { bound } from './bounded.ts';
import type { ProfileRow } from './generated/catalogue.ts';
import { Lost, Refused } from './link/failures.ts';
import type { Link } from './link/link.ts';
import { newChanges } from './listeners.ts';
import type { Questions } from './questions.ts';
import { report } from './report.ts';
import { kept } from './store/same.ts';
import type { UserView } from './views.ts';

const AT_ONCE = 100;
/** The least recently looked at is forgotten. */
const MOST_KNOWN = 10_000;

/** Names by id, fetched many at once when they are first asked for, and again after each new connection. */
export const newDirectory = (link: Link, questions: Questions) => {
  const known = new Map<string, UserView>();
  /** Fetched over this connection, or found missing: not asked for again over it. */
  const fresh = new Set<string>();
  const wanted = new Set<string>();
  const changes = newChanges();
  let fetching = false;
  let me: UserView | undefined;

  const mark = (id: string): void => {
    fresh.add(id);
    bound(fresh, MOST_KNOWN);
  };

  /** It was looked at just now. */
  const touch = (id: string, user: UserView): void => {
    known.delete(id);
    known.set(id, user);
    bound(known, MOST_KNOWN);
  };

  const put = ({ id, handle, displayName }: ProfileRow): UserView => {
    const user = kept(known.get(id), { id, handle, displayName });
    touch(id, user);
    mark(id);
    return user;
  };

  const fetch = async (): Promise<void> => {
    try {
      while (wanted.size > 0) {
        const ids = [...wanted].slice(0, AT_ONCE);
        for (const id of ids) {
          wanted.delete(id);
          mark(id);
        }
        const { users } = await questions.ask('users.get', { ids });
        users.forEach(put);
        changes.tell();
      }
    } catch (error) {
      wanted.clear();
      if (!(error instanceof Lost || error instanceof Refused)) report(error);
    } finally {
      fetching = false;
    }
  };

  const want = (id: string): void => {
    wanted.add(id);
    if (fetching) return;
    fetching = true;
    // whoever draws a list asks for many in one turn
    queueMicrotask(() => void fetch());
  };

  return {
    get me(): UserView | undefined {
      return me;
    },
    get: (id: string): UserView | undefined => {
      if (id === me?.id) return me;
      const user = known.get(id);
      if (!fresh.has(id)) want(id);
      if (user) touch(id, user);
      return user;
    },
    find: async (handle: string): Promise<UserView | undefined> => {
      try {
        const user = put((await link.call('users.find', { handle })).user);
        changes.tell();
        return user;
      } catch (error) {
        if (error instanceof Refused && error.code === 'not_found') return undefined;
        throw error;
      }
    },
    subscribe: changes.subscribe,
    /** One's own profile. */
    setMe: ({ id, handle, displayName }: ProfileRow): void => {
      me = kept(me, { id, handle, displayName });
      changes.tell();
    },
    /** Others may have changed their names while nobody listened. */
    opened: (): void => {
      fresh.clear();
      changes.tell();
    },
  };
};
