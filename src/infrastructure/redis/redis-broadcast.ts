import type { Clock } from '#app/application/ports/clock.ts';
import { Hearing } from './hearing.ts';
import type { RedisLink } from './redis-link.ts';

export interface RedisBroadcastObserver {
  /** What a listener threw, or a message that can't be read. */
  readonly fault: (error: unknown) => void;
  /** A message that did not get through; the others notice by its number. */
  readonly lost: () => void;
  /** This node hears itself again, or does not any more. */
  readonly changed: (connected: boolean) => void;
}

/** Hears one line that another node said. */
export interface Ear {
  /** Whether lines on this topic are to be taken apart and heard at all. */
  wants(topic: string): boolean;
  hear(topic: string, text: string): void;
}

const BEAT_MS = 500;
/** So many beats unheard, and the connections are made anew. */
const BEATS_MISSED = 6;
/** Of another node: two beats and what a message may be late. One that is taken for silent too soon costs a look at the database. */
const HEARD_MS = 1_150;
/** Characters of one message; a long batch goes in several. */
const MOST_IN_MESSAGE = 262_144;
/** Characters on their way to Redis; beyond, nothing is sent, and the others see by the numbers that something is missing. */
const MOST_UNDER_WAY = 8_388_608;

/**
 * What a node says to all others, by Redis pub/sub. The lines of one tick go as one message a channel: a head with the node
 * and the message's number, then a line for each thing said, with its topic before it.
 *
 * Nothing is sent twice and nothing kept for later: a skipped number, a node heard for the first time or not any more, or a beat
 * of its own that does not come back by the next is told as a loss, and whoever listens looks at the database.
 */
export class RedisBroadcast {
  readonly #channels: readonly string[];
  readonly #numbers = new Map<string, number>();
  /** The number of the last beat on each channel. */
  readonly #beaten = new Map<string, number>();
  readonly #hearing: Hearing;
  readonly #timer: NodeJS.Timeout;
  readonly #ears: Ear[] = [];
  readonly #mends: (() => void)[] = [];
  #bodies = new Map<string, string>();
  #underWay = 0;
  #missed = 0;
  #connected = false;
  #closed = false;

  constructor(
    private readonly link: RedisLink,
    private readonly incarnation: string,
    private readonly clock: Clock,
    private readonly observer: RedisBroadcastObserver,
  ) {
    this.#channels = link.channels('said:1');
    this.#hearing = new Hearing(this.#channels);
    link.listen(this.#channels, (channel, message) => this.#hear(channel, message));
    this.#timer = setInterval(() => this.#beat(), BEAT_MS).unref();
    for (const channel of this.#channels) this.#send(channel, '');
  }

  /** Whether this node hears itself. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Never throws and never waits. No line break in either, and no space in the topic. */
  say(topic: string, text: string): void {
    if (this.#closed) return;
    const channel = this.#channelOf(topic);
    if (this.#bodies.size === 0) setImmediate(() => this.#flush());
    const body = `${this.#bodies.get(channel) ?? ''}\n${topic} ${text}`;
    if (body.length < MOST_IN_MESSAGE) this.#bodies.set(channel, body);
    else {
      this.#bodies.set(channel, '');
      this.#send(channel, body);
    }
  }

  /** From the others only. */
  listen(ear: Ear): void {
    this.#ears.push(ear);
  }

  /** Called when something that another node said, or would have said, may have been lost. */
  onLoss(mend: () => void): void {
    this.#mends.push(mend);
  }

  /** To the others it looks as if something had been lost. */
  skip(): void {
    for (const channel of this.#channels) this.#next(channel);
  }

  /** Whether what that other node says arrives here, as far as can be known. */
  hears(incarnation: string): boolean {
    return this.#connected && this.#hearing.within(incarnation, HEARD_MS, this.clock.monotonic());
  }

  /** Says what was to be said in this tick, and nothing more. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    clearInterval(this.#timer);
  }

  #next(channel: string): number {
    const number = (this.#numbers.get(channel) ?? 0) + 1;
    this.#numbers.set(channel, number);
    return number;
  }

  /** Ids are of chance at their end. */
  #channelOf(topic: string): string {
    const { length } = this.#channels;
    const place =
      length === 1 ? 0 : (topic.charCodeAt(topic.length - 1) * 31 + topic.charCodeAt(topic.length - 2)) % length;
    return this.#channels[place] ?? '';
  }

  #flush(): void {
    const bodies = this.#bodies;
    this.#bodies = new Map();
    for (const [channel, body] of bodies) if (body !== '') this.#send(channel, body);
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
    if (!complete) this.#mend();
  }

  #take(message: string, start: number): void {
    for (let at = start; at < message.length; ) {
      const end = message.indexOf('\n', at);
      const stop = end < 0 ? message.length : end;
      const space = message.indexOf(' ', at);
      const topic = message.slice(at, space);
      for (const ear of this.#ears)
        if (ear.wants(topic)) this.#safely(() => ear.hear(topic, message.slice(space + 1, stop)));
      at = stop + 1;
    }
  }

  /** Every beat so far came back, on every channel. */
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
    const now = this.clock.monotonic();
    this.#hearing.forget(now);
    if (this.#connected && this.#hearing.fellSilent(HEARD_MS, now)) this.#mend();
  }

  #turn(connected: boolean): void {
    this.#connected = connected;
    this.observer.changed(connected);
    this.#mend();
  }

  #mend(): void {
    for (const mend of this.#mends) this.#safely(mend);
  }

  #safely(act: () => void): void {
    try {
      if (!this.#closed) act();
    } catch (error) {
      this.observer.fault(error);
    }
  }
}
