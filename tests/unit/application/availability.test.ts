import { beforeEach, describe, expect, it } from 'vitest';
import { Availability } from '#app/application/availability.ts';

let now = 0;
let availability: Availability;
/** One look at the database each second. */
const pass = (seconds: number, answers: boolean) => {
  for (let second = 0; second < seconds; second++) {
    now += 1_000;
    availability.database(answers);
  }
};
const told = () => availability.asked(false);

beforeEach(() => {
  now = 5_000;
  availability = new Availability({ monotonic: () => now });
});

describe('a node', () => {
  it('is wanted from the beginning, degraded or not', () => {
    expect(told()).toEqual({ ready: true, status: 'ok' });
    expect(availability.asked(true)).toEqual({ ready: true, status: 'degraded' });
  });

  it('stays wanted while the database is away for a while', () => {
    pass(29, false);
    expect(told()).toEqual({ ready: true, status: 'degraded' });
    pass(1, true);
    expect(told()).toEqual({ ready: true, status: 'ok' });
  });

  it('is not wanted when the database has been away for long, until it has been back for a while', () => {
    pass(31, false);
    expect(told()).toEqual({ ready: false, status: 'away' });
    pass(5, true);
    expect(told().ready).toBe(false);
    pass(1, true);
    expect(told()).toEqual({ ready: true, status: 'ok' });
  });

  it('is not wanted back by a database that flaps', () => {
    pass(31, false);
    for (let flap = 0; flap < 20; flap++) {
      pass(4, true);
      pass(1, false);
    }
    expect(told().ready).toBe(false);
  });

  it('is not turned away by a database that flaps', () => {
    for (let flap = 0; flap < 20; flap++) {
      pass(20, false);
      pass(1, true);
    }
    expect(told().ready).toBe(true);
  });

  it('is never wanted again once it drains', () => {
    availability.drain();
    pass(60, true);
    expect(told()).toEqual({ ready: false, status: 'draining' });
    expect(availability.draining).toBe(true);
  });

  it('knows whether a balancer looks', () => {
    expect(availability.watched).toBe(false);
    told();
    now += 30_000;
    expect(availability.watched).toBe(true);
    now += 1;
    expect(availability.watched).toBe(false);
  });
});
