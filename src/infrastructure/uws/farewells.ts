import { CLOSE_DEADLINE_MS } from '../transport/closing.ts';
import type { UwsSocket } from './uws-socket.ts';

interface Farewell {
  readonly code: number;
  readonly reason: string;
  deadline?: NodeJS.Timeout;
}

/**
 * Sockets on their way out: each gets its close frame once its buffer is empty, or is cut after the deadline.
 * Nothing native happens inside `add`, so it may be called from anywhere, a native callback included.
 */
export class Farewells<State> {
  readonly #leaving = new Map<UwsSocket<State>, Farewell>();
  #fresh: UwsSocket<State>[] = [];

  add(peer: UwsSocket<State>, code: number, reason: string) {
    this.#leaving.set(peer, { code, reason });
    if (this.#fresh.push(peer) === 1) setImmediate(() => this.#begin());
  }

  /** The socket's buffer shrank; after a loss nothing later may get through, so the topics go first. */
  drained(peer: UwsSocket<State>) {
    const farewell = this.#leaving.get(peer);
    if (farewell === undefined) return;
    peer.leaveTopics();
    peer.tryFarewell(farewell.code, farewell.reason);
  }

  done(peer: UwsSocket<State>) {
    clearTimeout(this.#leaving.get(peer)?.deadline);
    this.#leaving.delete(peer);
  }

  #begin() {
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const peer of fresh) {
      const farewell = this.#leaving.get(peer);
      if (farewell === undefined) continue;
      peer.leaveTopics();
      if (!peer.tryFarewell(farewell.code, farewell.reason))
        farewell.deadline = setTimeout(() => peer.cut(), CLOSE_DEADLINE_MS);
    }
  }
}
