import type { ServerEvent, Welcome } from '../protocol.ts';
import { Backoff } from './backoff.ts';
import { Connection, type Device } from './connection.ts';
import { type Ending, verdictOf } from './endings.ts';
import { Lost, Refused } from './failures.ts';
import type { Stop } from './link.ts';
import type { Surroundings } from './surroundings.ts';
import type { Tokens } from './token-source.ts';

interface ApproachParts {
  readonly url: string;
  readonly device: Device | undefined;
  readonly tokens: Tokens;
  readonly surroundings: Surroundings;
}

interface ApproachListener {
  /** From here on the connection is the listener's. */
  arrived(connection: Connection, welcome: Welcome): void;
  /** `isReply`: it is the answer to something that was asked. */
  event(connection: Connection, event: ServerEvent, isReply: boolean): void;
  /** Of one that had arrived. */
  ended(connection: Connection, ending: Ending): void;
  /** There is no point in trying on. */
  mustStop(stop: Stop): void;
}

/** A source of tokens that says nothing for so long is passed over. */
const TOKEN_MS = 30_000;

/**
 * The way to the next connection: waits, gets a token, opens a socket, authenticates, and begins again until it arrives.
 * One at a time.
 */
export class Approach {
  readonly #backoff: Backoff;
  /** What is under way, and how to call it off. */
  #step: { readonly waits: boolean; callOff(): void } | undefined;
  /** The server takes it no more; cleared by the next that it takes. */
  #spent: string | undefined;

  constructor(
    private readonly parts: ApproachParts,
    private readonly listener: ApproachListener,
  ) {
    this.#backoff = new Backoff(parts.surroundings.random);
  }

  /** Sets out. While one is under way already: nothing. */
  begin(afterMs = 0): void {
    if (this.#step) return;
    const callOff = this.parts.surroundings.after(afterMs, () => this.#fetchToken());
    this.#step = { waits: true, callOff };
  }

  /** As after one more failure. */
  beginLater(atLeastMs = 0): void {
    if (!this.#step) this.begin(this.#backoff.next(atLeastMs));
  }

  /** Waits no longer. */
  hurry(): void {
    if (!this.#step?.waits) return;
    this.#step.callOff();
    this.#fetchToken();
  }

  /** After a calm time. */
  calm(): void {
    this.#backoff.reset();
  }

  /** Goes on as the end of a connection demands. `renewed`: its token was to replace one that was refused. */
  follow(ending: Ending, token: string, renewed = false): void {
    const verdict = verdictOf(ending);
    const { code } = ending;
    if (verdict.kind === 'stop') return this.listener.mustStop({ reason: verdict.reason, code });
    if (verdict.kind === 'come_back') return this.beginLater(verdict.afterMs);
    if (renewed) return this.listener.mustStop({ reason: 'signed_out', code });
    this.#spent = token;
    this.beginLater();
  }

  cancel(): void {
    this.#step?.callOff();
    this.#step = undefined;
  }

  #fetchToken(): void {
    const { surroundings, tokens } = this.parts;
    const late = surroundings.after(TOKEN_MS, () => this.#noToken(step, new Lost('no token came')));
    const step = { waits: false, callOff: late };
    this.#step = step;
    // a source may throw at once
    const spent = this.#spent;
    const fetched = (async () => tokens.token(spent))();
    fetched.then(
      (token) => {
        if (this.#step !== step) return;
        late();
        this.#connect(token, spent !== undefined);
      },
      (error: unknown) => this.#noToken(step, error),
    );
  }

  #noToken(step: object, error: unknown): void {
    if (this.#step !== step) return;
    this.cancel();
    const refused = error instanceof Refused ? error : undefined;
    if (refused?.code === 'unauthenticated') this.listener.mustStop({ reason: 'signed_out' });
    else this.beginLater(refused?.retryAfterMs);
  }

  #connect(token: string, renewed: boolean): void {
    const { url, device, surroundings } = this.parts;
    const coming: Connection = new Connection(
      { url, token, device, surroundings },
      {
        opened: (connection, welcome) => {
          this.#step = undefined;
          this.#spent = undefined;
          this.listener.arrived(connection, welcome);
        },
        event: (...heard) => this.listener.event(...heard),
        ended: (connection, ending) => {
          if (connection.welcome) return this.listener.ended(connection, ending);
          this.#step = undefined;
          this.follow(ending, token, renewed);
        },
      },
    );
    this.#step = { waits: false, callOff: () => coming.end() };
  }
}
