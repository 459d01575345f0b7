/** A wall clock that runs wrong. */
export interface ShiftedClock {
  step(ms: number): void;
}

/**
 * Replaces the clocks of this process beneath everything that looks at them, our own port, libraries and dates made of nothing
 * alike. Timers keep the system's pace.
 * @param words milliseconds by which the wall clock is off, and how fast this machine takes a second to pass, as `3600000 1.02`
 */
export const shiftClock = (words: string): ShiftedClock => {
  const [offsetMs = 0, rate = 1] = words.split(' ').map(Number);
  const [wall, monotonic] = [Date.now(), performance.now.bind(performance)];
  const began = monotonic();
  const passed = () => (monotonic() - began) * rate;
  let stepped = 0;
  performance.now = () => began + passed();
  Date.now = () => Math.floor(wall + offsetMs + stepped + passed());
  globalThis.Date = new Proxy(Date, {
    construct: (of, given: unknown[], asked) =>
      Reflect.construct(of, given.length === 0 ? [of.now()] : given, asked) as Date,
  });
  return { step: (ms) => void (stepped += ms) };
};
