import type { Machine } from '../questions.ts';

/** An event that was lost is made up for by the next; this is how long it may be late. */
const LATE_MS = 1_000;
const NOBODY: readonly string[] = [];

/** Who types in the one conversation that is looked at, as the server said last, and for no longer than it holds. */
export class Typists {
  #id: string | undefined;
  #users = NOBODY;
  #cancel: (() => void) | undefined;

  constructor(
    private readonly machine: Pick<Machine, 'after'>,
    private readonly changed: () => void,
  ) {}

  of(id: string): readonly string[] {
    return id === this.#id ? this.#users : NOBODY;
  }

  /** Another conversation, of which nothing is known yet. */
  turnTo(id: string | undefined): void {
    if (id === this.#id) return;
    this.#id = id;
    this.#set(NOBODY);
  }

  heard(id: string, users: readonly string[], expiresMs: number): void {
    if (id !== this.#id) return;
    this.#set(users);
    if (users.length > 0) this.#cancel = this.machine.after(expiresMs + LATE_MS, () => this.#set(NOBODY));
  }

  /** What they typed has come. */
  wrote(id: string, userId: string): void {
    if (id === this.#id && this.#users.includes(userId)) this.#users = this.#users.filter((one) => one !== userId);
    else return;
    this.changed();
  }

  close(): void {
    this.#cancel?.();
  }

  #set(users: readonly string[]): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (users.length === this.#users.length && users.every((userId, at) => userId === this.#users[at])) return;
    this.#users = users.length === 0 ? NOBODY : users;
    this.changed();
  }
}
