import { Backoff } from '../link/backoff.ts';
import { Lost } from '../link/failures.ts';
import type { Link } from '../link/link.ts';
import { realSurroundings } from '../link/surroundings.ts';
import type { OutputOf, Welcome } from '../protocol.ts';
import { isPassing, type Machine, type Questions } from '../questions.ts';
import type { Held } from './held.ts';
import { Lines } from './lines.ts';
import type { Store, Wants } from './store.ts';

type Synced = OutputOf<'sync'>;

export interface Progress {
  /** A page of the list has come. */
  page(): void;
  /** The last one. */
  listed(): void;
  /** Everything up to this connection's beginning is here. */
  caughtUp(): void;
}

/** How long something may wait for what comes before it. */
const PATIENCE_MS = 1_000;
const PAGE = 100;
/** A list longer than that is no list. */
const MOST_PAGES = 1_000;
/** Of 500 rows: more than there can be without gaps. */
const MOST_SYNC_PAGES = 10_000;

/** Brings the store up to date after each connection, and whenever something is missing. One `sync` at a time. */
export class CatchUp implements Wants {
  /** Grows with each connection that comes or goes: what was begun before is begun anew. */
  #connection = 0;
  #turn: Promise<void> = Promise.resolve();
  /** Conversations of the next sync, once one is due. */
  #due: Set<string> | undefined;
  readonly #patience = new Map<string | undefined, () => void>();
  readonly #lines: Lines;

  constructor(
    private readonly link: Link,
    private readonly machine: Machine,
    private readonly questions: Questions,
    private readonly store: Store,
    private readonly progress: Progress,
  ) {
    this.#lines = new Lines(questions, store);
  }

  opened(welcome: Welcome): void {
    this.#stop();
    this.#enter(() => this.#catchUp(welcome));
  }

  lost(): void {
    this.#stop();
    this.store.lost();
  }

  line(id: string): void {
    this.#lines.fetch(id);
  }

  recount(id: string): void {
    this.#lines.recount(id);
  }

  patience(id: string | undefined): void {
    if (this.#patience.has(id)) return;
    const callOff = this.machine.after(PATIENCE_MS, () => {
      this.#patience.delete(id);
      const gate = id === undefined ? this.store.own : this.store.all.get(id)?.gate;
      if (gate?.waits) this.sync(id === undefined ? [] : [id]);
    });
    this.#patience.set(id, callOff);
  }

  sync(ids: readonly string[]): void {
    if (!this.link.welcome) return; // everything is synced with the next connection
    const due = this.#due ?? new Set<string>();
    for (const id of ids) due.add(id);
    if (this.#due) return;
    this.#due = due;
    this.#enter(async () => {
      if (this.#due === due) this.#due = undefined;
      await this.#syncAll([...due]);
    });
  }

  #stop(): void {
    this.#connection++;
    this.#due = undefined;
    for (const callOff of this.#patience.values()) callOff();
    this.#patience.clear();
  }

  /** One after another, so that answers can't cross; again while it is not possible right now, as long as the connection is the same. */
  #enter(work: () => Promise<void>): void {
    const connection = this.#connection;
    this.#turn = this.#turn.then(async () => {
      const backoff = new Backoff(() => this.machine.random());
      while (connection === this.#connection) {
        try {
          return await work();
        } catch (error) {
          if (!isPassing(error) && !(error instanceof Lost)) realSurroundings.report(error);
          if (connection !== this.#connection || !this.link.welcome) return;
          const closed = await this.questions.rest(backoff.next(isPassing(error) ? error.retryAfterMs : 0)).then(
            () => false,
            () => true,
          );
          if (closed) return;
        }
      }
    });
  }

  async #catchUp({ epoch, urev }: Welcome): Promise<void> {
    const anew = this.store.epoch !== epoch;
    if (anew) this.store.begin(epoch, urev);
    const before = [...this.store.all.keys()];
    if (!this.store.loaded) await this.#list();
    if (!anew) await this.#syncAll(before);
    this.progress.caughtUp();
  }

  async #list(): Promise<void> {
    const limit = Math.min(PAGE, this.link.welcome?.limits.page ?? PAGE);
    let after: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { conversations, next } = await this.link.call('conversation.list', {
        limit,
        archived: true,
        ...(after !== undefined && { after }),
      });
      for (const line of conversations) this.store.line(line);
      this.progress.page();
      after = next;
      if (after === undefined) break;
    }
    this.store.listed();
    this.progress.listed();
  }

  async #syncAll(ids: readonly string[]): Promise<void> {
    const most = Math.max(1, this.link.welcome?.limits.syncCursors ?? 1_000);
    let from = 0;
    do {
      const held = await this.#sync(ids.slice(from, from + most));
      if (!held) return;
      from += most;
    } while (from < ids.length);
  }

  /** @returns false when nothing of what was held counts any more, and everything has been listed anew */
  async #sync(ids: readonly string[]): Promise<boolean> {
    // Answers are about what was held when it was asked for, not about what was fetched anew meanwhile.
    const asked = new Map(ids.map((id) => [id, this.store.all.get(id)]));
    const request = {
      epoch: this.store.epoch ?? '',
      urev: this.store.own.cursor,
      cursors: [...asked].flatMap(([id, held]) => (held ? [[id, held.gate.cursor] as const] : [])),
    };
    let next: string | undefined;
    for (let page = 0; page < MOST_SYNC_PAGES; page++) {
      const reply: Synced = await this.link.call('sync', { ...request, ...(next !== undefined && { next }) });
      if (reply.reset || reply.user?.reset) {
        this.store.begin(reply.epoch, reply.user?.upTo ?? 0);
        await this.#list();
        return false;
      }
      this.#own(reply.user);
      for (const one of reply.conversations) {
        const held = asked.get(one.id);
        if (held && this.store.all.get(one.id) === held) this.#conversation(one, held);
      }
      next = reply.next;
      if (next !== undefined) continue;
      this.#stillMissing(asked.keys());
      return true;
    }
    throw new Error('a sync without end');
  }

  #own(user: Synced['user']): void {
    if (!user) return;
    for (const row of user.rows) this.store.ownRow(row);
    if (!user.more) this.store.own.advance(user.upTo);
  }

  #conversation(synced: Synced['conversations'][number], held: Held): void {
    if ('gone' in synced) this.store.forget(synced.id);
    else if ('rows' in synced) this.store.rows(synced.id, held, synced.rows, synced.more ? undefined : synced.upTo);
    else this.store.drop(synced.id);
  }

  #stillMissing(ids: Iterable<string>): void {
    if (this.store.own.waits) this.patience(undefined);
    for (const id of ids) if (this.store.all.get(id)?.gate.waits) this.patience(id);
  }
}
