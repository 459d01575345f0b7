import { beforeEach, describe, expect, it } from 'vitest';
import { Availability } from '#app/application/availability.ts';
import { SendingOn } from '#app/application/connection/sending-on.ts';
import type { Elsewhere } from '#app/application/ports/witnesses.ts';

const NOTICE_MS = 3_000;

let now: number;
let elsewhere: Elsewhere;
let others: number;
/** When this node sent its clients on. */
let sentOn: number[];
let testified: number;
/** Ends the departure that is under way. */
let gone: () => void;
/** Whether the last departure was called off. */
let calledOff: () => boolean;
let look: (answers: boolean) => void;

/** A look at the database each second. */
const pass = (seconds: number, answers: boolean) => {
  for (let second = 0; second < seconds; second++) {
    now += 1_000;
    look(answers);
  }
};

beforeEach(() => {
  [now, elsewhere, others, sentOn, testified] = [0, 'answers', 2, [], 0];
  const clock = { monotonic: () => now };
  const availability = new Availability(clock, { awayMs: 30_000 });
  const witnesses = { testify: () => void testified++, elsewhere: () => elsewhere };
  const leave = (signal: AbortSignal) => {
    sentOn.push(now);
    calledOff = () => signal.aborted;
    return new Promise<void>((resolve) => (gone = resolve));
  };
  const sendingOn = new SendingOn(availability, witnesses, { clock, noticeMs: NOTICE_MS, others: () => others, leave });
  look = (answers) => {
    availability.database(answers);
    sendingOn.looked(answers);
  };
  pass(1, true);
});

describe('a node whose database is away', () => {
  it('tells the others of each time that it answered, and of no other', () => {
    pass(4, true);
    pass(10, false);
    expect(testified).toBe(5);
  });

  it('keeps its clients for half a minute, and until balancers have noticed', () => {
    pass(33, false);
    expect(sentOn).toEqual([]);
    pass(1, false);
    expect(sentOn).toEqual([35_000]);
  });

  it('keeps them when it is away for everybody', () => {
    elsewhere = 'silent';
    pass(600, false);
    expect(sentOn).toEqual([]);
  });

  it('sends them on as soon as another node has it again', () => {
    elsewhere = 'silent';
    pass(100, false);
    elsewhere = 'answers';
    pass(1, false);
    expect(sentOn).toHaveLength(1);
  });

  it('takes itself for the one that is cut off when it hears nobody, if there were others', () => {
    elsewhere = 'unknown';
    pass(40, false);
    expect(sentOn).toHaveLength(1);
  });

  it('keeps them when it hears nobody and was alone', () => {
    [elsewhere, others] = ['unknown', 0];
    pass(600, false);
    expect(sentOn).toEqual([]);
  });

  it('lets all leave before it sends on who came meanwhile', async () => {
    pass(60, false);
    expect(sentOn).toHaveLength(1);
    gone();
    await Promise.resolve();
    await Promise.resolve();
    pass(1, false);
    expect(sentOn).toHaveLength(2);
  });

  it('calls the departure off with the first answer, and none that begins later', async () => {
    pass(60, false);
    expect(calledOff()).toBe(false);
    pass(1, true);
    expect(calledOff()).toBe(true);
    gone();
    await Promise.resolve();
    await Promise.resolve();
    pass(1, false);
    expect([sentOn.length, calledOff()]).toEqual([2, false]);
  });

  it('keeps who comes when it is back', async () => {
    pass(60, false);
    gone();
    await Promise.resolve();
    await Promise.resolve();
    pass(60, true);
    expect(sentOn).toHaveLength(1);
  });
});
