import type { DeviceStatus, PresenceStatus } from '#app/domain/connection/presence.ts';
import type { ConnectionId, UserId } from '#app/domain/shared/ids.ts';
import type { Acquaintances } from '../ports/acquaintances.ts';
import type { LastSeen } from '../ports/last-seen.ts';
import type { PresenceStore } from '../ports/presence-store.ts';
import type { Signals } from '../ports/signals.ts';
import { WatchIndex, type Watcher } from './watch-index.ts';

/** What a watcher is shown of a user. */
export interface Shown {
  readonly userId: UserId;
  readonly status: PresenceStatus;
  /** When offline, if the user lets it be seen. */
  readonly lastSeen: Date | undefined;
}

/** Users of one connection's set. */
export const MOST_WATCHED = 200;

const AT_ONCE = 500;
/** Users whose presence is read in one round; the others wait for the next. */
const MOST_READ = 5_000;
/** Users whose acquaintances are looked at again in one round. */
const MOST_RELATED = 50;
/** Rounds in which everybody is looked at once, for word that was lost. */
const ROUNDS = 20;
const WATCHERS_A_ROUND = 5;
/** Under load so many rounds are left out before one is not. */
const MOST_SHED = 4;

export interface PresenceWatchOptions {
  readonly tell: (id: ConnectionId, changed: readonly Shown[]) => void;
  /** Of this node alone, for when the others can't be asked. */
  readonly here: (userId: UserId) => DeviceStatus | undefined;
  /** There is more important work. */
  readonly busy: () => boolean;
  readonly onFault: (error: unknown) => void;
}

/**
 * Shows presence to those who watch it, and to nobody else. Whoever calls `round` once a second gives the bound: a
 * connection is told at most once in a round, of all that changed for it. Strangers, and users between whom a block
 * stands, look offline to each other.
 */
export class PresenceWatch {
  readonly #index = new WatchIndex();
  /** Watched users to be looked at. */
  readonly #due = new Set<UserId>();
  /** Users whose acquaintances are to be looked at. */
  readonly #related = new Set<UserId>();
  #shed = 0;

  constructor(
    private readonly store: PresenceStore,
    private readonly acquaintances: Acquaintances,
    private readonly lastSeen: LastSeen,
    signals: Signals,
    private readonly options: PresenceWatchOptions,
  ) {
    store.onUpset(() => this.#lookAtAll());
    signals.onSignal((signal) => {
      if (signal.type === 'typing') return;
      for (const userId of signal.users) {
        if (signal.type !== 'presence' && this.#index.knows(userId)) this.#related.add(userId);
        if (this.#index.isWatched(userId)) this.#due.add(userId);
      }
    });
  }

  /** Users that somebody watches here. */
  get size(): number {
    return this.#index.size;
  }

  /** From now on the connection is told of these users, and of no others. Answers what is true of each now. */
  async watch(id: ConnectionId, userId: UserId, users: readonly UserId[]): Promise<readonly Shown[]> {
    const set = [...new Set(users)];
    const watcher = this.#index.replace(id, userId, set);
    try {
      const related = await this.acquaintances.of(userId, set);
      const visible = set.filter((one) => one === userId || related.has(one));
      const shown = await this.#look(visible, true);
      for (const one of set) {
        const entry = watcher.entries.get(one);
        if (!entry) continue;
        entry.visible = one === userId || related.has(one);
        entry.told = shown.get(one)?.status ?? 'offline';
      }
      return set.map((one) => shown.get(one) ?? offline(one));
    } catch (error) {
      this.#index.leave(watcher);
      throw error;
    }
  }

  /** The connection is gone, or has no business here any more. */
  leave(id: ConnectionId): void {
    const watcher = this.#index.of(id);
    if (watcher) this.#index.leave(watcher);
  }

  /** Once a second, and never while another one is under way. */
  async round(): Promise<void> {
    if (this.options.busy() && this.#shed++ < MOST_SHED) return;
    this.#shed = 0;
    this.#index.nextWatched(Math.ceil(this.#index.size / ROUNDS)).forEach((userId) => this.#due.add(userId));
    this.#index.nextWatchers(WATCHERS_A_ROUND).forEach((userId) => this.#related.add(userId));
    await this.#relate(take(this.#related, MOST_RELATED));
    const due = take(this.#due, MOST_READ).filter((userId) => this.#index.isWatched(userId));
    try {
      this.#show(await this.#look(due, false));
    } catch (error) {
      due.forEach((userId) => this.#due.add(userId));
      this.options.onFault(error);
    }
  }

  #lookAtAll(): void {
    for (const userId of this.#index.watched()) this.#due.add(userId);
  }

  async #relate(users: readonly UserId[]): Promise<void> {
    try {
      for (const userId of users) {
        await this.#relateTo(userId, this.#index.watchedBy(userId), (other) => this.#index.entries(userId, other));
        await this.#relateTo(userId, this.#index.watchersOf(userId), (other) => this.#index.entries(other, userId));
      }
    } catch (error) {
      users.forEach((userId) => this.#related.add(userId));
      this.options.onFault(error);
    }
  }

  async #relateTo(userId: UserId, others: readonly UserId[], entries: Of): Promise<void> {
    for (let at = 0; at < others.length; at += AT_ONCE) {
      const some = others.slice(at, at + AT_ONCE);
      const related = await this.acquaintances.of(userId, some);
      for (const other of some)
        for (const { watched, entry } of entries(other)) {
          // What is being answered may be older than this.
          if (entry.told === undefined) this.#related.add(userId);
          const visible = other === userId || related.has(other);
          if (entry.visible !== visible) this.#due.add(watched);
          entry.visible = visible;
        }
    }
  }

  /** @param anyway also when the other nodes can't be asked: then what this one knows */
  async #look(users: readonly UserId[], anyway: boolean): Promise<ReadonlyMap<UserId, Shown>> {
    const shown = new Map<UserId, Shown>();
    for (let at = 0; at < users.length; at += AT_ONCE) {
      const some = users.slice(at, at + AT_ONCE);
      const statuses = await this.#read(some, anyway);
      const gone = some.filter((userId) => !statuses.has(userId) && (anyway || this.#index.believedHere(userId)));
      const seen = gone.length > 0 ? await this.lastSeen.of(gone) : new Map<UserId, Date>();
      for (const userId of some)
        shown.set(userId, { userId, status: statuses.get(userId) ?? 'offline', lastSeen: seen.get(userId) });
    }
    return shown;
  }

  async #read(users: readonly UserId[], anyway: boolean): Promise<ReadonlyMap<UserId, DeviceStatus>> {
    try {
      return await this.store.read(users);
    } catch (error) {
      if (!anyway) throw error;
      this.options.onFault(error);
      return new Map(users.flatMap((userId) => entryOf(userId, this.options.here(userId))));
    }
  }

  #show(shown: ReadonlyMap<UserId, Shown>): void {
    const news = new Map<Watcher, Shown[]>();
    for (const [userId, one] of shown)
      for (const { watcher, entry } of this.#index.entriesOf(userId)) {
        const { told } = entry;
        // It is being answered what is true; that may be older than this.
        if (told === undefined) this.#due.add(userId);
        const seen = entry.visible ? one : offline(userId);
        if (told === undefined || told === seen.status) continue;
        entry.told = seen.status;
        news.set(watcher, [...(news.get(watcher) ?? []), seen]);
      }
    for (const [{ id }, changed] of news) this.options.tell(id, changed);
  }
}

type Of = (other: UserId) => ReturnType<WatchIndex['entries']>;

const offline = (userId: UserId): Shown => ({ userId, status: 'offline', lastSeen: undefined });

const entryOf = (userId: UserId, status: DeviceStatus | undefined): [UserId, DeviceStatus][] =>
  status ? [[userId, status]] : [];

const take = <T>(from: Set<T>, most: number): readonly T[] => {
  const taken: T[] = [];
  for (const one of from) {
    if (taken.length === most) break;
    from.delete(one);
    taken.push(one);
  }
  return taken;
};
