import type { AddressCensus } from '#app/application/ports/address-census.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { EventBus } from '#app/application/ports/event-bus.ts';
import type { FrameCodec } from '#app/application/ports/frame-codec.ts';
import type { Metrics } from '#app/application/ports/metrics.ts';
import type { RateLimiter } from '#app/application/ports/rate-limiter.ts';
import { concerns, type Revocations } from '#app/application/ports/revocations.ts';
import type { Socket, SocketHandler, UpgradeAnswer, UpgradeRequest } from '#app/application/ports/transport.ts';
import { Connection, type Identity } from '#app/domain/connection/connection.ts';
import { addressBlock } from '#app/domain/identity/address-block.ts';
import { ConnectionId } from '#app/domain/shared/ids.ts';
import { closeCodes } from '../protocol/close-codes.ts';
import { originAllowed } from '../protocol/origin.ts';
import { departure } from './departure.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Session } from './session.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Where sockets are opened. */
const SOCKET_PATH = '/v1/ws';

export interface GatewayLimits {
  readonly socketsPerAddress: number;
  readonly unauthenticatedSocketsPerAddress: number;
  /** To say who one is, from the opening of the socket, in milliseconds. */
  readonly authMs: number;
  /** A peer from whom nothing came for two of these is gone. */
  readonly pingMs: number;
  /** Frames of one socket, control frames included, between two ticks of the heartbeat (a second). */
  readonly framesPerSecond: number;
}

export interface GatewayParts {
  readonly codecs: readonly FrameCodec[];
  readonly dispatcher: Dispatcher;
  readonly subscriptions: Subscriptions;
  readonly revocations: Revocations;
  readonly limiter: RateLimiter;
  readonly census: AddressCensus;
  readonly events: EventBus;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Unique to this process's life, for connection ids that no other node makes. */
  readonly incarnation: string;
  readonly allowedOrigins: readonly string[];
  readonly limits: GatewayLimits;
}

/** What hangs on a socket between its upgrade and its opening. */
export interface Admitted {
  readonly codec: FrameCodec;
  readonly address: string;
  session?: Session;
}

interface OfAddress {
  sockets: number;
  unauthenticated: number;
}

/** All sockets of this node: who may open one, who has fallen silent, who must go. */
export class Gateway implements SocketHandler<Admitted> {
  readonly #sessions = new Map<ConnectionId, Session>();
  readonly #addresses = new Map<string, OfAddress>();
  readonly #origins: ReadonlySet<string>;
  readonly #inUse = new Map<FrameCodec, number>();
  #opened = 0;
  #ticks = 0;
  #draining = false;

  constructor(private readonly parts: GatewayParts) {
    this.#origins = new Set(parts.allowedOrigins);
    parts.revocations.subscribe((revocation) => {
      const sessions =
        'userId' in revocation ? this.parts.subscriptions.ofUser(revocation.userId) : this.#sessions.values();
      for (const { connection, socket } of [...sessions])
        if (connection.identity && concerns(revocation, connection.identity))
          // a turn later, so that who logs out on this very connection gets the reply first
          setImmediate(() => socket.end(closeCodes.sessionRevoked, revocation.reason));
    });
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Codecs that some open socket speaks. */
  get codecsInUse(): Iterable<FrameCodec> {
    return this.#inUse.keys();
  }

  /** Who speaks on the open sockets. */
  *identities(): Iterable<Identity> {
    for (const { connection } of this.#sessions.values()) if (connection.identity) yield connection.identity;
  }

  sessionOf(id: ConnectionId): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Open sockets that have not said who they are. */
  get unauthenticated(): number {
    let count = 0;
    for (const { unauthenticated } of this.#addresses.values()) count += unauthenticated;
    return count;
  }

  upgrade(request: UpgradeRequest): UpgradeAnswer<Admitted> {
    const { limits, codecs } = this.parts;
    if (request.path !== SOCKET_PATH) return this.#refuse('path', 404, `sockets are opened at ${SOCKET_PATH}`);
    if (this.#draining) return this.#refuse('draining', 503, 'this node is going away', { 'retry-after': '1' });
    const claim = {
      origin: request.header('origin'),
      host: request.header('host'),
      forwardedProto: request.header('x-forwarded-proto'),
    };
    if (!originAllowed(claim, this.#origins))
      return this.#refuse('origin', 403, 'pages from this origin may not connect');
    const codec = negotiated(request.header('sec-websocket-protocol'), codecs);
    if (!codec)
      return this.#refuse(
        'sub_protocol',
        400,
        `offer one of these sub-protocols: ${codecs.map((c) => c.protocol).join(', ')}`,
      );
    const block = addressBlock(request.address);
    const taken = this.parts.limiter.take('handshake', block);
    if ('then' in taken || !taken.allowed)
      return this.#refuse('rate', 429, 'too many connections from your address', { 'retry-after': '1' });
    const { sockets = 0, unauthenticated = 0 } = this.#addresses.get(block) ?? {};
    const full =
      (sockets + this.parts.census.elsewhere(block) >= limits.socketsPerAddress && 'sockets_per_address') ||
      (unauthenticated >= limits.unauthenticatedSocketsPerAddress && 'strangers');
    if (full) return this.#refuse(full, 429, 'too many open connections from your address', { 'retry-after': '5' });
    const offered = request.header('sec-websocket-protocol') !== '';
    return { accept: true, protocol: offered ? codec.protocol : '', state: { codec, address: request.address } };
  }

  open(socket: Socket, admitted: Admitted): void {
    const { events, clock, incarnation } = this.parts;
    const connection = new Connection(ConnectionId(`${incarnation}-${++this.#opened}`), socket.address);
    const session = new Session(connection, socket, admitted.codec, clock.monotonic());
    admitted.session = session;
    this.#sessions.set(connection.id, session);
    this.#inUse.set(admitted.codec, (this.#inUse.get(admitted.codec) ?? 0) + 1);
    this.#count(session, 1, 1);
    this.parts.metrics.count('connections_opened_total');
    events.publish({
      type: 'connection.opened',
      connectionId: connection.id,
      at: clock.now(),
      address: socket.address,
    });
  }

  message(_socket: Socket, { session }: Admitted, bytes: Uint8Array, binary: boolean): void {
    if (!session || !this.#heard(session)) return;
    this.parts.dispatcher.receive(session, bytes, binary);
  }

  control(_socket: Socket, { session }: Admitted): void {
    if (session) this.#heard(session);
  }

  close(_socket: Socket, { session }: Admitted, code: number): void {
    if (!session) return;
    const { events, clock, subscriptions, metrics } = this.parts;
    const { connection } = session;
    metrics.count('connections_closed_total', { code: String(code) });
    if (code === closeCodes.slowConsumer) metrics.count('slow_consumers_total');
    const [connectionId, at] = [connection.id, clock.now()];
    this.#count(session, -1, session.known ? 0 : -1);
    subscriptions.leave(session);
    this.#sessions.delete(connection.id);
    const users = (this.#inUse.get(session.codec) ?? 1) - 1;
    if (users > 0) this.#inUse.set(session.codec, users);
    else this.#inUse.delete(session.codec);
    const changed = connection.move('closed', at);
    if (changed) events.publish(changed);
    if (connection.identity)
      events.publish({ type: 'user.disconnected', connectionId, at, userId: connection.identity.userId, code });
    events.publish({ type: 'connection.closed', connectionId, at, code });
    events.publish({ type: 'connection.removed', connectionId, at });
  }

  /** Once a second: ends whom nobody can hear any more, whoever did not say who they are, and whose token ran out; sees who lags. */
  tick(): void {
    const { clock, limits } = this.parts;
    const [monotonic, now] = [clock.monotonic(), clock.now()];
    const minute = ++this.#ticks % 60 === 0;
    for (const session of this.#sessions.values()) {
      session.frames = 0;
      if (minute) session.malformed = 0;
      const { identity } = session.connection;
      if (identity) {
        this.#seeWhetherItLags(session, now);
        if (monotonic - session.lastSeen > 2 * limits.pingMs)
          session.socket.end(closeCodes.timeout, 'nothing was heard of you');
        else if (identity.expiresAt !== undefined && identity.expiresAt <= now)
          session.socket.end(closeCodes.tokenExpired, 'renew the token');
      } else if (monotonic - session.openedAt > limits.authMs)
        session.socket.end(closeCodes.timeout, 'authenticate in time');
    }
  }

  /** Another connection of the user takes its place. Answers false when it is not here. */
  evict(id: ConnectionId): boolean {
    const session = this.#sessions.get(id);
    session?.socket.end(closeCodes.evicted, 'too many connections');
    return session !== undefined;
  }

  /** Everybody comes back and begins anew, with what is true now. */
  sendAway(): void {
    for (const { socket } of this.#sessions.values()) socket.end(closeCodes.restarting, 'begin anew');
  }

  /**
   * Those who are here now leave one after another; others may come. Resolves when they have, or not much later than after
   * `ms`. Once it is called off, only those still leave who were told so.
   */
  sendOn(ms: number, after: (ms: number) => Promise<void>, calledOff: AbortSignal): Promise<void> {
    const sessions = [...this.#sessions.values()];
    return this.#depart(sessions, ms, () => sessions.every(({ socket }) => !socket.open), after, calledOff);
  }

  /** No new sockets, and those that are open leave one after another. Resolves when none is left, or not much later than after `ms`. */
  drain(ms: number, after: (ms: number) => Promise<void>): Promise<void> {
    this.#draining = true;
    return this.#depart([...this.#sessions.values()], ms, () => this.#sessions.size === 0, after);
  }

  /** They said who they are: they no longer count among the strangers of their address. */
  known(session: Session): void {
    if (session.known) return;
    session.known = true;
    this.#count(session, 0, -1);
  }

  /** False when the frame is not to be looked at. */
  #heard(session: Session): boolean {
    session.lastSeen = this.parts.clock.monotonic();
    if (!session.socket.open) return false;
    if (++session.frames <= this.parts.limits.framesPerSecond) return true;
    session.socket.end(closeCodes.tooFast, 'too many frames');
    return false;
  }

  #seeWhetherItLags({ connection, socket }: Session, at: number): void {
    const changed = connection.move(socket.behind ? 'lagging' : 'authenticated', at);
    if (changed) this.parts.events.publish(changed);
  }

  #depart(
    sessions: readonly Session[],
    ms: number,
    empty: () => boolean,
    after: (ms: number) => Promise<void>,
    calledOff?: AbortSignal,
  ): Promise<void> {
    const { clock, events, dispatcher } = this.parts;
    const end = (session: Session) => dispatcher.endIfLeft(session);
    return departure(sessions, ms, { clock, events, end, empty, after, calledOff });
  }

  #refuse(
    rule: string,
    status: number,
    body: string,
    headers: Readonly<Record<string, string>> = {},
  ): UpgradeAnswer<never> {
    this.parts.metrics.count('connections_refused_total', { rule });
    const response = { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body };
    return { accept: false, response };
  }

  #count(session: Session, sockets: number, unauthenticated: number): void {
    const block = addressBlock(session.socket.address);
    const counted = this.#addresses.get(block) ?? { sockets: 0, unauthenticated: 0 };
    counted.sockets += sockets;
    counted.unauthenticated += unauthenticated;
    if (sockets !== 0) this.parts.census.count(block, counted.sockets);
    if (counted.sockets > 0) this.#addresses.set(block, counted);
    else this.#addresses.delete(block);
  }
}

/** The first of the client's offers that we speak; offering none means the first of ours. */
const negotiated = (header: string, codecs: readonly FrameCodec[]): FrameCodec | undefined => {
  if (header === '') return codecs[0];
  for (const offer of header.split(',')) {
    const codec = codecs.find(({ protocol }) => protocol === offer.trim());
    if (codec) return codec;
  }
  return undefined;
};
