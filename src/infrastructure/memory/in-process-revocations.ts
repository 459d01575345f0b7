import type { Random } from '#app/application/ports/random.ts';
import type { Revocation, RevocationPage, Revocations } from '#app/application/ports/revocations.ts';

const KEPT = 10_000;
const PAGE = 1_000;

/** Revocations of this process: the last ones are kept for those who poll. */
export class InProcessRevocations implements Revocations {
  readonly #listeners = new Set<{ readonly hear: (revocation: Revocation) => void }>();
  readonly #kept: Revocation[] = [];
  #announced = 0;
  readonly #incarnation: string;

  constructor(
    random: Random,
    /** Told what a listener threw. */
    private readonly fault: (error: unknown) => void,
  ) {
    this.#incarnation = random.uuid();
  }

  announce(revocation: Revocation): void {
    this.#announced += 1;
    this.#kept.push(revocation);
    // Cut in halves, not one by one: shifting a long array each time would cost.
    if (this.#kept.length > 2 * KEPT) this.#kept.splice(0, KEPT);
    for (const { hear } of [...this.#listeners]) {
      try {
        hear(revocation);
      } catch (error) {
        this.fault(error);
      }
    }
  }

  subscribe(listener: (revocation: Revocation) => void): () => void {
    const entry = { hear: listener };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  since(cursor?: string): Promise<RevocationPage> {
    return Promise.resolve(this.#since(cursor));
  }

  #since(cursor: string | undefined): RevocationPage {
    const head = { revocations: [], cursor: this.#cursor(this.#announced), complete: cursor === undefined };
    const [incarnation, seen] = cursor?.split('.') ?? [];
    const from = Number(seen) - (this.#announced - this.#kept.length);
    if (incarnation !== this.#incarnation || !(from >= 0) || from > this.#kept.length) return head;
    const revocations = this.#kept.slice(from, from + PAGE);
    return { revocations, cursor: this.#cursor(Number(seen) + revocations.length), complete: true };
  }

  #cursor(seen: number): string {
    return `${this.#incarnation}.${seen}`;
  }
}
