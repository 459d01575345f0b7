import { newListeners } from '../listeners.ts';
import type { OutputOf, ServerEvent, Welcome } from '../protocol.ts';
import { type Approach, newApproach } from './approach.ts';
import type { Connection, Device } from './connection.ts';
import type { Ending } from './endings.ts';
import { Lost } from './failures.ts';
import type { Link, LinkListener, Status, Stop } from './link.ts';
import { keepRenewing } from './renewal.ts';
import { realSurroundings, type Surroundings } from './surroundings.ts';
import { type TokenSource, tokensOf } from './token-source.ts';
import { socketUrl } from './urls.ts';

export interface WebSocketLinkOptions {
  /** Where the server is: an http(s) or ws(s) origin. */
  readonly url: string;
  readonly auth: TokenSource;
  readonly device?: Device | undefined;
  /** In place of parts of this machine. */
  readonly surroundings?: Partial<Surroundings>;
  /** A connection that lasted this long was a good one, and failures before it are forgotten; a minute when absent. */
  readonly stableMs?: number;
}

const STABLE_MS = 60_000;
/** One that was asked to leave after this long is no failure: nodes restart one after the other. */
const SETTLED_MS = 5_000;
/** No goodbye takes longer, whatever is announced. */
const LONGEST_GOODBYE_MS = 300_000;
/** Connections that were replaced and still owe answers. */
const MAX_LEFT = 2;

/**
 * A WebSocket of its own: connects, authenticates, and does so again whenever the connection is lost.
 * @throws TypeError when the address is none, or there is no WebSocket here (Node before 22)
 */
export const newWebSocketLink = (options: WebSocketLinkOptions): Link => {
  const { device, stableMs = STABLE_MS } = options;
  const surroundings: Surroundings = { ...realSurroundings, ...options.surroundings };
  if (typeof surroundings.WebSocket !== 'function') throw new TypeError('there is no WebSocket here; hand one in');
  const { monotonic, random } = surroundings;
  const url = socketUrl(options.url);
  const tokens = tokensOf(options.auth);
  const listeners = newListeners<LinkListener>(surroundings.report);
  /** As long as it is started. */
  let approach: Approach | undefined;
  let current: Connection | undefined;
  let openedAt = 0;
  let stopRenewing: (() => void) | undefined;
  /** Replaced, and not answered yet. */
  const left = new Set<Connection>();
  let told: Status = 'offline';
  let userId: string | undefined;
  let unhear: (() => void) | undefined;

  const status = (): Status => (!approach ? 'offline' : current ? 'online' : 'connecting');
  const tellStatus = (): void => {
    const now = status();
    if (now === told) return;
    told = now;
    listeners.tell((listener) => listener.status?.(now));
  };

  const retry = (): void => {
    if (!current) approach?.hurry();
  };

  const leave = (connection: Connection): void => {
    left.add(connection);
    connection.leave();
    const [oldest] = left;
    if (left.size <= MAX_LEFT || !oldest) return;
    left.delete(oldest);
    oldest.end();
  };

  const arrived = (connection: Connection, welcome: Welcome): void => {
    if (userId !== undefined && userId !== welcome.userId) {
      connection.end();
      // the tokens became somebody else's: what is held here is not theirs
      return finish({ reason: 'signed_out' });
    }
    userId = welcome.userId;
    const before = current;
    current = connection;
    openedAt = monotonic();
    stopRenewing?.();
    stopRenewing = keepRenewing(connection, welcome, tokens, surroundings);
    if (before) leave(before);
    listeners.tell((listener) => listener.opened?.(welcome));
    tellStatus();
  };

  const age = (): number => monotonic() - openedAt;
  /** Whether the connection lasted; if so, failures are forgotten. */
  const calm = (): boolean => {
    const lasted = age() >= stableMs;
    if (lasted) approach?.calm();
    return lasted;
  };

  /** Somewhere within the first half of the time that is left, so that not everybody comes at once; at leisure if it said so very soon. */
  const replace = (afterMs: number): void => {
    const wait = (random() * Math.min(afterMs, LONGEST_GOODBYE_MS)) / 2;
    if (calm() || age() >= SETTLED_MS) approach?.begin(wait);
    else approach?.beginLater(wait);
  };

  /** Of a connection that was replaced only what it still answers is news. */
  const heard = (connection: Connection, event: ServerEvent, isReply: boolean): void => {
    if (connection !== current && !(isReply && left.has(connection))) return;
    listeners.tell((listener) => listener.event?.(event));
    if (event.type === 'goaway' && connection === current) replace(event.data.afterMs);
  };

  const ended = (connection: Connection, ending: Ending): void => {
    left.delete(connection);
    if (connection !== current) return;
    calm();
    current = undefined;
    stopRenewing?.();
    const before = approach;
    listeners.tell((listener) => listener.lost?.());
    // who heard of it may have closed the link
    if (approach === before) approach?.follow(ending, connection.token);
    tellStatus();
  };

  const mustStop = (stop: Stop): void => {
    // no second connection beside the one that lives is no reason to give that up
    if (current && stop.reason !== 'revoked' && stop.reason !== 'signed_out') approach?.beginLater();
    else finish(stop);
  };

  const finish = (stop: Stop): void => {
    if (!approach) return;
    const last = current;
    approach.cancel();
    approach = current = userId = undefined;
    unhear?.();
    stopRenewing?.();
    for (const connection of left) connection.end();
    left.clear();
    last?.end();
    if (last) listeners.tell((listener) => listener.lost?.());
    tellStatus();
    listeners.tell((listener) => listener.stopped?.(stop));
  };

  return {
    leads: true,
    get status() {
      return status();
    },
    get welcome() {
      return current?.welcome;
    },
    start: () => {
      if (approach) return;
      approach = newApproach({ url, device, tokens, surroundings }, { arrived, event: heard, ended, mustStop });
      unhear = surroundings.onWake?.(() => {
        current?.suspect();
        retry();
      });
      approach.begin();
      tellStatus();
    },
    retry,
    close: () => finish({ reason: 'closed' }),
    call: async (type, data) => {
      if (!current) throw new Lost('not connected');
      return current.call(type, data) as Promise<OutputOf<typeof type>>; // what is applied was looked at, the rest is the caller's
    },
    listen: listeners.add,
  };
};
