import { report } from './report.ts';
import type { Observable } from './views.ts';

/** Who hears of something, in the order in which they came. What one throws is reported and harms nobody. */
export const newListeners = <Listener>(complain = report) => {
  const all = new Set<{ readonly listener: Listener }>();
  return {
    get size(): number {
      return all.size;
    },
    /** Returns how to leave. Who comes twice hears twice. */
    add: (listener: Listener): (() => void) => {
      const entry = { listener };
      all.add(entry);
      return () => all.delete(entry);
    },
    tell: (say: (listener: Listener) => void): void => {
      for (const entry of [...all])
        try {
          // it may have left meanwhile
          if (all.has(entry)) say(entry.listener);
        } catch (error) {
          complain(error);
        }
    },
  };
};

/** Tells listeners that something changed: once, however much changed in this turn. */
export const newChanges = (): Observable & { tell(): void } => {
  const listeners = newListeners<() => void>();
  let due = false;
  return {
    subscribe: listeners.add,
    tell: () => {
      if (due || listeners.size === 0) return;
      due = true;
      queueMicrotask(() => {
        due = false;
        listeners.tell((hear) => hear());
      });
    },
  };
};
