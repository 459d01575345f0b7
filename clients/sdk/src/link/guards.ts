/** Whether a value that came over the wire is what it should be. */
export type Guard = (value: unknown) => boolean;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** RFC 3339 in UTC. */
const INSTANT = /^(\+\d\d)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const flag: Guard = (value) => typeof value === 'boolean';
/** A counter, or a number of things. */
export const count = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
export const text =
  (longest: number) =>
  (value: unknown): value is string =>
    typeof value === 'string' && value.length <= longest;
export const id = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);
export const instant: Guard = (value) =>
  typeof value === 'string' && INSTANT.test(value) && !Number.isNaN(Date.parse(value));
export const exactly =
  (...values: readonly unknown[]): Guard =>
  (value) =>
    values.includes(value);
export const optional =
  (guard: Guard): Guard =>
  (value) =>
    value === undefined || guard(value);
export const list =
  (guard: Guard): Guard =>
  (value) =>
    Array.isArray(value) && value.every(guard);
export const either =
  (...guards: readonly Guard[]): Guard =>
  (value) =>
    guards.some((guard) => guard(value));
/** Fields that are not named are not looked at. */
export const record = (fields: Readonly<Record<string, Guard>>): Guard => {
  const rows = Object.entries(fields);
  return (value) => isRecord(value) && rows.every(([name, guard]) => guard(value[name]));
};
