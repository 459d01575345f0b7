import type { WebSocket } from 'uWebSockets.js';
import type { Frame, Sent, Socket } from '#app/application/ports/transport.ts';
import { sendableCode, sendableReason, TOO_SLOW } from '../transport/closing.ts';
import type { Farewells } from './farewells.ts';

/** What uWebSockets keeps on the native socket. */
export interface Attached<State> {
  readonly peer: UwsSocket<State>;
}

/** What all sockets of one listener share. */
export interface Hub<State> {
  readonly farewells: Farewells<State>;
  publish(topic: string, frame: Frame): void;
}

const SUCCESS = 1;
const DROPPED = 2;

/**
 * The only holder of a raw handle, which throws when touched after the close and so is let go there.
 * One per connection: every field counts.
 */
export class UwsSocket<State> implements Socket {
  open = true;
  /** What `end` was given; 0 while nobody ended it. */
  endCode = 0;
  #handle: WebSocket<Attached<State>> | undefined;

  constructor(
    private readonly hub: Hub<State>,
    readonly state: State,
    readonly protocol: string,
    readonly address: string,
  ) {}

  get behind(): boolean {
    return this.open && this.#handle !== undefined && this.#handle.getBufferedAmount() > 0;
  }

  send(frame: Frame): Sent {
    if (!this.open || this.#handle === undefined) return 'lost';
    const outcome = this.#handle.send(frame, typeof frame !== 'string', false);
    return outcome === SUCCESS ? 'sent' : outcome === DROPPED ? 'lost' : 'buffered';
  }

  subscribe(topic: string) {
    if (this.open) this.#handle?.subscribe(topic);
  }

  unsubscribe(topic: string) {
    if (this.open) this.#handle?.unsubscribe(topic);
  }

  publish(topic: string, frame: Frame) {
    if (!this.open || this.#handle === undefined) return;
    const published = this.#handle.publish(topic, frame, typeof frame !== 'string', false);
    // A socket without any subscription can't publish natively; then it can't get its own frame either.
    if (!published && !this.#handle.isSubscribed(topic)) this.hub.publish(topic, frame);
  }

  cork(work: () => void) {
    if (this.open && this.#handle !== undefined) this.#handle.cork(work);
    else work();
  }

  end(code: number, reason: string) {
    if (!this.open) return;
    this.#shut(sendableCode(code), sendableReason(reason));
    this.leaveTopics();
  }

  // What follows is for the transport.

  opened(handle: WebSocket<Attached<State>>) {
    this.#handle = handle;
  }

  /** The native buffer was full and a frame fell. Runs inside native iterations over topics: nothing may be touched here. */
  overflowed() {
    if (this.open) this.#shut(TOO_SLOW.code, TOO_SLOW.reason);
  }

  /** @returns the code for the handler */
  closed(code: number) {
    this.open = false;
    this.#handle = undefined;
    this.hub.farewells.done(this);
    return this.endCode === 0 ? code : this.endCode;
  }

  leaveTopics() {
    for (const topic of this.#handle?.getTopics() ?? []) this.#handle?.unsubscribe(topic);
  }

  /** Sends the close frame if nothing waits before it: behind a full buffer uWebSockets would drop it. */
  tryFarewell(code: number, reason: string) {
    if (this.#handle === undefined) return true;
    if (this.#handle.getBufferedAmount() > 0) return false;
    this.#handle.end(code, reason);
    return true;
  }

  cut() {
    this.#handle?.close();
  }

  #shut(code: number, reason: string) {
    this.open = false;
    this.endCode = code;
    this.hub.farewells.add(this, code, reason);
  }
}
