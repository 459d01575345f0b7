import type { CommandType, ServerEvent, Welcome } from '../protocol.ts';
import { Calls } from './calls.ts';
import { type Ending, lost } from './endings.ts';
import { Lost, Refused } from './failures.ts';
import { frameOf } from './frames.ts';
import { Heartbeat } from './heartbeat.ts';
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
/** Everything is answered. */
const left: Ending = { code: GOODBYE };

/** One socket from its opening to its end: says who speaks, asks and gets answers, hears events, stays alive. */
export class Connection {
  #token: string;
  #welcome: Welcome | undefined;
  #refusal: Refused | undefined;
  #ended = false;
  /** Nothing new will be asked; it ends when everything is answered. */
  #leaving = false;
  #socket: Socket | undefined;
  #callOff: () => void;
  #heartbeat: Heartbeat | undefined;
  readonly #malformed: number[] = [];
  readonly #calls: Calls;

  /** Opens a socket; what comes of it is told to the listener, never before this returns. */
  constructor(
    private readonly parts: ConnectionParts,
    private readonly listener: ConnectionListener,
  ) {
    const { surroundings } = parts;
    this.#token = parts.token;
    this.#calls = new Calls((frame) => this.#send(frame), surroundings.monotonic);
    this.#callOff = surroundings.after(OPEN_MS, () => this.#over(lost));
    try {
      this.#socket = this.#opening();
    } catch {
      this.#callOff();
      this.#callOff = surroundings.after(0, () => this.#over(lost));
    }
  }

  get welcome(): Welcome | undefined {
    return this.#welcome;
  }

  /** The one it was last authenticated with. */
  get token(): string {
    return this.#token;
  }

  /** Rejects with Refused, or Lost when it ended before the answer. What can't be sent rejects too. */
  call(type: string, input: unknown): Promise<unknown> {
    if (this.#ended || this.#leaving || !this.#welcome) return Promise.reject(new Lost('not connected'));
    return this.#ask(type, input, this.#welcome.limits.frameBytes);
  }

  /** Exchanges the token on the spot. Rejects as `call` does; the old one then goes on as long as it lives. */
  async renew(token: string): Promise<Welcome> {
    if (this.#ended || this.#leaving) throw new Lost('not connected');
    const welcome = await this.#ask('auth', this.#credentials(token), FIRST_FRAME_BYTES, true);
    this.#token = token;
    return welcome as Welcome; // #answer has read it
  }

  /** Perhaps the machine slept or changed its network: it has to prove that it lives. */
  suspect(): void {
    this.#heartbeat?.suspect();
  }

  /** Another one has taken its place: it stays until what it was asked is answered. */
  leave(): void {
    this.#leaving = true;
    this.#endIfLeft();
  }

  /** Ends it in silence; what it was asked is rejected with Lost. A second call does nothing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#callOff();
    this.#heartbeat?.stop();
    const socket = this.#socket;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
      socket.close(GOODBYE);
    }
    this.#calls.lose();
  }

  #opening(): Socket {
    const socket = new this.parts.surroundings.WebSocket(this.parts.url, [SUB_PROTOCOL]);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = ({ data }: { readonly data: unknown }) => this.#hear(data);
    // in Node no close follows the failure to open
    socket.onerror = () => this.#over(lost);
    socket.onclose = ({ code }: { readonly code: number }) => this.#over({ code });
    return socket;
  }

  #opened(socket: Socket): void {
    const { protocol } = socket;
    this.#callOff();
    // from now on a close always follows, and says more
    socket.onerror = () => {};
    // something between us and the server, or no server of ours
    if (protocol !== SUB_PROTOCOL) return this.#over(lost);
    this.#callOff = this.parts.surroundings.after(AUTH_MS, () => this.#over(lost));
    this.#calls.add(
      {
        ...{ type: 'auth', input: this.#credentials(this.parts.token) },
        resolve: (welcome) => this.#authenticated(welcome as Welcome), // #answer has read it
        // the close code that follows says what to do; the timer is still running
        reject: (error) => {
          if (error instanceof Refused) this.#refusal = error;
        },
      },
      FIRST_FRAME_BYTES,
      true,
    );
  }

  #credentials(token: string): object {
    const { device } = this.parts;
    return { token, ...(device && { device }) };
  }

  #authenticated(welcome: Welcome): void {
    this.#callOff();
    this.#welcome = welcome;
    this.#calls.inFlight = welcome.limits.inFlight;
    this.#heartbeat = new Heartbeat({
      surroundings: this.parts.surroundings,
      pingMs: welcome.timings.pingMs,
      ping: () => this.#ask('ping', {}, FIRST_FRAME_BYTES, true).then(ignore, ignore),
      owed: () => this.#calls.owed,
      overdue: () => {
        const { oldest = Infinity } = this.#calls;
        return this.parts.surroundings.monotonic() - oldest >= ANSWER_MS;
      },
      dead: () => this.#over(lost),
    });
    this.listener.opened(this, welcome);
  }

  #ask(type: string, input: unknown, maxBytes: number, urgent = false): Promise<unknown> {
    return new Promise((resolve, reject) => this.#calls.add({ type, input, resolve, reject }, maxBytes, urgent));
  }

  #send(frame: string): void {
    this.#heartbeat?.sent();
    this.#socket?.send(frame);
  }

  #hear(data: unknown): void {
    this.#heartbeat?.heard();
    const frame = frameOf(data);
    switch (frame.kind) {
      case 'answer':
        return this.#answer(frame.id, frame.data);
      case 'refusal':
        this.#calls.take(frame.id)?.reject(frame.error);
        return this.#endIfLeft();
      case 'event':
        return this.listener.event(this, frame.event, false);
      case 'malformed':
        return this.#count();
      case 'foreign':
    }
  }

  #answer(id: number, data: Readonly<Record<string, unknown>>): void {
    const call = this.#calls.take(id);
    if (!call) return;
    const { type, input } = call;
    const answer = type === 'auth' ? welcomeIn(data) : data;
    if (!answer || shapeOf(type)?.(data) === false) {
      // whatever happened, we will not learn it here
      call.reject(new Lost('the answer makes no sense'));
      return this.#over(lost);
    }
    const event = this.#welcome && replyAsEvent(type, { userId: this.#welcome.userId, input, data });
    if (event) this.listener.event(this, event, true);
    call.resolve(answer);
    this.#endIfLeft();
  }

  /** Nonsense now and then is passed over, but not for ever. */
  #count(): void {
    const now = this.parts.surroundings.monotonic();
    this.#malformed.push(now);
    if (this.#malformed.length < MAX_MALFORMED) return;
    if (now - this.#malformed.shift()! <= MALFORMED_WITHIN_MS) this.#over(lost); // it has ten
  }

  #endIfLeft(): void {
    if (this.#leaving && this.#calls.idle) this.#over(left);
  }

  #over(ending: Ending): void {
    if (this.#ended) return;
    this.end();
    this.listener.ended(this, { ...ending, ...(this.#refusal && { refusal: this.#refusal }) });
  }
}

const ignore = (): void => {};

const shapeOf = (type: string) => (Object.hasOwn(replyShapes, type) ? replyShapes[type as CommandType] : undefined); // it has it
