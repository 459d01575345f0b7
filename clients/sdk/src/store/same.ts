const equal = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || (a instanceof Date && b instanceof Date && a.getTime() === b.getTime());

/** The one that was there if the new one says the same, so that `===` tells whether something changed. */
export const kept = <T extends object>(before: T | undefined, now: T): T => {
  if (!before) return now;
  const keys = Object.keys(now) as (keyof T)[];
  const same = Object.keys(before).length === keys.length && keys.every((key) => equal(before[key], now[key]));
  return same ? before : now;
};
