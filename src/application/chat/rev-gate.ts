import type { Timers } from '../ports/timers.ts';
import { HoldTime } from './hold-time.ts';

/** Where what was missed is read: the present state of the rows that changed after a counter. */
export interface Source<Key, Row> {
  /** Heads of these keys; unknown ones are missing. */
  heads(keys: readonly Key[]): Promise<ReadonlyMap<Key, number>>;
  /**
   * Rows with `after < counter ≤ upTo`, by counter, cut only between two counters; behind the last of them also later rows
   * without which they must not be shown.
   */
  read(key: Key, after: number, upTo: number): Promise<{ readonly rows: readonly Row[]; readonly more: boolean }>;
  counterOf(row: Row): number;
}

/** Where things go, one after another: each event of a key in the order of its counter, without a hole. */
export interface Outlet<Key, Event, Row> {
  event(key: Key, event: Event): void;
  /**
   * Stands for all events in `from < counter ≤ upTo`. Not `whole`: one of several parts of a long gap. Rows are in their
   * present state, so a part lacks those that a later part holds: what is safe to show in it can't be told from it.
   */
  repaired(key: Key, from: number, upTo: number, rows: readonly Row[], whole: boolean): void;
}

export interface RevGateOptions {
  /** How long an event waits for the ones before it until they are read from the database, in milliseconds. */
  readonly holdMs: number;
  /** The longest that it waits while events prove to be late rather than lost; `holdMs` when absent. */
  readonly longestHoldMs?: number;
  /** Events held for one key; beyond, they are dropped and read back. */
  readonly heldLimit: number;
  /** Told for each event that has to wait for the ones before it, or until they have been read back. */
  readonly onHeld?: () => void;
  /** Told for each gap that had to be read back. */
  readonly onRepair?: (rows: number) => void;
  /** How long an event may be on its way when a routine comparison already sees its commit, in milliseconds; `holdMs` when absent. */
  readonly lateMs?: number;
  /** Told for each hole that only a routine comparison of heads brought to light: nothing had hinted at a loss. */
  readonly onSilentLoss?: () => void;
  readonly onFault?: (error: unknown) => void;
}

/** A hole that was read back. */
interface Hole {
  readonly after: number;
  readonly before: number;
  /** How long it had been waited for. */
  readonly heldMs: number;
}

interface Lane<Event> {
  last: number;
  /** What a comparison of heads said that there is; 0 when that is out. */
  head: number;
  /** Compared or in use since it was opened. What came between the reading of its head and the opening, nobody has lost. */
  settled: boolean;
  /** That `head` is ahead has its reason. */
  explained: boolean;
  held: Map<number, Event> | undefined;
  repairing: boolean;
  cancel: (() => void) | undefined;
  /** The last one, or the one that is being read; what comes of it was late. */
  hole: Hole | undefined;
}

const RETRY_MS = 500;
/** Holes that are read at once. The others wait, and what is only late may fill them meanwhile: reading must not feed on itself. */
const READS_AT_ONCE = 4;
const HEADS_AT_ONCE = 1_000;

/**
 * Lets a node's events out in counter order without a hole, per conversation (`rev`) or user (`urev`). Events reach a node
 * by hints that may be lost or cross each other; a member that was removed must not get what came after, so a hole is
 * filled from the database before anything behind it leaves.
 */
export class RevGate<Key, Event, Row> {
  readonly #lanes = new Map<Key, Lane<Event>>();
  readonly #hold: HoldTime;
  #reads = 0;
  /** Repairs whose time has come, oldest first; at most one for each lane. */
  readonly #due = new Set<() => void>();

  constructor(
    private readonly source: Source<Key, Row>,
    private readonly outlet: Outlet<Key, Event, Row>,
    private readonly timers: Timers,
    private readonly options: RevGateOptions,
  ) {
    this.#hold = new HoldTime(options.holdMs, options.longestHoldMs ?? options.holdMs);
  }

  /** How many keys have subscribers here. */
  get size(): number {
    return this.#lanes.size;
  }

  /** From now on events above `head` pass. Opening an open one changes nothing. */
  open(key: Key, head: number): void {
    if (!this.#lanes.has(key)) this.#lanes.set(key, laneAt(head));
  }

  /** The last subscriber is gone: events of the key are nobody's here. */
  close(key: Key): void {
    this.#lanes.get(key)?.cancel?.();
    this.#lanes.delete(key);
  }

  /** Whether somebody here hears what is of this name; any name may be asked for. */
  isOpen(key: unknown): boolean {
    return this.#lanes.has(key as Key);
  }

  /** The counter of what left last; undefined when the key is not open. */
  lastOf(key: Key): number | undefined {
    return this.#lanes.get(key)?.last;
  }

  accept(key: Key, counter: number, event: Event): void {
    const lane = this.#lanes.get(key);
    if (!lane) return;
    const { hole } = lane;
    if (hole && hole.after < counter && counter < hole.before) this.#hold.wasTooShort(hole.heldMs);
    if (counter <= lane.last) return;
    if (counter === lane.last + 1 && !lane.repairing) {
      lane.last = counter;
      lane.settled = true;
      this.outlet.event(key, event);
      if (lane.held) this.#release(key, lane);
      return;
    }
    this.options.onHeld?.();
    lane.held ??= new Map();
    if (lane.held.size < this.options.heldLimit) lane.held.set(counter, event);
    if (!lane.repairing) this.#wait(key, lane);
  }

  /** After a disturbance, when events may have been lost, and now and then in any case: reads the heads of all open keys, and what was missed. */
  async compareHeads(disturbed = false): Promise<void> {
    const { holdMs, lateMs = holdMs } = this.options;
    this.#hold.relax(); // a node that can't be heard is a disturbance each second, for as long as that lasts
    const keys = [...this.#lanes.keys()];
    for (let start = 0; start < keys.length; start += HEADS_AT_ONCE) {
      const heads = await this.source.heads(keys.slice(start, start + HEADS_AT_ONCE));
      for (const [key, head] of heads) {
        const lane = this.#lanes.get(key);
        if (!lane) continue;
        const explained = disturbed || !lane.settled;
        lane.settled = true;
        // An event of a commit that is just being announced is not lost: it gets the time that any late event gets.
        if (head <= lane.last || lane.repairing) continue;
        lane.head = head;
        lane.explained = explained;
        this.#wait(key, lane, explained ? holdMs : lateMs);
      }
    }
  }

  /**
   * The database holds another history, in which numbers that were let out stand for something else, or for nothing yet:
   * each open key begins anew at its head, and whoever has subscribed since the change is told to catch up to there.
   */
  async beginAnew(): Promise<void> {
    const keys = [...this.#lanes.keys()];
    for (let start = 0; start < keys.length; start += HEADS_AT_ONCE) {
      const some = keys.slice(start, start + HEADS_AT_ONCE);
      const heads = await this.source.heads(some);
      for (const key of some) {
        const lane = this.#lanes.get(key);
        if (!lane) continue;
        lane.cancel?.();
        const head = heads.get(key) ?? 0;
        this.#lanes.set(key, laneAt(head)); // a repair under way finds that it is no longer wanted
        if (head > 0) this.outlet.repaired(key, head, head, [], false);
      }
    }
  }

  #release(key: Key, lane: Lane<Event>): void {
    const held = lane.held;
    for (let event = held?.get(lane.last + 1); held && event !== undefined; event = held.get(lane.last + 1)) {
      held.delete(++lane.last);
      this.outlet.event(key, event);
    }
    if (held) for (const counter of held.keys()) if (counter <= lane.last) held.delete(counter);
    if (held?.size === 0) lane.held = undefined;
    if (lane.held || lane.head > lane.last) return;
    lane.cancel?.();
    lane.cancel = undefined;
  }

  #wait(key: Key, lane: Lane<Event>, ms = this.#hold.ms): void {
    const repair = () => {
      lane.cancel = undefined;
      this.#reads++;
      void this.#repair(key, lane, ms).finally(() => {
        this.#reads--;
        this.#startDue();
      });
    };
    lane.cancel ??= this.timers.after(ms, () => {
      lane.cancel = () => this.#due.delete(repair);
      this.#due.add(repair);
      this.#startDue();
    });
  }

  #startDue(): void {
    for (const repair of this.#due) {
      if (this.#reads >= READS_AT_ONCE) return;
      this.#due.delete(repair);
      repair();
    }
  }

  async #repair(key: Key, lane: Lane<Event>, heldMs: number): Promise<void> {
    if (this.#lanes.get(key) !== lane || lane.repairing) return;
    if (!lane.held && lane.head <= lane.last) return;
    const silent = !lane.held && !lane.explained;
    lane.hole = lane.held && { after: lane.last, before: Math.min(...lane.held.keys()), heldMs };
    lane.repairing = true;
    try {
      await this.#readBack(key, lane);
    } catch (error) {
      this.options.onFault?.(error);
      if (this.#lanes.get(key) === lane) this.#wait(key, lane, RETRY_MS);
      return;
    } finally {
      lane.repairing = false;
    }
    if (this.#lanes.get(key) !== lane) return; // closed meanwhile: what it held is nobody's
    lane.head = 0;
    if (silent) this.options.onSilentLoss?.();
    this.#release(key, lane);
    if (lane.held && this.#lanes.get(key) === lane) this.#wait(key, lane);
  }

  async #readBack(key: Key, lane: Lane<Event>): Promise<void> {
    const head = (await this.source.heads([key])).get(key);
    const start = lane.last;
    while (head !== undefined && lane.last < head && this.#lanes.get(key) === lane) {
      const from = lane.last;
      const { rows, more } = await this.source.read(key, from, head);
      if (this.#lanes.get(key) !== lane) return;
      const last = rows.at(-1);
      lane.last = more && last !== undefined ? this.source.counterOf(last) : head;
      this.options.onRepair?.(rows.length);
      this.outlet.repaired(key, from, lane.last, rows, !more && from === start);
    }
  }
}

const laneAt = (head: number): Lane<never> => ({
  last: head,
  head: 0,
  settled: false,
  explained: false,
  held: undefined,
  repairing: false,
  cancel: undefined,
  hole: undefined,
});
