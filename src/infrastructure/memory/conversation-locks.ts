import { unavailable } from '#app/domain/shared/domain-error.ts';
import type { ConversationId } from '#app/domain/shared/ids.ts';

/** Ends a hold; a second call does nothing. */
export type Release = () => void;

/** One holder per conversation, in the order of asking. */
export class ConversationLocks {
  /** Who waits; a conversation that nobody holds is missing. */
  readonly #waiting = new Map<ConversationId, (() => void)[]>();

  constructor(private readonly timeoutMs: number) {}

  /** @throws Refusal `unavailable` when the lock can't be had in time, as a database's `lock_timeout` does */
  async hold(id: ConversationId): Promise<Release> {
    const waiting = this.#waiting.get(id);
    if (!waiting) this.#waiting.set(id, []);
    else
      await new Promise<void>((resolve, reject) => {
        const enter = () => {
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(enter), 1);
          reject(unavailable('lock_timeout'));
        }, this.timeoutMs);
        waiting.push(enter);
      });
    let held = true;
    return () => {
      if (held) this.#next(id);
      held = false;
    };
  }

  /** `work` is synchronous, so whoever looks sees all of it or nothing. */
  async run<T>(id: ConversationId, work: () => T): Promise<T> {
    const release = await this.hold(id);
    try {
      return work();
    } finally {
      release();
    }
  }

  #next(id: ConversationId): void {
    const enter = this.#waiting.get(id)?.shift();
    if (enter) enter();
    else this.#waiting.delete(id);
  }
}
