import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Signal, Signals } from '#app/application/ports/signals.ts';
import { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { v7 } from 'uuid';

export interface OpenedSignals {
  readonly signals: Signals;
  /** What listeners threw. */
  readonly faults: readonly unknown[];
  /** How many found the queue full. */
  readonly dropped: () => number;
  close?(): Promise<void>;
}

const userId = UserId(randomUUID());
const typing: Signal = { type: 'typing', conversationId: ConversationId(v7()), userId, active: true };
const presence: Signal = { type: 'presence', users: [userId, UserId(randomUUID())] };
const blocks: Signal = { type: 'blocks', users: [userId] };

export const signalsContract = (adapter: string, open: () => Promise<OpenedSignals>) =>
  describe(`Signals contract: ${adapter}`, () => {
    let opened: OpenedSignals;
    let signals: Signals;
    let heard: Signal[];
    const arrived = (count: number) => expect.poll(() => heard.length).toBe(count);
    beforeEach(async () => {
      opened = await open();
      ({ signals } = opened);
      heard = [];
    });
    afterEach(async () => {
      signals.close();
      await opened.close?.();
    });

    it('tells this node what it sent itself, as it was, to each who listens', async () => {
      const other: Signal[] = [];
      signals.onSignal((signal) => void heard.push(signal));
      signals.onSignal((signal) => void other.push(signal));
      for (const signal of [typing, presence, blocks]) signals.send(signal);
      await arrived(3);
      expect(heard).toEqual([typing, presence, blocks]);
      expect(other).toEqual(heard);
    });

    it('calls listeners later, never from inside, and takes what they send', async () => {
      signals.onSignal((signal) => {
        if (heard.push(signal) === 1) signals.send(presence);
      });
      signals.send(typing);
      expect(heard).toEqual([]);
      await arrived(2);
    });

    it('goes on after a listener that throws, and says so', async () => {
      signals.onSignal(() => {
        throw new Error('broken');
      });
      signals.onSignal((signal) => void heard.push(signal));
      signals.send(typing);
      signals.send(typing);
      await arrived(2);
      expect(opened.faults).toEqual([new Error('broken'), new Error('broken')]);
    });

    it('drops what would make its queue grow without end', async () => {
      signals.onSignal((signal) => void heard.push(signal));
      for (let n = 0; n < 12_000; n++) signals.send(typing);
      await arrived(10_000);
      expect(opened.dropped()).toBe(2_000);
    });

    it('is silent after close, also about what was under way', async () => {
      signals.onSignal((signal) => void heard.push(signal));
      signals.send(typing);
      signals.close();
      signals.close();
      signals.send(typing);
      await new Promise((resolve) => setImmediate(resolve));
      expect(heard).toEqual([]);
    });
  });
