import type { Clock } from '#app/application/ports/clock.ts';
import type { EventBus } from '#app/application/ports/event-bus.ts';
import type { InboundFrame } from '#app/application/ports/frame-codec.ts';
import type { Metrics } from '#app/application/ports/metrics.ts';
import { type Answer, callCommand, type CallGuards } from '../commands/call.ts';
import type { AnyCommand, Caller, Stranger } from '../commands/command.ts';
import { type CloseCode, closeCodes } from '../protocol/close-codes.ts';
import { type ErrorCode, internal, type WireError } from '../protocol/errors.ts';
import type { Authentication } from './authentication.ts';
import { type AttentionParts, LiveSession } from './live-session.ts';
import type { Session } from './session.ts';

export interface DispatcherOptions extends CallGuards {
  readonly commands: ReadonlyMap<string, AnyCommand>;
  readonly authentication: Authentication;
  readonly attention: () => AttentionParts;
  readonly events: EventBus;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** In bytes; one more is `too_large`, and the socket stays. */
  readonly frameLimit: number;
  /** Commands of one connection that are not answered yet. */
  readonly inFlightLimit: number;
  /** After so many malformed frames within a minute the socket is closed. */
  readonly malformedLimit: number;
}

/** Conversations of one connection with something under way or held back at once. */
const LANES_LIMIT = 2_000;

/** From a frame to a command and from its answer to a reply. It knows no command by name but `auth`. */
export class Dispatcher {
  constructor(private readonly options: DispatcherOptions) {}

  /** `bytes` is not touched after this returns. */
  receive(session: Session, bytes: Uint8Array, binary: boolean): void {
    const size = bytes.byteLength;
    if (size > this.options.frameLimit)
      return this.#malformed(
        session,
        null,
        'too_large',
        'frame_too_large',
        `a frame holds at most ${this.options.frameLimit} bytes`,
      );
    if (binary !== session.codec.binary)
      return this.#malformed(
        session,
        null,
        'unsupported',
        'wrong_frame_kind',
        `this sub-protocol speaks ${binary ? 'text' : 'binary'} frames`,
      );
    const frame = session.codec.decode(bytes);
    if ('malformed' in frame) return this.#malformed(session, null, 'invalid', 'malformed_frame', frame.malformed);
    const id = requestId(frame.id);
    if (id === undefined)
      return this.#malformed(
        session,
        null,
        'invalid',
        'bad_id',
        'id is a whole number from 0 to 2^53 - 1, or a string of 1 to 64 characters',
      );
    const command = typeof frame.type === 'string' ? this.options.commands.get(frame.type) : undefined;
    if (!command) return this.#malformed(session, id, 'unsupported', 'unknown_type', 'there is no such command');
    if (command.type !== 'auth' && !session.connection.identity) {
      session.reply(refusal(id, 'unauthenticated', 'authentication_required', 'the first frame is auth'));
      return session.socket.end(closeCodes.unauthenticated, 'authenticate first');
    }
    if (session.inFlight >= this.options.inFlightLimit)
      return session.reply(
        refusal(id, 'rate_limited', 'in_flight', `at most ${this.options.inFlightLimit} commands at once`, 100),
      );
    if (session.leaving)
      return session.reply(refusal(id, 'unavailable', 'draining', 'this node is going away; ask another one', 1));
    this.#run(session, id, command, frame, size);
  }

  /** Closes a session whose time is over, once nothing of it is under way. */
  endIfLeft(session: Session): void {
    if (!session.leaving || session.inFlight > 0) return;
    session.flush();
    session.socket.end(closeCodes.restarting, 'this node is going away');
  }

  #run(session: Session, id: number | string, command: AnyCommand, frame: InboundFrame, size: number): void {
    const started = this.options.clock.monotonic();
    const data = frame.data ?? {};
    const lane = command.lane && laneOf(data);
    const renewal = session.connection.identity !== undefined;
    session.inFlight++;
    this.#call(session, command, data, lane)
      .then((answer) => {
        session.inFlight--;
        if (lane) session.forgetIdle(lane.key);
        this.#count(session, command, answer, size, this.options.clock.monotonic() - started);
        session.answer({ id, ...answer });
        if (command.type === 'auth' && !answer.ok) endAfterAuth(session, answer.error, renewal);
        this.endIfLeft(session);
      })
      // an answer that can't be encoded, of a command that a host program brought
      .catch((error: unknown) => {
        session.reply({
          id,
          ok: false,
          error: internal(this.options.journal.fault(error, `answer of ${command.type}`)),
        });
      });
  }

  #call(session: Session, command: AnyCommand, data: unknown, under: LaneOf | undefined): Promise<Answer> {
    const caller = this.#callerOf(session);
    if (!under) return callCommand(command, data, caller, this.options);
    const lane = session.laneOf(under.key);
    if (session.lanes > LANES_LIMIT) session.socket.end(closeCodes.overloaded, 'too many conversations under way');
    const call = () => callCommand(command, data, { ...caller, lane: lane.sends }, this.options);
    return command.lane === 'append' && under.atOnce ? lane.append(call) : lane.change(call);
  }

  #count(session: Session, { type }: AnyCommand, answer: Answer, bytes: number, ms: number): void {
    const { events, metrics, clock } = this.options;
    const outcome = answer.ok ? 'ok' : answer.error.code;
    metrics.observe('command_ms', ms, { command: type, outcome });
    if (!events.hears('command.handled')) return;
    const { id: connectionId } = session.connection;
    events.publish({ type: 'command.handled', connectionId, at: clock.now(), command: type, outcome, bytes, ms });
  }

  #callerOf(session: Session): Stranger | Caller {
    if (session.caller) return session.caller;
    const connection = new LiveSession(session, this.options.authentication, this.options.attention());
    const { id: connectionId, address, identity } = session.connection;
    const stranger = { connectionId, address, connection };
    if (!identity) return stranger;
    const { userId, sessionId, device } = identity;
    session.caller = { ...stranger, userId, ...(sessionId && { sessionId }), ...(device && { device }) };
    return session.caller;
  }

  #malformed(session: Session, id: number | string | null, code: ErrorCode, rule: string, message: string): void {
    this.options.metrics.count('malformed_frames_total', { rule });
    session.reply(refusal(id, code, rule, message));
    if (++session.malformed >= this.options.malformedLimit)
      session.socket.end(closeCodes.malformed, 'too many malformed frames');
  }
}

const refusal = (id: number | string | null, code: ErrorCode, rule: string, message: string, retryAfterMs?: number) => {
  const error: WireError = { code, message, rule, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return { id, ok: false, error };
};

const requestId = (id: unknown): number | string | undefined => {
  if (typeof id === 'number') return Number.isSafeInteger(id) && id >= 0 ? id : undefined;
  return typeof id === 'string' && id.length >= 1 && id.length <= 64 ? id : undefined;
};

interface LaneOf {
  readonly key: string;
  /** Its place in the log is taken when it is called; else something has to be found out first. */
  readonly atOnce: boolean;
}

/** Before the schema has judged it; only to put calls of one conversation, or to one user, behind each other. */
const laneOf = (data: unknown): LaneOf | undefined => {
  if (typeof data !== 'object' || data === null) return undefined;
  const { conversationId, to } = data as { readonly conversationId?: unknown; readonly to?: unknown };
  const key = conversationId ?? to;
  if (typeof key !== 'string' || key.length !== 36) return undefined;
  return { key: key.toLowerCase(), atOnce: conversationId !== undefined };
};

const codesAfterAuth: Partial<Record<ErrorCode, CloseCode>> = {
  rate_limited: closeCodes.tooFast,
  unavailable: closeCodes.overloaded,
  internal: closeCodes.overloaded,
};

/** Who could not renew their token stays until it ends, unless they turn out to be somebody else. */
const endAfterAuth = (session: Session, { code, rule }: WireError, renewal: boolean): void => {
  if (renewal && code !== 'conflict') return;
  const tooMany = rule === 'sockets_per_user' ? closeCodes.evicted : undefined;
  session.flush();
  session.socket.end(tooMany ?? codesAfterAuth[code] ?? closeCodes.unauthenticated, 'not authenticated');
};
