/** Requests that are not answered yet, and last answers that have not left yet. */
export class RequestsUnderWay {
  #unanswered = 0;
  /** Connections that end by themselves when their last answer is out. */
  #ending = 0;
  readonly #waiting = new Set<() => void>();

  began(): void {
    this.#unanswered++;
  }

  /** @param ends its connection ends with this answer */
  answered(ends: boolean): void {
    this.#unanswered--;
    if (ends) this.#ending++;
    this.#tell();
  }

  /** Some connection; which one uWebSockets does not say, so an idle one may stand for one that is still writing. */
  connectionEnded(): void {
    if (this.#ending > 0) this.#ending--;
    this.#tell();
  }

  /** Resolves when there are none, or after so many milliseconds. */
  async finished(ms: number): Promise<void> {
    if (this.#none) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(late);
        this.#waiting.delete(done);
        resolve();
      };
      const late = setTimeout(done, ms);
      this.#waiting.add(done);
    });
  }

  get #none(): boolean {
    return this.#unanswered === 0 && this.#ending === 0;
  }

  #tell(): void {
    if (this.#none) for (const done of this.#waiting) done();
  }
}
