import { TYPING_EXPIRES_MS } from '#app/domain/connection/presence.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Timers } from '../ports/timers.ts';
import { Coalescer } from './coalescer.ts';

/** Of more nobody can say who they are. */
const MOST_SHOWN = 20;
const MOST_CONVERSATIONS = 10_000;
/** Of one conversation those who look are told at most this often. */
const TOLD_EVERY_MS = 1_000;

interface Typists {
  /** Until when each counts, by the monotonic clock; the first ends first. */
  readonly until: Map<UserId, number>;
  cancel: () => void;
}

export interface TypingBoardOptions {
  /** Whether somebody here could look at it. */
  readonly isOpen: (id: ConversationId) => boolean;
  /** Who types there from now on; nobody, when empty. */
  readonly tell: (id: ConversationId, users: readonly UserId[]) => void;
}

/** Who types in which conversation, as far as this node has heard, and for no longer than they go on. */
export class TypingBoard {
  readonly #conversations = new Map<ConversationId, Typists>();
  readonly #told: Coalescer<ConversationId, 'users', true>;

  constructor(
    private readonly timers: Timers,
    private readonly clock: Clock,
    private readonly options: TypingBoardOptions,
  ) {
    const tell = (id: ConversationId) => options.tell(id, this.of(id));
    this.#told = new Coalescer(timers, TOLD_EVERY_MS, () => true, tell);
  }

  /** Conversations in which somebody types. */
  get size(): number {
    return this.#conversations.size;
  }

  of(id: ConversationId): readonly UserId[] {
    return [...(this.#conversations.get(id)?.until.keys() ?? [])];
  }

  heard(id: ConversationId, userId: UserId, active: boolean): void {
    const known = this.#conversations.get(id);
    const typed = known?.until.delete(userId) ?? false;
    if (active && !this.#note(id, known ?? this.#begun(id), userId)) return;
    if (known?.until.size === 0) this.#forget(id, known);
    // Who goes on is told again: whoever shows it forgets what is not repeated.
    if (active || typed) this.#told.add(id, 'users', true);
  }

  close(): void {
    for (const { cancel } of this.#conversations.values()) cancel();
    this.#conversations.clear();
    this.#told.close();
  }

  #note(id: ConversationId, typists: Typists | undefined, userId: UserId): boolean {
    if (!typists || typists.until.size >= MOST_SHOWN) return false;
    typists.until.set(userId, this.clock.monotonic() + TYPING_EXPIRES_MS);
    if (typists.until.size === 1) this.#expireLater(id, typists, TYPING_EXPIRES_MS);
    return true;
  }

  #begun(id: ConversationId): Typists | undefined {
    if (!this.options.isOpen(id) || this.#conversations.size >= MOST_CONVERSATIONS) return undefined;
    const typists = { until: new Map<UserId, number>(), cancel: () => {} };
    this.#conversations.set(id, typists);
    return typists;
  }

  #expireLater(id: ConversationId, typists: Typists, ms: number): void {
    typists.cancel();
    typists.cancel = this.timers.after(ms, () => {
      const now = this.clock.monotonic();
      const before = typists.until.size;
      for (const [userId, until] of typists.until)
        if (until <= now) typists.until.delete(userId);
        else break;
      const [next] = typists.until.values();
      if (next === undefined) this.#forget(id, typists);
      else this.#expireLater(id, typists, Math.max(1, next - now));
      if (typists.until.size < before) this.#told.add(id, 'users', true);
    });
  }

  #forget(id: ConversationId, typists: Typists): void {
    typists.cancel();
    this.#conversations.delete(id);
  }
}
