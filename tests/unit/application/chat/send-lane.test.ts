import { v7 } from 'uuid';
import { beforeEach, describe, expect, it } from 'vitest';
import { SendLane } from '#app/application/chat/send-lane.ts';
import { MessageId } from '#app/domain/shared/ids.ts';

const [first, second, third] = [MessageId(v7()), MessageId(v7()), MessageId(v7())];

describe('SendLane', () => {
  let lane: SendLane;
  beforeEach(() => {
    lane = new SendLane();
  });

  it('admits everything while nothing failed', () => {
    expect([lane.admits(lane.enter(), first), lane.admits(lane.enter(), second), lane.idle]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('lets nothing overtake what failed, until that is sent again', () => {
    const [one, two, three] = [lane.enter(), lane.enter(), lane.enter()];
    lane.break(one, first);
    expect([lane.admits(two, second), lane.admits(three, third), lane.idle]).toEqual([false, false, false]);
    expect(lane.admits(lane.enter(), second)).toBe(false);
    expect(lane.admits(lane.enter(), first)).toBe(true);
    expect([lane.idle, lane.admits(lane.enter(), second)]).toEqual([true, true]);
  });

  it('lets what was called before the failure go on', () => {
    const [one, two] = [lane.enter(), lane.enter()];
    lane.break(two, second);
    expect(lane.admits(one, first)).toBe(true);
    expect(lane.idle).toBe(false);
  });

  it('does not take the failed call itself for its repetition', () => {
    const one = lane.enter();
    lane.break(one, first);
    expect(lane.admits(one, first)).toBe(false);
  });

  it('waits for the earliest of several failures', () => {
    const [one, two] = [lane.enter(), lane.enter()];
    lane.break(two, second);
    lane.break(one, first);
    lane.break(lane.enter(), third);
    expect(lane.admits(lane.enter(), second)).toBe(false);
    expect(lane.admits(lane.enter(), third)).toBe(false);
    expect(lane.admits(lane.enter(), first)).toBe(true);
  });
});
