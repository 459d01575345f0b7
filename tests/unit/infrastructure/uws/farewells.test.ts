import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Farewells } from '#app/infrastructure/uws/farewells.ts';
import type { UwsSocket } from '#app/infrastructure/uws/uws-socket.ts';

/** Notes what is done to it; its buffer is empty or not, as the test says. */
class Peer {
  readonly done: string[] = [];
  empty = false;
  leaveTopics = () => void this.done.push('leaves topics');
  tryFarewell = (code: number) => {
    if (this.empty) this.done.push(`close frame ${code}`);
    return this.empty;
  };
  cut = () => void this.done.push('cut');
}

describe('Farewells', () => {
  let farewells: Farewells<unknown>;
  let peer: Peer;
  const socket = () => peer as unknown as UwsSocket<unknown>; // only these three methods are used

  beforeEach(() => {
    vi.useFakeTimers();
    farewells = new Farewells();
    peer = new Peer();
  });

  it('touches nothing in the call itself: it may come from inside a native iteration', () => {
    peer.empty = true;
    farewells.add(socket(), 4413, '');
    expect(peer.done).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(peer.done).toEqual(['leaves topics', 'close frame 4413']);
  });

  it('takes a socket out of its topics before room in its buffer lets a later frame through', () => {
    farewells.add(socket(), 4413, '');
    farewells.drained(socket()); // in the same turn, before the farewell began
    expect(peer.done).toEqual(['leaves topics']);
  });

  it('waits for the buffer, and closes as soon as it is empty', () => {
    farewells.add(socket(), 4502, '');
    vi.advanceTimersByTime(500);
    farewells.drained(socket());
    expect(peer.done).not.toContain('close frame 4502');
    peer.empty = true;
    farewells.drained(socket());
    expect(peer.done.at(-1)).toBe('close frame 4502');
  });

  it('cuts after 2 s, unless the socket is gone', () => {
    farewells.add(socket(), 4502, '');
    vi.advanceTimersByTime(2_000);
    expect(peer.done.at(-1)).toBe('cut');

    peer = new Peer();
    farewells.add(socket(), 4502, '');
    vi.advanceTimersByTime(1_000);
    farewells.done(socket());
    vi.advanceTimersByTime(5_000);
    expect(peer.done).toEqual(['leaves topics']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ignores a drain of a socket that is not leaving', () => {
    farewells.drained(socket());
    expect(peer.done).toEqual([]);
  });
});
