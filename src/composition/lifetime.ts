/** What is opened is closed, last first, and one failure does not spare the rest. A second disposal does nothing. */
export class Lifetime {
  #closers: (() => unknown)[] = [];

  own<T>(resource: T, close: (resource: T) => unknown): T {
    this.#closers.unshift(() => close(resource));
    return resource;
  }

  /** @throws AggregateError with all that failed, after everything was tried */
  async [Symbol.asyncDispose](): Promise<void> {
    const closers = this.#closers;
    this.#closers = [];
    const failures: unknown[] = [];
    for (const close of closers) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be closed');
  }
}
