import { type Deferred, deferred } from '../deferred.ts';
import { Lost } from '../link/failures.ts';
import type { MessageView } from '../views.ts';

/** Who waits for a message to be stored. */
export const newSent = () => {
  const waiting = new Map<string, Deferred<MessageView>>();
  const take = (id: string): Deferred<MessageView> | undefined => {
    const one = waiting.get(id);
    waiting.delete(id);
    return one;
  };
  return {
    of: (id: string): Promise<MessageView> => {
      const one = waiting.get(id) ?? deferred();
      waiting.set(id, one);
      return one.promise;
    },
    resolve: (id: string, view: () => MessageView): void => {
      take(id)?.resolve(view());
    },
    reject: (id: string, error: Error): void => take(id)?.reject(error),
    close: (): void => {
      for (const id of [...waiting.keys()]) take(id)?.reject(new Lost('the client is closed'));
    },
  };
};
