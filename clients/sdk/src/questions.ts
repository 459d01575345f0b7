import { newBackoff } from './link/backoff.ts';
import { Lost, Refused } from './link/failures.ts';
import type { Link } from './link/link.ts';
import type { Surroundings } from './link/surroundings.ts';
import type { CommandType, InputOf, OutputOf } from './protocol.ts';

export type Machine = Pick<Surroundings, 'after' | 'random' | 'monotonic'>;

/** After how many milliseconds, at least, the same may be asked again; undefined when this will not pass. */
export const passesAfter = (error: unknown): number | undefined =>
  error instanceof Refused && (error.code === 'unavailable' || error.code === 'rate_limited')
    ? (error.retryAfterMs ?? 0)
    : undefined;
/** Whatever it is, it may pass as well. */
export const isFault = (error: unknown): boolean => error instanceof Refused && error.code === 'internal';

/** A fault of the server may pass as well, but who insists on it for ever? */
const MOST_FAULTS = 5;

/** Asks what changes nothing, over however many connections it takes. */
export const newQuestions = (link: Link, machine: Machine) => {
  /** Everybody who waits. */
  const waiting = new Set<() => void>();
  const forConnection = new Set<() => void>();
  let closed = false;

  /** @param begin is told how to end the waiting, and returns how to call it off */
  const wait = (begin: (done: () => void) => () => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const giveUp = () => {
        callOff();
        reject(new Lost('the client is closed'));
      };
      const callOff = begin(() => {
        callOff();
        waiting.delete(giveUp);
        resolve();
      });
      waiting.add(giveUp);
      if (closed) giveUp();
    });

  const connection = () =>
    wait((done) => {
      forConnection.add(done);
      return () => forConnection.delete(done);
    });

  /** Resolves after a while. @throws Lost when the client is closed */
  const rest = (ms: number) => wait((done) => machine.after(ms, done));

  /**
   * What was lost with its connection is asked again on the next one, what is not possible right now after a while.
   * @param wanted false when nobody waits for the answer any more
   * @throws Refused for good; Lost when the client is closed or the answer is not wanted any more
   */
  const ask = async <T extends CommandType>(
    type: T,
    data: InputOf<T>,
    wanted = (): boolean => true,
  ): Promise<OutputOf<T>> => {
    const backoff = newBackoff(machine);
    let faults = 0;
    while (wanted() && !closed) {
      if (!link.welcome) await connection();
      try {
        return await link.call(type, data);
      } catch (error) {
        const wait = passesAfter(error);
        const passes = wait !== undefined || (isFault(error) && ++faults < MOST_FAULTS);
        if (!passes && !(error instanceof Lost)) throw error;
        // a link that says "lost" while it is there would be asked without end
        if (passes || link.welcome) await rest(backoff.next(wait));
      }
    }
    throw new Lost('nobody waits any more');
  };

  return {
    ask,
    rest,
    opened: (): void => {
      for (const done of [...forConnection]) done();
    },
    close: (): void => {
      closed = true;
      for (const giveUp of [...waiting]) giveUp();
    },
  };
};

export type Questions = ReturnType<typeof newQuestions>;
