import { ManualTimers } from './manual-timers.ts';
import { ManualClock } from './identity.ts';

/** A clock and timers that go together, a step at a time, so that what comes due comes at its time. */
export class PassingTime {
  readonly clock = new ManualClock();
  readonly timers = new ManualTimers();

  async pass(ms: number, stepMs = 50): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      const step = Math.min(left, stepMs);
      this.clock.pass(step);
      await this.timers.pass(step);
    }
  }
}
