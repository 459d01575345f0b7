import type * as v from 'valibot';
import type { LimitClass } from '#app/application/ports/rate-limiter.ts';
import type { Shown } from '#app/application/connection/presence-watch.ts';
import type { DeviceStatus } from '#app/domain/connection/presence.ts';
import type { ConnectionId, ConversationId, SessionId, UserId } from '#app/domain/shared/ids.ts';
import type { DeviceInfo } from '#app/domain/connection/device-info.ts';
import type { SendLane } from '#app/application/chat/send-lane.ts';
import type { Urev } from '#app/domain/shared/counters.ts';

/** Who asks, when nobody has said who they are yet. */
export interface Stranger {
  /** Of the peer, or of the client behind a trusted proxy. */
  readonly address: string;
  readonly device?: DeviceInfo;
  /** The connection itself, for the commands that concern it. Absent over HTTP. */
  readonly connection?: LiveConnection;
}

/** What `auth` and its like may do with the connection on which they were called. */
export interface LiveConnection extends Attention {
  /** Proves or renews who speaks here, and subscribes to all that they see. */
  authenticate(token: string, device: DeviceInfo | undefined): Promise<Welcome>;
}

/** What a connection says of whom and what its user looks at; only one that has said who it is. */
export interface Attention {
  /** Undefined: nothing. @throws Refusal `not_found` for who is no member */
  focus(conversationId: ConversationId | undefined): void;
  /** @throws Refusal `not_found` for who is no member */
  typing(conversationId: ConversationId, active: boolean): Promise<void>;
  /** Replaces the set; answers each. */
  watch(users: readonly UserId[]): Promise<readonly Shown[]>;
  setStatus(status: DeviceStatus): void;
}

/** What somebody is told who has proven who they are. */
export interface Welcome {
  readonly userId: UserId;
  readonly sessionId: SessionId | undefined;
  /** When the token ends, epoch milliseconds; renew it before. */
  readonly expiresAt: number | undefined;
  readonly epoch: string;
  readonly urev: Urev;
}

/** Who asks, proven by a token. */
export interface Caller extends Stranger {
  readonly userId: UserId;
  /** Absent for callers without a session of ours (outside issuers, API keys). */
  readonly sessionId?: SessionId;
  /** Absent over HTTP. */
  readonly connectionId?: ConnectionId;
  /** Keeps this connection's sends to one conversation in order through failures. Absent over HTTP. */
  readonly lane?: SendLane;
}

export type Access = 'anyone' | 'user';
export type CallerOf<A extends Access> = A extends 'user' ? Caller : Stranger;

export type Schema = v.GenericSchema<unknown, unknown>;
type ObjectSchema = v.GenericSchema<Record<string, unknown>, object>;

export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/v1/conversations/{conversationId}`; what the path names is merged into the input, the rest comes from query or body. */
  readonly path: string;
}

/** One row of the catalogue: all that the WebSocket dispatcher, the HTTP router and the documents know of a use case. */
export interface Command<
  In extends ObjectSchema = ObjectSchema,
  Out extends ObjectSchema = ObjectSchema,
  A extends Access = Access,
> {
  /** `noun.verb`, the same over WebSocket and HTTP. */
  readonly type: string;
  /** One sentence for the documents. */
  readonly summary: string;
  readonly access: A;
  readonly limit: LimitClass;
  readonly input: In;
  readonly output: Out;
  /** An input for the documents, where the least that fits the schema would not do. */
  readonly example?: v.InferInput<In>;
  readonly http?: HttpRoute;
  /** `false` for what concerns a connection (`auth`, `ping`, `focus`, …): no HTTP route, not even `POST /v1/commands/{type}`. */
  readonly overHttp?: false;
  /**
   * For what gives out, exchanges or ends the refresh token of the session: over HTTP a browser may have it in a cookie
   * instead (http/session-cookie.ts). What begins or renews answers `refreshToken` and `refreshTokenExpiresAt`; what renews
   * takes `refreshToken`.
   */
  readonly sessionCookie?: 'begin' | 'renew' | 'end';
  /**
   * For what writes to the conversation that the input names as `conversationId`: on one connection such commands take
   * effect in the order of arrival. `append` does not wait for earlier appends to end, `change` does.
   */
  readonly lane?: 'append' | 'change';
  run(input: v.InferOutput<In>, caller: CallerOf<A>): Promise<v.InferInput<Out>>;
}

/** What the machines hold: any command, its input and caller checked by the machine against `input` and `access`. */
export interface AnyCommand extends Omit<Command, 'run'> {
  run(input: unknown, caller: Stranger | Caller): Promise<object>;
}

/** Keeps the types of one command together while it is written, and forgets them for the machines. */
export const command = <In extends ObjectSchema, Out extends ObjectSchema, A extends Access>(
  row: Command<In, Out, A>,
): TypedCommand<In, Out, A> => row as unknown as TypedCommand<In, Out, A>; // sound: machines parse with `input` before they call `run`

export type TypedCommand<In extends ObjectSchema, Out extends ObjectSchema, A extends Access> = AnyCommand & {
  readonly input: In;
  readonly output: Out;
  readonly access: A;
};
