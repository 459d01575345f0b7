import { BoundedWork } from '#app/application/bounded-work.ts';
import { tooManyConnections } from '#app/application/connection/claim-connection.ts';
import type { Authenticator } from '#app/application/ports/authenticator.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { RegisteredConnection } from '#app/application/ports/connection-registry.ts';
import type { EventBus } from '#app/application/ports/event-bus.ts';
import type { Feed, Standing } from '#app/application/ports/feed.ts';
import type { DeviceInfo } from '#app/domain/connection/device-info.ts';
import { Urev } from '#app/domain/shared/counters.ts';
import { Refusal, unavailable } from '#app/domain/shared/domain-error.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Welcome } from '../commands/command.ts';
import type { Session } from './session.ts';
import type { Subscriptions, UserGate } from './subscriptions.ts';

/** How often a standing that was overtaken by a change of members is read again before the client is sent away. */
const STANDING_READS = 5;

/** Everybody comes back at once after a restart: few ask the database together, so that others find it free. */
const AT_ONCE = 32;
/** Far more than come back at once; who waits too long is closed for it, and comes back later. */
const WAITING = 20_000;

export interface AuthenticationContext {
  readonly events: EventBus;
  readonly clock: Clock;
  readonly socketsPerUser: number;
  /** Whether one too many closes the oldest instead of being refused. */
  readonly evictOldest: boolean;
  /** Counts it with those of other nodes. @throws Refusal when it is one too many */
  readonly claim: (connection: RegisteredConnection) => Promise<void>;
  /** Told once of each session that has said who it is. */
  readonly known: (session: Session) => void;
}

/** From a socket to somebody who hears all that they may hear. */
export class Authentication {
  readonly #turns = new BoundedWork(AT_ONCE, WAITING, () => unavailable('too_many_come_at_once'));

  constructor(
    private readonly authenticator: Authenticator,
    private readonly feed: Feed,
    private readonly subscriptions: Subscriptions,
    private readonly userGate: UserGate,
    private readonly context: AuthenticationContext,
  ) {}

  /**
   * The first time subscribes, then reads where the user stands: an event between the two is in what was read, or comes.
   * Later times renew the token. @throws Refusal; after `conflict` and `rate_limited` the socket is to be closed
   */
  authenticate(session: Session, token: string, device: DeviceInfo | undefined): Promise<Welcome> {
    return this.#turns.run(() => this.#authenticate(session, token, device));
  }

  async #authenticate(session: Session, token: string, device: DeviceInfo | undefined): Promise<Welcome> {
    const { connection } = session;
    if (!session.socket.open) throw unavailable('closed');
    const who = await this.authenticator.authenticate(token);
    // Nothing is awaited from here to `enter`: a revocation that comes now finds the session among the user's.
    if (!session.socket.open) throw unavailable('closed');
    if (!connection.sameUser(who.userId))
      throw new Refusal('conflict', 'other_user', 'this connection belongs to another user; open a new one');
    const first = connection.identity === undefined;
    const { socketsPerUser, evictOldest } = this.context;
    if (first && !evictOldest && this.subscriptions.ofUser(who.userId).size >= socketsPerUser)
      throw tooManyConnections(socketsPerUser);
    const at = this.context.clock.now();
    const { userId, sessionId, apiKeyId, expiresAt } = who;
    const named = device ?? connection.identity?.device;
    const changed = connection.identify({ userId, sessionId, apiKeyId, expiresAt, device: named }, at);
    if (first) {
      this.subscriptions.enter(session, userId);
      this.context.known(session);
    }
    session.caller = undefined;
    const claimed = first && this.context.claim({ id: connection.id, userId, sessionId, device: named, openedAt: at });
    const [{ epoch, urev }] = await Promise.all([this.#subscribe(session, userId, first), claimed]);
    if (changed) {
      this.context.events.publish(changed);
      this.context.events.publish({ type: 'user.connected', connectionId: connection.id, at, userId, device });
    }
    return { userId, sessionId, expiresAt, epoch, urev };
  }

  /**
   * Memberships may have begun: subscribes all of the user's sessions here to these conversations if so. They have been
   * told already, and may have caught up before they were subscribed: what was said in between they are to ask for.
   */
  async rejoin(userId: UserId, conversations: readonly ConversationId[]): Promise<void> {
    const standings = await this.feed.standings(userId, conversations);
    for (const session of [...this.subscriptions.ofUser(userId)])
      for (const { conversationId } of await this.#join(session, userId, standings))
        session.askToSync(conversationId, this.subscriptions.passed(conversationId) ?? 0);
  }

  async #subscribe(session: Session, userId: UserId, first: boolean): Promise<{ epoch: string; urev: Urev }> {
    const [epoch, heads] = await Promise.all([this.feed.epoch(), this.feed.userHeads([userId])]);
    const urev = heads.get(userId) ?? Urev(0);
    // Not before the head was read: a membership that began between the two would be passed by the gate, and be in neither.
    const standings = first ? await this.feed.standings(userId) : [];
    if (!this.subscriptions.ofUser(userId).has(session)) throw unavailable('closed');
    if (first) this.userGate.open(userId, urev);
    await this.#join(session, userId, standings);
    return { epoch, urev };
  }

  /** Answers by which standings it joined, in the end. */
  async #join(session: Session, userId: UserId, standings: readonly Standing[]): Promise<readonly Standing[]> {
    const joined: Standing[] = [];
    let current = standings;
    for (let read = 1; ; read++) {
      if (!session.socket.open) return joined;
      const stale: Standing[] = [];
      for (const standing of current) (this.subscriptions.join(session, standing) ? joined : stale).push(standing);
      if (stale.length === 0) return joined;
      if (read === STANDING_READS) throw unavailable('members_change_too_fast');
      current = await this.feed.standings(
        userId,
        stale.map((standing) => standing.conversationId),
      );
    }
  }
}
