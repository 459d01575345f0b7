import { realSurroundings } from './link/surroundings.ts';

/** Calls a listener; what it throws is told to whoever watches the page or the process, and harms nobody here. */
export const safely = <T extends readonly unknown[]>(listener: (...event: T) => void, ...event: T): void => {
  try {
    listener(...event);
  } catch (error) {
    realSurroundings.report(error);
  }
};
