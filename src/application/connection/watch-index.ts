import type { PresenceStatus } from '#app/domain/connection/presence.ts';
import type { ConnectionId, UserId } from '#app/domain/shared/ids.ts';

/** What one connection knows of one user. */
export interface Entry {
  /** Whether they may see anything of each other. */
  visible: boolean;
  /** Undefined while the first answer is under way. */
  told: PresenceStatus | undefined;
}

/** One connection that watches. */
export interface Watcher {
  readonly id: ConnectionId;
  readonly userId: UserId;
  readonly entries: ReadonlyMap<UserId, Entry>;
}

/** Who watches whom on this node, from both sides. */
export class WatchIndex {
  readonly #connections = new Map<ConnectionId, Watcher>();
  readonly #byUser = new Map<UserId, Set<Watcher>>();
  readonly #byWatched = new Map<UserId, Set<Watcher>>();
  #watchedRound: Iterator<UserId> = this.#byWatched.keys();
  #watcherRound: Iterator<UserId> = this.#byUser.keys();

  /** Users that are watched. */
  get size(): number {
    return this.#byWatched.size;
  }

  of(id: ConnectionId): Watcher | undefined {
    return this.#connections.get(id);
  }

  replace(id: ConnectionId, userId: UserId, users: readonly UserId[]): Watcher {
    const before = this.#connections.get(id);
    if (before) this.leave(before);
    const entries = new Map(users.map((one): [UserId, Entry] => [one, { visible: false, told: undefined }]));
    const watcher: Watcher = { id, userId, entries };
    if (users.length === 0) return watcher;
    this.#connections.set(id, watcher);
    add(this.#byUser, userId, watcher);
    for (const one of entries.keys()) add(this.#byWatched, one, watcher);
    return watcher;
  }

  /** Does nothing for one whose place was taken. */
  leave(watcher: Watcher): void {
    if (this.#connections.get(watcher.id) !== watcher) return;
    this.#connections.delete(watcher.id);
    remove(this.#byUser, watcher.userId, watcher);
    for (const one of watcher.entries.keys()) remove(this.#byWatched, one, watcher);
  }

  isWatched(userId: UserId): boolean {
    return this.#byWatched.has(userId);
  }

  /** Watches, or is watched. */
  knows(userId: UserId): boolean {
    return this.#byUser.has(userId) || this.#byWatched.has(userId);
  }

  watched(): Iterable<UserId> {
    return this.#byWatched.keys();
  }

  /** Whether somebody was told that the user is there. */
  believedHere(userId: UserId): boolean {
    for (const { entries } of this.#byWatched.get(userId) ?? []) {
      const told = entries.get(userId)?.told;
      if (told === 'online' || told === 'away') return true;
    }
    return false;
  }

  entriesOf(watched: UserId): readonly { readonly watcher: Watcher; readonly entry: Entry }[] {
    return [...(this.#byWatched.get(watched) ?? [])].flatMap((watcher) => {
      const entry = watcher.entries.get(watched);
      return entry ? [{ watcher, entry }] : [];
    });
  }

  /** What the connections of one user know of another one. */
  entries(watching: UserId, watched: UserId): readonly { readonly watched: UserId; readonly entry: Entry }[] {
    return [...(this.#byUser.get(watching) ?? [])].flatMap(({ entries }) => {
      const entry = entries.get(watched);
      return entry ? [{ watched, entry }] : [];
    });
  }

  watchedBy(watching: UserId): readonly UserId[] {
    const users = new Set<UserId>();
    for (const { entries } of this.#byUser.get(watching) ?? []) for (const one of entries.keys()) users.add(one);
    return [...users];
  }

  watchersOf(watched: UserId): readonly UserId[] {
    return [...new Set([...(this.#byWatched.get(watched) ?? [])].map(({ userId }) => userId))];
  }

  /** So many watched users, others each time, until all were. */
  nextWatched(count: number): readonly UserId[] {
    return Array.from({ length: count }, () => {
      const { done, value } = this.#watchedRound.next();
      if (done) this.#watchedRound = this.#byWatched.keys();
      return done ? [] : [value];
    }).flat();
  }

  /** Likewise of those who watch. */
  nextWatchers(count: number): readonly UserId[] {
    return Array.from({ length: count }, () => {
      const { done, value } = this.#watcherRound.next();
      if (done) this.#watcherRound = this.#byUser.keys();
      return done ? [] : [value];
    }).flat();
  }
}

const add = (index: Map<UserId, Set<Watcher>>, userId: UserId, watcher: Watcher): void => {
  index.set(userId, (index.get(userId) ?? new Set()).add(watcher));
};

const remove = (index: Map<UserId, Set<Watcher>>, userId: UserId, watcher: Watcher): void => {
  const watchers = index.get(userId);
  watchers?.delete(watcher);
  if (watchers?.size === 0) index.delete(userId);
};
