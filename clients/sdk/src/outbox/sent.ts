import { Lost } from '../link/failures.ts';
import type { MessageView } from '../views.ts';

interface Waiting {
  readonly promise: Promise<MessageView>;
  resolve(view: MessageView): void;
  reject(error: Error): void;
}

/** Who waits for a message to be stored. */
export class Sent {
  readonly #waiting = new Map<string, Waiting>();

  of(id: string): Promise<MessageView> {
    const known = this.#waiting.get(id);
    if (known) return known.promise;
    const { promise, resolve, reject } = withResolvers<MessageView>();
    promise.catch(() => {}); // whoever asked hears of it
    this.#waiting.set(id, { promise, resolve, reject });
    return promise;
  }

  resolve(id: string, view: () => MessageView): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    waiting.resolve(view());
  }

  reject(id: string, error: Error): void {
    this.#waiting.get(id)?.reject(error);
    this.#waiting.delete(id);
  }

  close(): void {
    for (const id of [...this.#waiting.keys()]) this.reject(id, new Lost('the client is closed'));
  }
}

/** `Promise.withResolvers` is younger than some browsers. */
export const withResolvers = <T>() => {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
};
