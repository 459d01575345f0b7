import type { AnnounceTyping } from '#app/application/connection/announce-typing.ts';
import type { PresenceTracker } from '#app/application/connection/presence-tracker.ts';
import type { PresenceWatch, Shown } from '#app/application/connection/presence-watch.ts';
import type { TypingBoard } from '#app/application/connection/typing-board.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { Metrics } from '#app/application/ports/metrics.ts';
import type { DeviceInfo } from '#app/domain/connection/device-info.ts';
import type { DeviceStatus } from '#app/domain/connection/presence.ts';
import { notFound, unavailable } from '#app/domain/shared/domain-error.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { LiveConnection, Welcome } from '../commands/command.ts';
import type { Authentication } from './authentication.ts';
import type { Broadcaster } from './broadcaster.ts';
import type { Session } from './session.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What looking, typing and being there concern; one for all sessions of a node. */
export interface AttentionParts {
  readonly subscriptions: Subscriptions;
  readonly broadcaster: Broadcaster;
  readonly tracker: PresenceTracker;
  readonly watch: PresenceWatch;
  readonly board: TypingBoard;
  readonly announce: AnnounceTyping;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** There is more important work than what is worth something only now. */
  readonly busy: () => boolean;
}

/** The same said again within this time tells nobody anything. */
const SAME_MS = 2_000;
/** Who begins to type does not stop and begin again sooner. */
const BEGUN_MS = 250;

/** A session, as the commands that concern a connection see it. */
export class LiveSession implements LiveConnection {
  constructor(
    private readonly session: Session,
    private readonly authentication: Authentication,
    private readonly parts: AttentionParts,
  ) {}

  authenticate(token: string, device: DeviceInfo | undefined): Promise<Welcome> {
    return this.authentication.authenticate(this.session, token, device);
  }

  focus(conversationId: ConversationId | undefined): void {
    const { subscriptions, board, broadcaster } = this.parts;
    if (!subscriptions.focus(this.session, conversationId)) throw notFound('conversation');
    if (conversationId === undefined) return;
    const users = board.of(conversationId);
    if (users.length > 0) broadcaster.typingTo(this.session, conversationId, users);
  }

  async typing(conversationId: ConversationId, active: boolean): Promise<void> {
    const { identity } = this.session.connection;
    if (!identity || !this.parts.subscriptions.isJoined(this.session, conversationId)) throw notFound('conversation');
    if (!this.#isNews(conversationId, active)) return this.parts.metrics.count('typing_dropped_total', { why: 'fast' });
    if (this.parts.busy()) return this.parts.metrics.count('typing_dropped_total', { why: 'load' });
    await this.parts.announce.execute({ conversationId, userId: identity.userId, active });
  }

  async watch(users: readonly UserId[]): Promise<readonly Shown[]> {
    const { connection, socket } = this.session;
    if (!connection.identity || !socket.open) throw unavailable('closed');
    return this.parts.watch.watch(connection.id, connection.identity.userId, users);
  }

  setStatus(status: DeviceStatus): void {
    this.parts.tracker.set(this.session.connection.id, status);
  }

  #isNews(conversationId: ConversationId, active: boolean): boolean {
    const now = this.parts.clock.monotonic();
    const { typed } = this.session;
    if (typed?.conversationId === conversationId) {
      const since = now - typed.at;
      if (typed.active === active ? since < SAME_MS : active && since < BEGUN_MS) return false;
    } else if (typed && active && now - typed.at < BEGUN_MS) return false;
    this.session.typed = { conversationId, active, at: now };
    return true;
  }
}
