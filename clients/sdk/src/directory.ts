import type { ProfileRow } from './generated/catalogue.ts';
import { Lost, Refused } from './link/failures.ts';
import type { Link } from './link/link.ts';
import { realSurroundings } from './link/surroundings.ts';
import type { Questions } from './questions.ts';
import { Changes } from './store/changes.ts';
import { kept } from './store/same.ts';
import type { Users } from './users.ts';
import type { UserView } from './views.ts';

const AT_ONCE = 100;
/** The least recently looked at is forgotten. */
const MOST_KNOWN = 10_000;

/** Names by id, fetched many at once when they are first asked for, and again after each new connection. */
export class Directory implements Users {
  readonly #known = new Map<string, UserView>();
  /** Fetched over this connection, or found missing. */
  readonly #fresh = new Set<string>();
  readonly #wanted = new Set<string>();
  readonly #changes = new Changes();
  #fetching = false;
  #me: UserView | undefined;

  constructor(
    private readonly link: Link,
    private readonly questions: Questions,
  ) {}

  get me(): UserView | undefined {
    return this.#me;
  }

  get(id: string): UserView | undefined {
    if (id === this.#me?.id) return this.#me;
    const known = this.#known.get(id);
    if (!this.#fresh.has(id)) this.#want(id);
    if (known) {
      this.#known.delete(id);
      this.#known.set(id, known);
    }
    return known;
  }

  async find(handle: string): Promise<UserView | undefined> {
    try {
      const found = await this.link.call('users.find', { handle });
      const user = this.#put(found.user);
      this.#changes.tell();
      return user;
    } catch (error) {
      if (error instanceof Refused && error.code === 'not_found') return undefined;
      throw error;
    }
  }

  subscribe(listener: () => void): () => void {
    return this.#changes.subscribe(listener);
  }

  /** One's own profile. */
  setMe({ id, handle, displayName }: ProfileRow): void {
    this.#me = kept(this.#me, { id, handle, displayName });
    this.#changes.tell();
  }

  /** Others may have changed their names while nobody listened. */
  opened(): void {
    this.#fresh.clear();
    this.#changes.tell();
  }

  #want(id: string): void {
    this.#wanted.add(id);
    if (this.#fetching) return;
    this.#fetching = true;
    // whoever draws a list asks for many in one turn
    queueMicrotask(() => void this.#fetch());
  }

  async #fetch(): Promise<void> {
    try {
      while (this.#wanted.size > 0) {
        const ids = [...this.#wanted].slice(0, AT_ONCE);
        for (const id of ids) {
          this.#wanted.delete(id);
          this.#mark(id);
        }
        const { users } = await this.questions.ask('users.get', { ids });
        for (const user of users) this.#put(user);
        this.#changes.tell();
      }
    } catch (error) {
      this.#wanted.clear();
      if (!(error instanceof Lost || error instanceof Refused)) realSurroundings.report(error);
    } finally {
      this.#fetching = false;
    }
  }

  /** Not asked for again over this connection, whatever the answer. */
  #mark(id: string): void {
    this.#fresh.add(id);
    if (this.#fresh.size > MOST_KNOWN) this.#fresh.delete(this.#fresh.keys().next().value!); // it has some
  }

  #put({ id, handle, displayName }: ProfileRow): UserView {
    const user = kept(this.#known.get(id), { id, handle, displayName });
    this.#known.delete(id);
    this.#known.set(id, user);
    this.#mark(id);
    if (this.#known.size > MOST_KNOWN) this.#known.delete(this.#known.keys().next().value!); // it has some
    return user;
  }
}
