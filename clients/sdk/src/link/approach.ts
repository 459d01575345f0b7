import type { ServerEvent, Welcome } from '../protocol.ts';
import { newBackoff } from './backoff.ts';
import { connect, type Connection, type Device } from './connection.ts';
import { type Ending, verdictOf } from './endings.ts';
import { Lost, Refused } from './failures.ts';
import type { Stop } from './link.ts';
import type { Surroundings } from './surroundings.ts';
import type { Tokens } from './token-source.ts';

export interface ApproachParts {
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
export const newApproach = (parts: ApproachParts, listener: ApproachListener) => {
  const { surroundings, tokens } = parts;
  const backoff = newBackoff(surroundings);
  /** What is under way, and how to call it off. */
  let step: { readonly waits: boolean; callOff(): void } | undefined;
  /** The server takes it no more; cleared by the next that it takes. */
  let spent: string | undefined;

  /** Sets out. While one is under way already: nothing. */
  const begin = (afterMs = 0): void => {
    step ??= { waits: true, callOff: surroundings.after(afterMs, fetchToken) };
  };

  /** As after one more failure. */
  const beginLater = (atLeastMs = 0): void => {
    if (!step) begin(backoff.next(atLeastMs));
  };

  const cancel = (): void => {
    step?.callOff();
    step = undefined;
  };

  const fetchToken = (): void => {
    const noToken = (error: unknown): void => {
      if (step !== mine) return;
      cancel();
      const refused = error instanceof Refused ? error : undefined;
      if (refused?.code === 'unauthenticated') listener.mustStop({ reason: 'signed_out' });
      else beginLater(refused?.retryAfterMs);
    };
    const callOff = surroundings.after(TOKEN_MS, () => noToken(new Lost('no token came')));
    const mine = (step = { waits: false, callOff });
    const refused = spent;
    // a source may throw at once
    const fetched = (async () => tokens.token(refused))();
    fetched.then((token) => {
      if (step !== mine) return;
      callOff();
      approach(token, refused !== undefined);
    }, noToken);
  };

  const approach = (token: string, renewed: boolean): void => {
    const coming: Connection = connect(
      { ...parts, token },
      {
        opened: (connection, welcome) => {
          step = spent = undefined;
          listener.arrived(connection, welcome);
        },
        event: listener.event,
        ended: (connection, ending) => {
          if (connection.welcome) return listener.ended(connection, ending);
          step = undefined;
          follow(ending, token, renewed);
        },
      },
    );
    step = { waits: false, callOff: coming.end };
  };

  /** Goes on as the end of a connection demands. `renewed`: its token was to replace one that was refused. */
  const follow = (ending: Ending, token: string, renewed = false): void => {
    const verdict = verdictOf(ending);
    const { code } = ending;
    if (verdict.kind === 'stop') return listener.mustStop({ reason: verdict.reason, code });
    if (verdict.kind === 'come_back') return beginLater(verdict.afterMs);
    if (renewed) return listener.mustStop({ reason: 'signed_out', code });
    spent = token;
    beginLater();
  };

  return {
    begin,
    beginLater,
    cancel,
    follow,
    /** Waits no longer. */
    hurry: (): void => {
      if (!step?.waits) return;
      step.callOff();
      fetchToken();
    },
    /** After a calm time failures count anew. */
    calm: backoff.reset,
  };
};

export type Approach = ReturnType<typeof newApproach>;
