import type { CommandType, InputOf, OutputOf, ServerEvent, Welcome } from '../protocol.ts';
import { Approach } from './approach.ts';
import type { Connection, Device } from './connection.ts';
import type { Ending } from './endings.ts';
import { Lost } from './failures.ts';
import type { Link, LinkListener, Status, Stop } from './link.ts';
import { Listeners } from './listeners.ts';
import { Renewal } from './renewal.ts';
import { realSurroundings, type Surroundings } from './surroundings.ts';
import { type Tokens, type TokenSource, tokensOf } from './token-source.ts';
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

/** A WebSocket of its own: connects, authenticates, and does so again whenever the connection is lost. */
export class WebSocketLink implements Link {
  readonly leads = true;
  readonly #parts: {
    readonly url: string;
    readonly device: Device | undefined;
    readonly tokens: Tokens;
    readonly surroundings: Surroundings;
  };
  readonly #listeners: Listeners;
  readonly #stableMs: number;
  /** As long as it is started. */
  #approach: Approach | undefined;
  #current: Connection | undefined;
  #openedAt = 0;
  #renewal: Renewal | undefined;
  /** Replaced, and not answered yet. */
  readonly #left = new Set<Connection>();
  #told: Status = 'offline';
  #userId: string | undefined;
  #unhear: (() => void) | undefined;

  /** @throws TypeError when the address is none, or there is no WebSocket here (Node before 22) */
  constructor({ url, auth, device, surroundings, stableMs = STABLE_MS }: WebSocketLinkOptions) {
    const own: Surroundings = { ...realSurroundings, ...surroundings };
    if (typeof own.WebSocket !== 'function') throw new TypeError('there is no WebSocket here; hand one in');
    this.#parts = { url: socketUrl(url), device, tokens: tokensOf(auth), surroundings: own };
    this.#listeners = new Listeners((error) => own.report(error));
    this.#stableMs = stableMs;
  }

  get status(): Status {
    if (!this.#approach) return 'offline';
    return this.#current ? 'online' : 'connecting';
  }

  get welcome(): Welcome | undefined {
    return this.#current?.welcome;
  }

  start(): void {
    if (this.#approach) return;
    this.#approach = new Approach(this.#parts, {
      arrived: (connection, welcome) => this.#arrived(connection, welcome),
      event: (...heard) => this.#heard(...heard),
      ended: (connection, ending) => this.#ended(connection, ending),
      mustStop: (stop) => this.#mustStop(stop),
    });
    this.#unhear = this.#parts.surroundings.onWake?.(() => {
      this.#current?.suspect();
      this.retry();
    });
    this.#approach.begin();
    this.#tellStatus();
  }

  retry(): void {
    if (!this.#current) this.#approach?.hurry();
  }

  close(): void {
    this.#finish({ reason: 'closed' });
  }

  call<T extends CommandType>(type: T, data: InputOf<T>): Promise<OutputOf<T>> {
    if (!this.#current) return Promise.reject(new Lost('not connected'));
    return this.#current.call(type, data) as Promise<OutputOf<T>>; // what is applied was looked at, the rest is the caller's
  }

  listen(listener: LinkListener): () => void {
    return this.#listeners.add(listener);
  }

  #arrived(connection: Connection, welcome: Welcome): void {
    if (this.#userId !== undefined && this.#userId !== welcome.userId) {
      connection.end();
      // the tokens became somebody else's: what is held here is not theirs
      return this.#finish({ reason: 'signed_out' });
    }
    this.#userId = welcome.userId;
    const before = this.#current;
    this.#current = connection;
    this.#openedAt = this.#parts.surroundings.monotonic();
    this.#renewal?.stop();
    this.#renewal = new Renewal(connection, this.#parts.tokens, this.#parts.surroundings);
    this.#renewal.plan(welcome);
    if (before) this.#leave(before);
    this.#listeners.tell((listener) => listener.opened?.(welcome));
    this.#tellStatus();
  }

  #leave(connection: Connection): void {
    this.#left.add(connection);
    connection.leave();
    const [oldest] = this.#left;
    if (this.#left.size <= MAX_LEFT || !oldest) return;
    this.#left.delete(oldest);
    oldest.end();
  }

  /** Of a connection that was replaced only what it still answers is news. */
  #heard(connection: Connection, event: ServerEvent, isReply: boolean): void {
    if (connection !== this.#current && !(isReply && this.#left.has(connection))) return;
    this.#listeners.tell((listener) => listener.event?.(event));
    if (event.type === 'goaway' && connection === this.#current) this.#replace(event.data.afterMs);
  }

  /** Somewhere within the first half of the time that is left, so that not everybody comes at once; at leisure if it said so very soon. */
  #replace(afterMs: number): void {
    const { random } = this.#parts.surroundings;
    const wait = (random() * Math.min(afterMs, LONGEST_GOODBYE_MS)) / 2;
    if (this.#calm() || this.#age >= SETTLED_MS) this.#approach?.begin(wait);
    else this.#approach?.beginLater(wait);
  }

  #ended(connection: Connection, ending: Ending): void {
    this.#left.delete(connection);
    if (connection !== this.#current) return;
    this.#calm();
    this.#current = undefined;
    this.#renewal?.stop();
    const approach = this.#approach;
    this.#listeners.tell((listener) => listener.lost?.());
    // who heard of it may have closed the link
    if (approach === this.#approach) approach?.follow(ending, connection.token);
    this.#tellStatus();
  }

  get #age(): number {
    return this.#parts.surroundings.monotonic() - this.#openedAt;
  }

  /** Whether the connection lasted; if so, failures are forgotten. */
  #calm(): boolean {
    const calm = this.#age >= this.#stableMs;
    if (calm) this.#approach?.calm();
    return calm;
  }

  #mustStop(stop: Stop): void {
    // no second connection beside the one that lives is no reason to give that up
    if (this.#current && stop.reason !== 'revoked' && stop.reason !== 'signed_out') this.#approach?.beginLater();
    else this.#finish(stop);
  }

  #finish(stop: Stop): void {
    if (!this.#approach) return;
    const current = this.#current;
    this.#approach.cancel();
    this.#approach = this.#current = this.#userId = undefined;
    this.#unhear?.();
    this.#renewal?.stop();
    for (const connection of [...this.#left, ...(current ? [current] : [])]) connection.end();
    this.#left.clear();
    if (current) this.#listeners.tell((listener) => listener.lost?.());
    this.#tellStatus();
    this.#listeners.tell((listener) => listener.stopped?.(stop));
  }

  #tellStatus(): void {
    const { status } = this;
    if (status === this.#told) return;
    this.#told = status;
    this.#listeners.tell((listener) => listener.status?.(status));
  }
}
