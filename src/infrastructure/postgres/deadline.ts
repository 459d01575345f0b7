/**
 * Calls `late` after so many milliseconds, unless that is called off by what this returns. An answer that came meanwhile is heard
 * first: a process that stood still runs its timers before it reads what has arrived.
 */
export const atDeadline = (ms: number, late: () => void): (() => void) => {
  let inTime = false;
  const timer = setTimeout(() => setImmediate(() => inTime || late()), ms);
  return () => {
    inTime = true;
    clearTimeout(timer);
  };
};
