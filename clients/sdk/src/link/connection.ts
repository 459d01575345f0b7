import type { CommandType, ServerEvent, Welcome } from '../protocol.ts';
import { newCalls } from './calls.ts';
import { type Ending, lost } from './endings.ts';
import { Lost, Refused } from './failures.ts';
import { type Hearer, readFrame } from './frames.ts';
import { type Heartbeat, newHeartbeat } from './heartbeat.ts';
import { replyAsEvent } from './reply-as-event.ts';
import { replyShapes } from './shapes.ts';
import type { Socket, Surroundings } from './surroundings.ts';
import { welcomeIn } from './welcome.ts';

export interface Device {
  readonly name?: string;
  readonly platform?: string;
  readonly version?: string;
}

export interface ConnectionParts {
  readonly url: string;
  readonly token: string;
  readonly device: Device | undefined;
  readonly surroundings: Surroundings;
}

export interface ConnectionListener {
  opened(connection: Connection, welcome: Welcome): void;
  /** `isReply`: it is the answer to something that was asked. */
  event(connection: Connection, event: ServerEvent, isReply: boolean): void;
  /** The last that is heard. Not told to who ended it by `end`. */
  ended(connection: Connection, ending: Ending): void;
}

/** One socket from its opening to its end: says who speaks, asks and gets answers, hears events, stays alive. */
export interface Connection {
  readonly welcome: Welcome | undefined;
  /** The one it was last authenticated with. */
  readonly token: string;
  /** Rejects with Refused, or Lost when it ended before the answer. What can't be sent rejects too. */
  call(type: string, input: unknown): Promise<unknown>;
  /** Exchanges the token on the spot. Rejects as `call` does; the old one then goes on as long as it lives. */
  renew(token: string): Promise<Welcome>;
  /** Perhaps the machine slept or changed its network: it has to prove that it lives. */
  suspect(): void;
  /** Another one has taken its place: nothing new is asked, and it ends when what it was asked is answered. */
  leave(): void;
  /** Ends it in silence; what it was asked is rejected with Lost. A second call does nothing. */
  end(): void;
}

const SUB_PROTOCOL = 'tertulia.v1';
const OPEN_MS = 10_000;
const AUTH_MS = 10_000;
/** Long after any server in health has answered or said that it can't. */
const ANSWER_MS = 60_000;
const MAX_MALFORMED = 10;
const MALFORMED_WITHIN_MS = 60_000;
/** Before it is known what the server bears; a token is at most 8 KiB. */
const FIRST_FRAME_BYTES = 65_536;
const GOODBYE = 1000;

/** Opens a socket; what comes of it is told to the listener, never before this returns. */
export const connect = (
  { url, token: firstToken, device, surroundings }: ConnectionParts,
  listener: ConnectionListener,
): Connection => {
  const { after, monotonic } = surroundings;
  let token = firstToken;
  let welcome: Welcome | undefined;
  let refusal: Refused | undefined;
  let ended = false;
  let leaving = false;
  let socket: Socket | undefined;
  let heartbeat: Heartbeat | undefined;
  const malformed: number[] = [];
  const calls = newCalls((frame) => {
    heartbeat?.sent();
    socket?.send(frame);
  }, monotonic);

  const end = (): void => {
    if (ended) return;
    ended = true;
    callOff();
    heartbeat?.stop();
    if (socket) {
      socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
      socket.close(GOODBYE);
    }
    calls.lose();
  };

  const over = (ending: Ending): void => {
    if (ended) return;
    end();
    listener.ended(connection, { ...ending, ...(refusal && { refusal }) });
  };
  const broken = (): void => over(lost);
  const endIfLeft = (): void => {
    if (leaving && calls.idle()) over({ code: GOODBYE });
  };
  let callOff = after(OPEN_MS, broken);

  const ask = (type: string, input: unknown, maxBytes = FIRST_FRAME_BYTES, urgent = true): Promise<unknown> =>
    new Promise((resolve, reject) => calls.add({ type, input, resolve, reject }, maxBytes, urgent));
  const credentials = (by: string) => ({ token: by, ...(device && { device }) });

  const opened = (): void => {
    callOff();
    if (!socket) return;
    // from now on a close always follows, and says more
    socket.onerror = () => {};
    // something between us and the server, or no server of ours
    if (socket.protocol !== SUB_PROTOCOL) return broken();
    callOff = after(AUTH_MS, broken);
    // the close code that follows a refusal, perhaps at once, says what to do; the timer is still running
    const reject = (error: Error) => {
      if (error instanceof Refused) refusal = error;
    };
    calls.add({ type: 'auth', input: credentials(token), resolve: ignore, reject }, FIRST_FRAME_BYTES, true);
  };

  const authenticated = (now: Welcome): void => {
    callOff();
    welcome = now;
    calls.bear(now.limits.inFlight);
    heartbeat = newHeartbeat({
      surroundings,
      pingMs: now.timings.pingMs,
      ping: () => ask('ping', {}).then(ignore, ignore),
      owed: () => calls.owed(false),
      overdue: () => monotonic() - (calls.owed(true) ?? Infinity) >= ANSWER_MS,
      dead: broken,
    });
    listener.opened(connection, now);
  };

  const answered = (id: number, data: Readonly<Record<string, unknown>>): void => {
    const call = calls.take(id);
    if (!call) return;
    const { type, input } = call;
    const answer = type === 'auth' ? welcomeIn(data) : data;
    if (!answer || shapeOf(type)?.(data) === false) {
      // whatever happened, we will not learn it here
      call.reject(new Lost('the answer makes no sense'));
      return broken();
    }
    const event = welcome && replyAsEvent(type, welcome.userId, input, data);
    if (event) listener.event(connection, event, true);
    if (!welcome) authenticated(answer as Welcome); // nothing else was asked yet
    call.resolve(answer);
    endIfLeft();
  };

  const hearer: Hearer = {
    answer: answered,
    refusal: (id, error) => {
      calls.take(id)?.reject(error);
      endIfLeft();
    },
    event: (event) => listener.event(connection, event, false),
    /** Nonsense now and then is passed over, but not for ever. */
    malformed: () => {
      const now = monotonic();
      malformed.push(now);
      if (malformed.length >= MAX_MALFORMED && now - malformed.shift()! <= MALFORMED_WITHIN_MS) broken(); // it has ten
    },
  };

  const connection: Connection = {
    get welcome() {
      return welcome;
    },
    get token() {
      return token;
    },
    call: async (type, input) => {
      if (ended || leaving || !welcome) throw new Lost('not connected');
      return ask(type, input, welcome.limits.frameBytes, false);
    },
    renew: async (by) => {
      if (ended || leaving) throw new Lost('not connected');
      const renewed = await ask('auth', credentials(by));
      token = by;
      return renewed as Welcome; // it was read when it came
    },
    suspect: () => heartbeat?.suspect(),
    leave: () => {
      leaving = true;
      endIfLeft();
    },
    end,
  };

  try {
    socket = new surroundings.WebSocket(url, [SUB_PROTOCOL]);
    socket.binaryType = 'arraybuffer';
    socket.onopen = opened;
    socket.onmessage = ({ data }: { readonly data: unknown }) => {
      heartbeat?.heard();
      readFrame(data, hearer);
    };
    // in Node no close follows the failure to open
    socket.onerror = broken;
    socket.onclose = ({ code }: { readonly code: number }) => over({ code });
  } catch {
    callOff();
    callOff = after(0, broken);
  }
  return connection;
};

const ignore = (): void => {};

const shapeOf = (type: string) => (Object.hasOwn(replyShapes, type) ? replyShapes[type as CommandType] : undefined); // it has it
