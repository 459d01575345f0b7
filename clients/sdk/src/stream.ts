import { type Deferred, deferred } from './deferred.ts';

type Taken<T> = IteratorResult<T, undefined>;

export interface Stream<T> extends AsyncIterableIterator<T, undefined> {
  push(value: T): void;
  /** What has come can still be taken. */
  end(): void;
}

const END = { done: true, value: undefined } as const;

/**
 * What is pushed in, to be taken out in order; bounded.
 * @param ended called once, when it ends from either side
 */
export const newStream = <T>(most: number, ended: () => void): Stream<T> => {
  const buffer: T[] = [];
  const waiting: Deferred<Taken<T>>[] = [];
  let over = false;
  let failure: Error | undefined;

  const end = (): void => {
    if (over) return;
    over = true;
    for (const { resolve } of waiting.splice(0)) resolve(END);
    ended();
  };

  const stream: Stream<T> = {
    push: (value: T): void => {
      if (over) return;
      const first = waiting.shift();
      if (first) return first.resolve({ done: false, value });
      if (buffer.push(value) <= most) return;
      buffer.length = 0;
      failure = new Error(`${most} wait to be taken; later ones are lost here`);
      end();
    },
    end,
    next: async (): Promise<Taken<T>> => {
      if (buffer.length > 0) return { done: false, value: buffer.shift()! }; // it is not empty
      const failed = failure;
      failure = undefined;
      if (failed) throw failed;
      if (over) return END;
      const next = deferred<Taken<T>>();
      waiting.push(next);
      return next.promise;
    },
    return: async (): Promise<Taken<T>> => {
      buffer.length = 0;
      end();
      return END;
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
};
