import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backplane } from '#app/application/ports/backplane.ts';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import { Urev } from '#app/domain/shared/counters.ts';
import { UserId } from '#app/domain/shared/ids.ts';

export interface OpenedBackplane {
  readonly backplane: Backplane;
  /** What subscribers threw. */
  readonly faults: readonly unknown[];
  /** Undoes what `open` made besides; the backplane is closed already. */
  close?(): Promise<void>;
}

const userId = UserId(randomUUID());
const event = (urev: number): ChatEvent => ({
  type: 'profile.changed',
  userId,
  urev: Urev(urev),
  handle: 'ada',
  displayName: 'Ada',
});
const urevs = (events: readonly ChatEvent[]) => new Set(events.map((heard) => 'urev' in heard && Number(heard.urev)));

/** Every adapter: at most once is promised, so a test may only await arrival where the adapter is healthy. */
export const backplaneContract = (adapter: string, open: () => Promise<OpenedBackplane>) =>
  describe(`Backplane contract: ${adapter}`, () => {
    let opened: OpenedBackplane;
    let backplane: Backplane;
    let heard: ChatEvent[];
    const arrived = (count: number) => expect.poll(() => heard.length).toBe(count);

    beforeEach(async () => {
      opened = await open();
      ({ backplane } = opened);
      heard = [];
    });
    afterEach(async () => {
      await backplane.close();
      await opened.close?.();
    });

    it('tells this node of what it published itself, each event once', async () => {
      backplane.subscribe((one) => void heard.push(one));
      backplane.publish([event(1), event(2)]);
      backplane.publish([]);
      backplane.publish([event(3)]);
      await arrived(3);
      expect(urevs(heard)).toEqual(new Set([1, 2, 3]));
      expect(heard.find((one) => 'urev' in one && one.urev === 2)).toEqual(event(2));
    });

    it('calls the subscriber later, never from inside publish', async () => {
      backplane.subscribe((one) => void heard.push(one));
      backplane.publish([event(1)]);
      expect(heard).toEqual([]);
      await arrived(1);
    });

    it('takes what a subscriber publishes', async () => {
      backplane.subscribe((one) => {
        if (heard.push(one) === 1) backplane.publish([event(2)]);
      });
      backplane.publish([event(1)]);
      await arrived(2);
    });

    it('goes on after a subscriber that throws, and says so', async () => {
      backplane.subscribe((one) => {
        heard.push(one);
        throw new Error('broken');
      });
      backplane.publish([event(1), event(2)]);
      await arrived(2);
      expect(opened.faults).toEqual([new Error('broken'), new Error('broken')]);
    });

    it('hears no node that there is not', () => {
      expect(backplane.hears('nobody')).toBe(false);
    });

    it('has one subscriber', () => {
      backplane.subscribe(() => {});
      expect(() => backplane.subscribe(() => {})).toThrow('subscriber');
    });

    it('publishes into the void without a subscriber', () => {
      expect(() => backplane.publish([event(1)])).not.toThrow();
    });

    it('calls each who repairs when events may be missing, also after one that throws', async () => {
      let repairs = 0;
      backplane.onDisturbance(() => {
        repairs++;
        throw new Error('broken');
      });
      backplane.onDisturbance(() => void repairs++);
      backplane.disturb();
      await expect.poll(() => repairs).toBe(2);
      expect(opened.faults).toEqual([new Error('broken')]);
    });

    it('is silent after a close by the subscriber itself', async () => {
      backplane.subscribe((one) => {
        heard.push(one);
        void backplane.close();
      });
      backplane.publish([event(1), event(2)]);
      await arrived(1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(heard).toHaveLength(1);
    });

    it('is silent after close, also about what was under way', async () => {
      backplane.subscribe((one) => void heard.push(one));
      backplane.onDisturbance(() => void heard.push(event(9)));
      backplane.publish([event(1)]);
      await backplane.close();
      await backplane.close();
      const atClose = heard.length;
      backplane.publish([event(2)]);
      backplane.disturb();
      await new Promise((resolve) => setImmediate(resolve));
      expect(heard).toHaveLength(atClose);
    });
  });
