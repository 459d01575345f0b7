import type { Backplane } from '#app/application/ports/backplane.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { MemoryBackplane } from '../memory/memory-backplane.ts';
import { eventOf, eventText, topicOf } from './event-text.ts';
import { Hearing } from './hearing.ts';
import type { RedisLink } from './redis-link.ts';

export interface RedisBackplaneObserver {
  /** What a subscriber threw, or a message that can't be read. */
  readonly fault: (error: unknown) => void;
  /** A message that did not get through; the others notice by its number. */
  readonly lost: () => void;
  /** This node hears itself again, or does not any more. */
  readonly changed: (connected: boolean) => void;
}

const BEAT_MS = 500;
/** So many beats unheard, and the connections are made anew. */
const BEATS_MISSED = 6;
/** Of another node: two beats and what a busy process may be late. */
const HEARD_MS = 1_600;
/** Characters of one message; a long batch goes in several. */
const MOST_IN_MESSAGE = 262_144;
/** Characters on their way to Redis; beyond, nothing is sent, and the others see by the numbers that something is missing. */
const MOST_UNDER_WAY = 8_388_608;

/**
 * Events between nodes by Redis pub/sub. What this node publishes reaches its own subscriber without Redis. To the others go
 * the events of one tick as one message a channel: a line with the node and the message's number, then a line for each event
 * with its topic before it, so that who doesn't want it need not parse it.
 *
 * Nothing is sent twice and nothing kept for later: a skipped number, a node heard for the first time, or a beat of its own that
 * does not come back within half a second is a disturbance, and heads are compared.
 */
export class RedisBackplane implements Backplane {
  readonly #local: MemoryBackplane;
  readonly #channels: readonly string[];
  readonly #numbers = new Map<string, number>();
  /** The number of the last beat on each channel. */
  readonly #beaten = new Map<string, number>();
  readonly #hearing: Hearing;
  readonly #timer: NodeJS.Timeout;
  #receive: ((event: ChatEvent) => void) | undefined;
  #wanted: (topic: ConversationId | UserId) => boolean = () => true;
  #waiting: ChatEvent[] = [];
  #underWay = 0;
  #missed = 0;
  #connected = false;
  #closed = false;

  constructor(
    private readonly link: RedisLink,
    private readonly incarnation: string,
    private readonly clock: Clock,
    private readonly observer: RedisBackplaneObserver,
  ) {
    this.#local = new MemoryBackplane(observer.fault);
    this.#channels = link.channels('events:1');
    this.#hearing = new Hearing(this.#channels);
    link.listen(this.#channels, (channel, message) => this.#hear(channel, message));
    this.#timer = setInterval(() => this.#beat(), BEAT_MS).unref();
    for (const channel of this.#channels) this.#send(channel, '');
  }

  /** Whether this node hears itself. */
  get connected(): boolean {
    return this.#connected;
  }

  publish(events: readonly ChatEvent[]): void {
    if (this.#closed || events.length === 0) return;
    this.#local.publish(events);
    if (this.#waiting.length === 0) setImmediate(() => this.#flush());
    for (const event of events) this.#waiting.push(event);
  }

  subscribe(receive: (event: ChatEvent) => void, wanted?: (topic: ConversationId | UserId) => boolean): void {
    this.#local.subscribe(receive);
    this.#receive = receive;
    if (wanted) this.#wanted = wanted;
  }

  onDisturbance(repair: () => void): void {
    this.#local.onDisturbance(repair);
  }

  /** To the others it looks as if a message had been lost. */
  disturb(): void {
    if (this.#closed) return;
    this.#local.disturb();
    for (const channel of this.#channels) this.#next(channel);
  }

  hears(incarnation: string): boolean {
    return this.#connected && this.#hearing.within(incarnation, HEARD_MS, this.clock.monotonic());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#local.close();
  }

  #next(channel: string): number {
    const number = (this.#numbers.get(channel) ?? 0) + 1;
    this.#numbers.set(channel, number);
    return number;
  }

  #flush(): void {
    const events = this.#waiting;
    this.#waiting = [];
    const bodies = new Map<string, string>();
    for (const event of events) {
      const topic = topicOf(event);
      const channel = this.#channelOf(topic);
      const body = `${bodies.get(channel) ?? ''}\n${topic} ${eventText(event)}`;
      if (body.length < MOST_IN_MESSAGE) bodies.set(channel, body);
      else {
        this.#send(channel, body);
        bodies.delete(channel);
      }
    }
    for (const [channel, body] of bodies) this.#send(channel, body);
  }

  /** Ids are of chance at their end. */
  #channelOf(topic: string): string {
    const { length } = this.#channels;
    return this.#channels[length === 1 ? 0 : Number.parseInt(topic.slice(-2), 16) % length] ?? this.#channels[0]!; // there is one
  }

  #send(channel: string, body: string): void {
    const message = `${this.incarnation} ${this.#next(channel)}${body}`;
    const { length } = message;
    if (this.#closed || this.#underWay + length > MOST_UNDER_WAY) return this.observer.lost();
    this.#underWay += length;
    void this.link
      .publish(channel, message)
      .catch(() => this.observer.lost())
      .finally(() => (this.#underWay -= length));
  }

  #hear(channel: string, message: string): void {
    if (this.#closed) return;
    const end = message.indexOf('\n');
    const head = end < 0 ? message : message.slice(0, end);
    const space = head.indexOf(' ');
    const [node, number] = [head.slice(0, space), Number(head.slice(space + 1))];
    if (space < 1 || !Number.isSafeInteger(number)) return this.observer.fault(new Error('a message of nobody'));
    const complete = this.#hearing.note(node, channel, number, this.clock.monotonic());
    if (node === this.incarnation) return this.#heardItself();
    if (end >= 0) this.#take(message, end + 1);
    if (!complete) this.#local.disturb();
  }

  #take(message: string, start: number): void {
    for (let at = start; at < message.length; ) {
      const end = message.indexOf('\n', at);
      const line = end < 0 ? message.slice(at) : message.slice(at, end);
      const space = line.indexOf(' ');
      if (this.#wanted(line.slice(0, space) as ConversationId | UserId)) this.#deliver(line.slice(space + 1));
      at = end < 0 ? message.length : end + 1;
    }
  }

  #deliver(text: string): void {
    try {
      if (!this.#closed) this.#receive?.(eventOf(text));
    } catch (error) {
      this.observer.fault(error);
    }
  }

  /** Every message so far came back, on every channel. */
  #heardItself(): void {
    if (this.#connected || !this.#channels.every((channel) => this.#hearing.last(this.incarnation, channel) > 0))
      return;
    if (this.#behind().length > 0) return;
    this.#missed = 0;
    this.#turn(true);
  }

  /** Channels on which the last beat has not come back. */
  #behind(): readonly string[] {
    return this.#channels.filter(
      (channel) => this.#hearing.last(this.incarnation, channel) < (this.#beaten.get(channel) ?? 0),
    );
  }

  #beat(): void {
    const behind = this.#behind();
    if (behind.length > 0) {
      if (this.#connected) this.#turn(false);
      if (++this.#missed % BEATS_MISSED === 0) this.link.renew(behind);
    } else this.#missed = 0;
    for (const channel of this.#channels) {
      this.#send(channel, '');
      this.#beaten.set(channel, this.#numbers.get(channel) ?? 0);
    }
    this.#hearing.forget(this.clock.monotonic());
  }

  #turn(connected: boolean): void {
    this.#connected = connected;
    this.observer.changed(connected);
    this.#local.disturb();
  }
}
