import type { Shown } from '#app/application/connection/presence-watch.ts';
import type { Outlet } from '#app/application/chat/rev-gate.ts';
import { bytesOf, syncLimits } from '#app/application/chat/sync.ts';
import type { ChangedOwnRow, ChangedRow } from '#app/application/ports/feed.ts';
import type { FrameCodec } from '#app/application/ports/frame-codec.ts';
import type { Transport } from '#app/application/ports/transport.ts';
import type { ConversationEvent, ReceiptChanged, UserEvent } from '#app/domain/chat/chat-events.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { Rev } from '#app/domain/shared/counters.ts';
import type { ConnectionId, ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { presenceChanged, receiptsChanged, type WireEvent, wireEventOf } from '../protocol/events.ts';
import { anyRow, ownRow } from '../protocol/rows.ts';
import type { Session } from './session.ts';
import { type Subscriptions, topics } from './subscriptions.ts';

/** Who is connected to this node. */
export interface OpenSessions {
  sessionOf(id: ConnectionId): Session | undefined;
  /** Codecs that some open socket speaks. */
  readonly codecsInUse: Iterable<FrameCodec>;
}

/**
 * What the gates let out, on its way to the sockets: moves those whose membership changed, encodes once per codec,
 * publishes by topic. No loop over sockets.
 */
export class Broadcaster {
  constructor(
    private readonly transport: Transport,
    private readonly sessions: OpenSessions,
    private readonly subscriptions: Subscriptions,
    /** Finds out anew what a user may hear of these conversations, and subscribes their sessions to them. */
    private readonly rejoin: (userId: UserId, conversations: readonly ConversationId[]) => void,
  ) {}

  readonly conversations: Outlet<ConversationId, ConversationEvent, ChangedRow> = {
    event: (id, event) => {
      if ('members' in event) this.#expelLeft(id, event.members);
      const wire = wireEventOf(event);
      this.#publish(topics.all, id, wire, event.origin);
      const late = this.subscriptions.conversation(id)?.lateSeq ?? 0;
      if (late > 0) this.#publish(topics.late, id, hiddenFromLate(event, late) ?? wire, event.origin);
    },
    repaired: (id, from, upTo, rows, whole) => {
      const members = rows.flatMap((row) => (row.kind === 'member' ? [row.member] : []));
      this.#expelLeft(id, members);
      // Who left and came back within the gap must not be shown what was said between.
      for (const { userId, leftRev, joinedRev, firstSeq } of members)
        if (leftRev === undefined && joinedRev > from) this.subscriptions.renew(userId, id, joinedRev, firstSeq);
      if (!whole || bytesOf(rows) > syncLimits.bytes) return this.#askToSync(id, upTo);
      const data = { conversationId: id, from, upTo, rows: rows.map(anyRow) };
      this.#publish(topics.all, id, { type: 'conversation.changes', data });
      const late = this.subscriptions.conversation(id)?.lateSeq ?? 0;
      if (late === 0) return;
      const isHidden = (row: ChangedRow) => row.kind === 'message' && row.message.seq < late;
      const hidden = Math.max(
        0,
        ...rows.flatMap((row) => (row.kind === 'message' && isHidden(row) ? [row.message.seq] : [])),
      );
      const shown = { ...data, rows: rows.filter((row) => !isHidden(row)).map(anyRow), ...(hidden > 0 && { hidden }) };
      this.#publish(topics.late, id, { type: 'conversation.changes', data: shown });
    },
  };

  readonly users: Outlet<UserId, UserEvent, ChangedOwnRow> = {
    event: (id, event) => {
      if (event.type === 'membership.joined')
        this.#admit(id, event.membership.conversationId, event.rev, event.membership.firstSeq);
      if (event.type === 'membership.left')
        this.subscriptions.expelAhead(id, event.membership.conversationId, event.rev);
      this.#publish(topics.user, id, wireEventOf(event), event.origin);
    },
    repaired: (id, from, upTo, rows) => {
      const joined = rows.flatMap((row) =>
        row.kind === 'membership' && row.membership.member ? [row.membership.conversationId] : [],
      );
      if (joined.length > 0) this.rejoin(id, joined);
      this.#publish(topics.user, id, { type: 'user.changes', data: { from, upTo, rows: rows.map(ownRow) } });
    },
  };

  /** Receipts take no rev, so no gate orders them: a client merges them by their greatest. */
  receipts(id: ConversationId, [first, ...others]: readonly ReceiptChanged[]): void {
    if (!first) return;
    const wire = receiptsChanged([first, ...others]);
    const origin = others.length === 0 ? first.origin : undefined;
    for (const topic of [topics.all, topics.late]) this.#publish(topic, id, wire, origin);
  }

  /** Who types there, to those who look. */
  typing(conversationId: ConversationId, users: readonly UserId[]): void {
    this.#publish(topics.focus, conversationId, typingChanged(conversationId, users));
  }

  /** To one who looks only now. */
  typingTo(session: Session, conversationId: ConversationId, users: readonly UserId[]): void {
    session.send(session.codec.encode(typingChanged(conversationId, users)));
  }

  /** To one connection, of those whom it watches. */
  presence(connectionId: ConnectionId, users: readonly Shown[]): void {
    const session = this.sessions.sessionOf(connectionId);
    session?.send(session.codec.encode(presenceChanged(users)));
  }

  #admit(
    userId: UserId,
    conversationId: ConversationId,
    rev: Rev,
    firstSeq: Parameters<Subscriptions['join']>[1]['firstSeq'],
  ): void {
    for (const session of this.subscriptions.ofUser(userId)) {
      if (!this.subscriptions.join(session, { conversationId, rev, firstSeq }))
        return this.rejoin(userId, [conversationId]);
      // A client that found its membership by `sync` takes this event for an old one; what passed between is nobody's to tell.
      const passed = this.subscriptions.passed(conversationId) ?? 0;
      if (passed > rev) session.askToSync(conversationId, passed);
    }
  }

  /** A repair that nobody can apply whose cursor is behind: they catch up by themselves, each with what they may see. */
  #askToSync(id: ConversationId, upTo: number): void {
    const data = { conversationId: id, from: upTo, upTo, rows: [] };
    for (const topic of [topics.all, topics.late]) this.#publish(topic, id, { type: 'conversation.changes', data });
  }

  #expelLeft(id: ConversationId, members: readonly ParticipantState[]): void {
    for (const { userId, leftRev } of members) if (leftRev !== undefined) this.subscriptions.expel(userId, id, leftRev);
  }

  #publish<Id>(topic: (id: Id, protocol: string) => string, id: Id, event: WireEvent, origin?: ConnectionId): void {
    const originator = origin === undefined ? undefined : this.sessions.sessionOf(origin);
    for (const codec of this.sessions.codecsInUse) {
      const name = topic(id, codec.protocol);
      if (this.transport.subscribers(name) === 0) continue;
      const frame = codec.encode(event);
      // the origin's reply tells it already
      if (originator?.codec === codec && originator.socket.open) originator.socket.publish(name, frame);
      else this.transport.publish(name, frame);
    }
  }
}

const typingChanged = (conversationId: ConversationId, users: readonly UserId[]): WireEvent => ({
  type: 'typing.changed',
  data: { conversationId, users: [...users] },
});

/**
 * An event about a message that some late members may not see goes to them without content. Also one that only now is
 * written: it may come after those who joined behind it.
 */
const hiddenFromLate = (event: ConversationEvent, late: number): WireEvent | undefined => {
  const message = 'message' in event ? event.message : undefined;
  if (!message || message.seq >= late) return undefined;
  const { conversationId, rev } = event;
  return { type: 'conversation.advanced', data: { conversationId, rev, seq: message.seq } };
};
