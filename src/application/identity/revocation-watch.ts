import type { Proofs } from '../ports/proofs.ts';
import type { Rests, Revocations } from '../ports/revocations.ts';
import type { Timers } from '../ports/timers.ts';

/** Without a word from the node that revoked, a socket lives on for so long at most, in milliseconds. */
const ROUND_MS = 25_000;
const RETRY_MS = 1_000;
const AT_ONCE = 1_000;

/** Ends what was revoked and not heard of: looks at the store now and then, and at once when an announcement may have been lost. */
export class RevocationWatch {
  #cancel: (() => void) | undefined;
  #looking = false;
  #again = false;
  #closed = false;

  constructor(
    private readonly proofs: Proofs,
    private readonly revocations: Revocations,
    /** What is live on this node. */
    private readonly held: () => Iterable<Rests>,
    private readonly timers: Timers,
    private readonly onFault: (error: unknown) => void,
  ) {
    revocations.onLoss(() => this.#look());
    this.#later(ROUND_MS);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #later(ms: number): void {
    this.#cancel?.();
    if (!this.#closed) this.#cancel = this.timers.after(ms, () => this.#look());
  }

  #look(): void {
    this.#again = this.#looking;
    if (this.#looking || this.#closed) return;
    this.#looking = true;
    void this.#round();
  }

  async #round(): Promise<void> {
    let next = ROUND_MS;
    try {
      do {
        this.#again = false;
        await this.#compare([...this.held()]);
      } while (this.#again && !this.#closed);
    } catch (error) {
      next = RETRY_MS;
      if (!this.#closed) this.onFault(error);
    } finally {
      this.#looking = false;
      this.#later(next);
    }
  }

  async #compare(held: readonly Rests[]): Promise<void> {
    for (let at = 0; at < held.length && !this.#closed; at += AT_ONCE)
      for (const fallen of await this.proofs.fallen(held.slice(at, at + AT_ONCE))) this.revocations.announce(fallen);
  }
}
