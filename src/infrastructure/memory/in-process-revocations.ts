import type { Revocation, Revocations } from '#app/application/ports/revocations.ts';

/** Revocations of a node that is alone: nothing gets lost. */
export class InProcessRevocations implements Revocations {
  readonly #listeners = new Set<{ readonly hear: (revocation: Revocation) => void }>();

  constructor(
    /** Told what a listener threw. */
    private readonly fault: (error: unknown) => void,
  ) {}

  announce(revocation: Revocation): void {
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

  onLoss(): void {}
}
