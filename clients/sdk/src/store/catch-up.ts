import { newBackoff } from '../link/backoff.ts';
import { Lost } from '../link/failures.ts';
import type { Link } from '../link/link.ts';
import type { OutputOf, Welcome } from '../protocol.ts';
import { type Machine, passesAfter, type Questions } from '../questions.ts';
import { report } from '../report.ts';
import type { Held } from './held.ts';
import { newLines } from './lines.ts';
import type { Store } from './store.ts';

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
export const newCatchUp = (link: Link, machine: Machine, questions: Questions, store: Store, progress: Progress) => {
  /** Grows with each connection that comes or goes: what was begun before is begun anew. */
  let connection = 0;
  let turn = Promise.resolve();
  /** Conversations of the next sync, once one is due. */
  let due: Set<string> | undefined;
  const patient = new Map<string | undefined, () => void>();

  const stop = (): void => {
    connection++;
    due = undefined;
    for (const callOff of patient.values()) callOff();
    patient.clear();
  };

  /** One after another, so that answers can't cross; again while it is not possible right now, as long as the connection is the same. */
  const enter = (work: () => Promise<void>): void => {
    const begun = connection;
    turn = turn.then(async () => {
      const backoff = newBackoff(machine);
      while (begun === connection) {
        try {
          return await work();
        } catch (error) {
          const wait = passesAfter(error);
          if (wait === undefined && !(error instanceof Lost)) report(error);
          if (begun !== connection || !link.welcome) return;
          // closed meanwhile: then there is no connection any more
          await questions.rest(backoff.next(wait)).catch(stop);
        }
      }
    });
  };

  const isMissing = (id: string | undefined) => (id === undefined ? store.own : store.all.get(id)?.gate)?.waits;

  const patience = (id: string | undefined): void => {
    if (patient.has(id)) return;
    const callOff = machine.after(PATIENCE_MS, () => {
      patient.delete(id);
      if (isMissing(id)) sync(id === undefined ? [] : [id]);
    });
    patient.set(id, callOff);
  };

  const sync = (ids: readonly string[]): void => {
    if (!link.welcome) return; // everything is synced with the next connection
    if (due) return ids.forEach((id) => due?.add(id));
    const mine = (due = new Set(ids));
    enter(async () => {
      if (due === mine) due = undefined;
      await syncAll([...mine]);
    });
  };

  const catchUp = async ({ epoch, urev }: Welcome): Promise<void> => {
    const anew = store.epoch !== epoch;
    if (anew) store.begin(epoch, urev);
    const before = [...store.all.keys()];
    if (!store.loaded) await list();
    if (!anew) await syncAll(before);
    progress.caughtUp();
  };

  const list = async (): Promise<void> => {
    const limit = Math.min(PAGE, link.welcome?.limits.page ?? PAGE);
    let after: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const input = { limit, archived: true, ...(after !== undefined && { after }) };
      const { conversations, next } = await link.call('conversation.list', input);
      conversations.forEach(store.line);
      progress.page();
      after = next;
      if (after === undefined) break;
    }
    store.listed();
    progress.listed();
  };

  const syncAll = async (ids: readonly string[]): Promise<void> => {
    const most = Math.max(1, link.welcome?.limits.syncCursors ?? 1_000);
    let from = 0;
    do {
      const holds = await syncSome(ids.slice(from, from + most));
      if (!holds) return;
      from += most;
    } while (from < ids.length);
  };

  /** @returns false when nothing of what was held counts any more, and everything has been listed anew */
  const syncSome = async (ids: readonly string[]): Promise<boolean> => {
    // Answers are about what was held when it was asked for, not about what was fetched anew meanwhile.
    const asked = new Map(ids.map((id) => [id, store.all.get(id)]));
    const request = {
      epoch: store.epoch ?? '',
      urev: store.own.cursor,
      cursors: [...asked].flatMap(([id, held]) => (held ? [[id, held.gate.cursor] as const] : [])),
    };
    let next: string | undefined;
    for (let page = 0; page < MOST_SYNC_PAGES; page++) {
      const reply: Synced = await link.call('sync', { ...request, ...(next !== undefined && { next }) });
      const { user } = reply;
      if (reply.reset || user?.reset) {
        store.begin(reply.epoch, user?.upTo ?? 0);
        await list();
        return false;
      }
      user?.rows.forEach(store.ownRow);
      if (user?.more === false) store.own.advance(user.upTo);
      for (const one of reply.conversations) {
        const held = asked.get(one.id);
        if (held && store.all.get(one.id) === held) conversation(one, held);
      }
      next = reply.next;
      if (next !== undefined) continue;
      // of what goes on to be missing
      for (const id of [undefined, ...ids]) if (isMissing(id)) patience(id);
      return true;
    }
    throw new Error('a sync without end');
  };

  const conversation = (synced: Synced['conversations'][number], held: Held): void => {
    if ('gone' in synced) store.forget(synced.id);
    else if ('rows' in synced) store.rows(synced.id, held, synced.rows, synced.more ? undefined : synced.upTo);
    else store.drop(synced.id);
  };

  return {
    opened: (welcome: Welcome): void => {
      stop();
      enter(() => catchUp(welcome));
    },
    lost: (): void => {
      stop();
      store.lost();
    },
    ...newLines(questions, store),
    patience,
    sync,
  };
};
