import { Lost, Refused } from '../link/failures.ts';
import type { Link } from '../link/link.ts';
import { report } from '../report.ts';
import { isFault, type Machine, passesAfter } from '../questions.ts';
import { newPace } from './pace.ts';
import type { Ack, Pending, Phase, Queue } from './queue.ts';

/** On their way at once, in one conversation and in all; well below what the server lets wait for an answer. */
const AT_ONCE = 16;
const AT_ONCE_IN_ALL = 48;
/** A fault of the server may pass; a message that brings one about each time has failed. */
const MOST_FAULTS = 5;

export interface Outcomes {
  /** Whether the message is still to be sent; its row may have come before the answer. */
  waits(pending: Pending): boolean;
  turned(pending: Pending, phase: Phase): void;
  acked(pending: Pending, ack: Ack): void;
  /** For good. */
  refused(pending: Pending, refusal: Refused): void;
  /** One more of this queue is answered, however. */
  answered(queue: Queue, conversationId: string): void;
}

/** Brings what is queued to the server: in order per conversation, from the oldest unanswered on after a failure. */
export const newSender = (link: Link, machine: Machine, queues: ReadonlyMap<string, Queue>, outcomes: Outcomes) => {
  const pace = newPace(link, machine);
  let underWay = 0;
  /** Caught up: what is written may go out. */
  let ready = false;

  /** Sends what may go. */
  const pump = (): void => {
    for (const queue of queues.values())
      while (ready && link.leads && !queue.broken && underWay < AT_ONCE_IN_ALL) {
        const next = queue.inFlight < (pace.allowsPipelining() ? AT_ONCE : 1) && queue.next();
        if (!next) break;
        void transmit(queue, next);
      }
  };

  const transmit = async (queue: Queue, pending: Pending): Promise<void> => {
    const { id, conversationId, content, replyTo } = pending.entry;
    outcomes.turned(pending, 'sending');
    pending.tried = true;
    queue.inFlight++;
    underWay++;
    pace.sent();
    try {
      const ack = await link.call('message.send', {
        ...{ id, conversationId, content },
        ...(replyTo !== undefined && { replyTo }),
      });
      if (!queue.broken) queue.backoff.reset();
      if (outcomes.waits(pending)) outcomes.acked(pending, ack);
    } catch (error) {
      if (outcomes.waits(pending)) notAcked(queue, pending, error);
    }
    queue.inFlight--;
    underWay--;
    if (queue.broken && queue.inFlight === 0) rest(queue);
    outcomes.answered(queue, conversationId);
    pump();
  };

  const notAcked = (queue: Queue, pending: Pending, error: unknown): void => {
    if (error instanceof Refused && !mayPass(error, pending)) return outcomes.refused(pending, error);
    queue.broken = true;
    queue.restMs = Math.max(queue.restMs ?? 0, passesAfter(error) ?? 0);
    outcomes.turned(pending, 'queued');
    if (!(error instanceof Refused || error instanceof Lost)) report(error);
  };

  /** All that was under way is answered: from the oldest on, after a while if something asks for one. */
  const rest = (queue: Queue): void => {
    const go = () => {
      queue.resting = queue.restMs = undefined;
      queue.broken = false;
      pump();
    };
    if (queue.restMs === undefined) return go();
    if (ready) queue.resting = machine.after(queue.backoff.next(queue.restMs), go);
  };

  return {
    pump,
    ready: (): void => {
      ready = true;
      for (const queue of queues.values()) {
        queue.resting?.();
        queue.resting = queue.restMs = undefined;
        queue.backoff.reset();
        // what is under way on the connection before is answered first
        queue.broken = queue.inFlight > 0;
      }
      pump();
    },
    pause: (): void => {
      ready = false;
    },
    close: (): void => {
      ready = false;
      for (const queue of queues.values()) queue.resting?.();
    },
  };
};

/** Whether the same message may be taken later. Who is not authenticated any more will be, or the link gives up. */
const mayPass = (error: Refused, pending: Pending): boolean => {
  if (isFault(error)) return ++pending.faults < MOST_FAULTS;
  return error.code === 'unauthenticated' || passesAfter(error) !== undefined;
};

export type Sender = ReturnType<typeof newSender>;
