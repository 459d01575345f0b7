import { Lost, Refused } from '../link/failures.ts';
import type { Link } from '../link/link.ts';
import { realSurroundings } from '../link/surroundings.ts';
import { isPassing, type Machine } from '../questions.ts';
import { Pace } from './pace.ts';
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
export class Sender {
  readonly #pace: Pace;
  #inFlight = 0;
  /** Caught up: what is written may go out. */
  #ready = false;

  constructor(
    private readonly link: Link,
    private readonly machine: Machine,
    private readonly queues: ReadonlyMap<string, Queue>,
    private readonly outcomes: Outcomes,
  ) {
    this.#pace = new Pace(machine);
  }

  ready(): void {
    this.#ready = true;
    for (const queue of this.queues.values()) {
      queue.resting?.();
      queue.resting = undefined;
      queue.restMs = undefined;
      queue.backoff.reset();
      // what is under way on the connection before is answered first
      queue.broken = queue.inFlight > 0;
    }
    this.pump();
  }

  pause(): void {
    this.#ready = false;
  }

  close(): void {
    this.#ready = false;
    for (const queue of this.queues.values()) queue.resting?.();
  }

  /** Sends what may go. */
  pump(): void {
    const atOnce = () => (this.#pace.allowsPipelining ? AT_ONCE : 1);
    for (const queue of this.queues.values())
      while (this.#mayGo(queue) && queue.inFlight < atOnce() && this.#inFlight < AT_ONCE_IN_ALL) {
        const { next } = queue;
        if (!next) break;
        void this.#transmit(queue, next);
      }
  }

  #mayGo(queue: Queue): boolean {
    return this.#ready && this.link.leads && !queue.broken;
  }

  async #transmit(queue: Queue, pending: Pending): Promise<void> {
    const { id, conversationId, content, replyTo } = pending.entry;
    this.outcomes.turned(pending, 'sending');
    queue.inFlight++;
    this.#inFlight++;
    this.#pace.sent();
    try {
      const ack = await this.link.call('message.send', {
        ...{ id, conversationId, content },
        ...(replyTo !== undefined && { replyTo }),
      });
      if (!queue.broken) queue.backoff.reset();
      if (this.outcomes.waits(pending)) this.outcomes.acked(pending, ack);
    } catch (error) {
      if (this.outcomes.waits(pending)) this.#notAcked(queue, pending, error);
    }
    queue.inFlight--;
    this.#inFlight--;
    if (queue.broken && queue.inFlight === 0) this.#rest(queue);
    this.outcomes.answered(queue, conversationId);
    this.pump();
  }

  #notAcked(queue: Queue, pending: Pending, error: unknown): void {
    if (error instanceof Refused && !this.#mayPass(error, pending)) return this.outcomes.refused(pending, error);
    queue.broken = true;
    queue.restMs = Math.max(queue.restMs ?? 0, isPassing(error) ? (error.retryAfterMs ?? 0) : 0);
    this.outcomes.turned(pending, 'queued');
    if (!(error instanceof Refused || error instanceof Lost)) realSurroundings.report(error);
  }

  /** Whether the same message may be taken later. Who is not authenticated any more will be, or the link gives up. */
  #mayPass(error: Refused, pending: Pending): boolean {
    if (error.code === 'internal') return ++pending.faults < MOST_FAULTS;
    return error.code === 'unauthenticated' || isPassing(error);
  }

  /** All that was under way is answered: from the oldest on, after a while if something asks for one. */
  #rest(queue: Queue): void {
    const go = () => {
      queue.resting = undefined;
      queue.restMs = undefined;
      queue.broken = false;
      this.pump();
    };
    if (queue.restMs === undefined) return go();
    if (this.#ready) queue.resting = this.machine.after(queue.backoff.next(queue.restMs), go);
  }
}
