const DAY_MS = 86_400_000;

/** Instants in the words of a language, in the time zone of the device. */
export interface Formats {
  /** 14:05 */
  time(at: Date): string;
  /** What a list shows: the time today, the weekday within a week, else the date. */
  shortly(at: Date, now: Date): string;
  /** What separates days: without the year in the present one. */
  day(at: Date, now: Date): string;
  /** Day and time in full. */
  moment(at: Date): string;
  number(value: number): string;
  list(items: readonly string[]): string;
  compare(a: string, b: string): number;
}

/** @param language with its region, where there is one: the hours and the order of a date depend on it */
export const formatsOf = (language: string): Formats => {
  const format = (options: Intl.DateTimeFormatOptions) => {
    const made = new Intl.DateTimeFormat(language, options);
    return (at: Date) => made.format(at);
  };
  const time = format({ timeStyle: 'short' });
  const weekday = format({ weekday: 'short' });
  const dayMonth = format({ day: 'numeric', month: 'short' });
  const date = format({ day: 'numeric', month: 'short', year: 'numeric' });
  const longDay = format({ weekday: 'long', day: 'numeric', month: 'long' });
  const longDate = format({ day: 'numeric', month: 'long', year: 'numeric' });
  const number = new Intl.NumberFormat(language);
  const list = new Intl.ListFormat(language, { type: 'conjunction' });
  const collator = new Intl.Collator(language, { sensitivity: 'base', numeric: true });
  return {
    time,
    shortly(at, now) {
      if (daysBetween(at, now) === 0) return time(at);
      if (daysBetween(at, now) > 0 && daysBetween(at, now) < 7) return weekday(at);
      return at.getFullYear() === now.getFullYear() ? dayMonth(at) : date(at);
    },
    day: (at, now) => (at.getFullYear() === now.getFullYear() ? longDay(at) : longDate(at)),
    moment: format({ dateStyle: 'medium', timeStyle: 'short' }),
    number: (value) => number.format(value),
    list: (items) => list.format(items),
    compare: collator.compare,
  };
};

/** Midnights between two instants, as the device's calendar has them. */
export const daysBetween = (earlier: Date, later: Date): number =>
  Math.round((midnight(later) - midnight(earlier)) / DAY_MS);

const midnight = (at: Date): number => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
