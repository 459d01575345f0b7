import { type Backoff, newBackoff } from '../link/backoff.ts';
import { Refused } from '../link/failures.ts';
import type { Machine } from '../questions.ts';
import type { PresenceView } from './presence.ts';
import type { OutputOf } from '../protocol.ts';

type PresenceRow = OutputOf<'presence.watch'>['users'][number];

/** Pages show and hide many at once: the set is told when it rests, and not more often. */
const TOLD_EVERY_MS = 300;

export interface WatchingParts {
  readonly machine: Machine;
  /** Undefined while nobody can be asked. */
  readonly most: () => number | undefined;
  readonly ask: (users: readonly string[]) => Promise<readonly PresenceRow[]>;
  readonly changed: () => void;
}

/** The users that are shown, and what is known of them. */
export class Watching {
  /** How many show each; who came last is last. */
  readonly #shown = new Map<string, number>();
  #known = new Map<string, PresenceView>();
  /** What this connection was told, or is being told; undefined when it has to be told whatever it is. */
  #told: readonly string[] | undefined;
  #asking = false;
  #closed = false;
  #cancel: (() => void) | undefined;
  readonly #backoff: Backoff;

  constructor(private readonly parts: WatchingParts) {
    this.#backoff = newBackoff(parts.machine);
  }

  get(userId: string): PresenceView | undefined {
    return this.#known.get(userId);
  }

  show(userIds: readonly string[]): () => void {
    const users = new Set(userIds);
    for (const userId of users) {
      const count = this.#shown.get(userId) ?? 0;
      this.#shown.delete(userId);
      this.#shown.set(userId, count + 1);
    }
    this.#soon();
    let over = false;
    return () => {
      if (over) return;
      over = true;
      for (const userId of users) this.#hide(userId);
      this.#soon();
    };
  }

  /** A new connection, or one that somebody else has told something else. */
  again(): void {
    this.#told = undefined;
    this.#soon();
  }

  /** What is known goes on until something better is, for a moment without connection means nothing. */
  heard(rows: readonly PresenceRow[]): void {
    let news = false;
    for (const { userId, status, lastSeen } of rows) {
      if (!this.#shown.has(userId)) continue;
      const before = this.#known.get(userId);
      if (before && before.status === status && before.lastSeen?.toISOString() === lastSeen) continue;
      this.#known.set(userId, { status: known(status), lastSeen: lastSeen ? new Date(lastSeen) : undefined });
      news = true;
    }
    if (news) this.parts.changed();
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#shown.clear();
    this.#known.clear();
  }

  #hide(userId: string): void {
    const count = this.#shown.get(userId) ?? 0;
    if (count > 1) return void this.#shown.set(userId, count - 1);
    this.#shown.delete(userId);
    this.#known.delete(userId);
  }

  #soon(ms = TOLD_EVERY_MS): void {
    if (this.#closed) return;
    this.#cancel ??= this.parts.machine.after(ms, () => {
      this.#cancel = undefined;
      void this.#tell();
    });
  }

  async #tell(): Promise<void> {
    const most = this.parts.most();
    if (most === undefined || this.#asking) return;
    const users = [...this.#shown.keys()].slice(-most);
    if (sameUsers(users, this.#told)) return;
    const told = users.toSorted();
    this.#told = told;
    this.#asking = true;
    let restMs = TOLD_EVERY_MS;
    try {
      this.heard(await this.parts.ask(users));
      this.#backoff.reset();
    } catch (error) {
      if (this.#told === told) this.#told = undefined;
      // Without connection the next one asks; a set that is refused for good is not asked again until it is another one.
      const refused = error instanceof Refused && error.code === 'invalid';
      if (refused) this.#told = told;
      restMs = this.#backoff.next(error instanceof Refused ? error.retryAfterMs : undefined);
    }
    this.#asking = false;
    this.#soon(restMs);
  }
}

const sameUsers = (users: readonly string[], told: readonly string[] | undefined): boolean =>
  told !== undefined && users.length === told.length && users.toSorted().every((userId, at) => userId === told[at]);

/** A later server may know more. */
const known = (status: string): PresenceView['status'] =>
  status === 'online' || status === 'away' ? status : 'offline';
