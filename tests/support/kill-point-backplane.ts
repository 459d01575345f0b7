import type { Backplane } from '#app/application/ports/backplane.ts';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import type { Breaker } from './kill-point-orders.ts';

/** Publishings that `publish.partial` is about: every other one of them goes out. */
const PARTS = 6;
/** Turns of the event loop in which what was published is gathered, pipelined and written to Redis. */
const TURNS_TO_REDIS = 3;

/** What carries events between nodes, with three places to break at. */
export class BreakingBackplane implements Backplane {
  readonly #published = new WeakSet<ChatEvent>();
  #held: (readonly ChatEvent[])[] = [];
  #parts = 0;

  constructor(
    private readonly own: Backplane,
    private readonly breaker: Breaker,
  ) {}

  publish(events: readonly ChatEvent[]): void {
    for (const event of events) this.#published.add(event);
    if (this.breaker.awaits('publish.partial')) return this.#half(events);
    if (events[0]?.type === 'message.sent' && this.breaker.awaits('after_ack_before_publish'))
      return this.#late(events);
    this.own.publish(events);
  }

  subscribe(receive: (event: ChatEvent) => void, wanted?: Parameters<Backplane['subscribe']>[1]): void {
    this.own.subscribe((event) => {
      const breakage = this.#published.has(event) && this.breaker.awaits('after_publish_before_local');
      if (breakage === 'throw') this.breaker.reach('after_publish_before_local');
      if (breakage !== 'kill' && breakage !== 'freeze') return receive(event);
      inTurns(TURNS_TO_REDIS, () => {
        this.breaker.reach('after_publish_before_local');
        receive(event);
      });
    }, wanted);
  }

  onDisturbance(repair: () => void): void {
    this.own.onDisturbance(repair);
  }
  disturb(): void {
    this.own.disturb();
  }
  hears(incarnation: string): boolean {
    return this.own.hears(incarnation);
  }
  close(): Promise<void> {
    return this.own.close();
  }

  /** Acks go out at the end of the turn in which they are given. */
  #late(events: readonly ChatEvent[]): void {
    const turns = this.breaker.awaits('after_ack_before_publish') === 'throw' ? 0 : 1; // who publishes has to hear of it
    inTurns(turns, () => {
      this.breaker.reach('after_ack_before_publish');
      this.own.publish(events);
    });
  }

  /** Half are out and half are not when it breaks; who wakes again publishes the rest. */
  #half(events: readonly ChatEvent[]): void {
    if (++this.#parts % 2 === 1) return this.own.publish(events);
    this.#held.push(events);
    if (this.#parts < PARTS) return;
    const held = this.#held;
    this.#held = [];
    this.#parts = 0;
    this.breaker.reach('publish.partial');
    for (const one of held) this.own.publish(one);
  }
}

const inTurns = (turns: number, act: () => void): void => {
  if (turns === 0) act();
  else setImmediate(() => inTurns(turns - 1, act));
};
