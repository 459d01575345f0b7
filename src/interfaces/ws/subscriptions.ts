import type { RevGate } from '#app/application/chat/rev-gate.ts';
import type { ChangedOwnRow, ChangedRow, Standing } from '#app/application/ports/feed.ts';
import type { ConversationEvent, UserEvent } from '#app/domain/chat/chat-events.ts';
import type { Rev, Seq } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Session } from './session.ts';

/** A conversation with subscribers on this node. */
export interface LocalConversation {
  readonly id: ConversationId;
  sessions: number;
  /** The greatest first visible seq among the local subscribers that don't see everything; 0 when all do. */
  lateSeq: number;
  /** Those that don't see everything; made when there are some. */
  late: Set<Session> | undefined;
  /**
   * What is known of a membership from before this rev is not to be trusted: here the gate was opened, and changes of members
   * from before never passed it, or the last of them passed.
   */
  membersRev: number;
  /**
   * Sessions that joined by a membership of a later rev than passed here, with that rev: the end of an earlier one, still to
   * pass, does not concern them. Made when there are some.
   */
  ahead: Map<Session, Rev> | undefined;
}

export type ConversationGate = RevGate<ConversationId, ConversationEvent, ChangedRow>;
export type UserGate = RevGate<UserId, UserEvent, ChangedOwnRow>;

/** Members who see everything share one topic; those with a later first visible `seq` another. One of each per codec. */
export const topics = {
  all: (id: ConversationId, protocol: string) => `c/${id}|${protocol}`,
  late: (id: ConversationId, protocol: string) => `c/${id}/late|${protocol}`,
  /** Those who look at it. */
  focus: (id: ConversationId, protocol: string) => `c/${id}/focus|${protocol}`,
  user: (id: UserId, protocol: string) => `u/${id}|${protocol}`,
} as const;

/** Which sessions of this node hear what, kept in the same ordered stream as the events themselves. */
export class Subscriptions {
  readonly #conversations = new Map<ConversationId, LocalConversation>();
  readonly #users = new Map<UserId, Set<Session>>();

  constructor(
    private readonly conversationGate: ConversationGate,
    private readonly userGate: UserGate,
    private readonly told: (change: 'subscribed' | 'unsubscribed', session: Session, channel: string) => void,
  ) {}

  /** Users with an open session here. */
  get users(): number {
    return this.#users.size;
  }

  ofUser(userId: UserId): ReadonlySet<Session> {
    return this.#users.get(userId) ?? NOBODY;
  }

  conversation(id: ConversationId): LocalConversation | undefined {
    return this.#conversations.get(id);
  }

  /**
   * The user's own channel. Comes first: what happens to memberships from here on moves this session too, once the
   * user's gate is open, which whoever calls this does with the head that they read after it.
   */
  enter(session: Session, userId: UserId): void {
    let sessions = this.#users.get(userId);
    if (!sessions) this.#users.set(userId, (sessions = new Set()));
    sessions.add(session);
    this.#subscribe(session, topics.user(userId, session.codec.protocol));
  }

  /** Answers false when the standing is older than what passed here since: read it again. Joining twice changes nothing. */
  join(
    session: Session,
    { conversationId: id, rev, firstSeq }: Pick<Standing, 'conversationId' | 'rev' | 'firstSeq'>,
  ): boolean {
    let local = this.#conversations.get(id);
    if (local && rev < local.membersRev) return false;
    const ahead = local !== undefined && this.#isAhead(local, session, rev);
    if (local && session.conversations.includes(local)) {
      // Perhaps by an earlier membership whose end has not passed, and which saw more.
      if (ahead) this.#tuneOut(session, local);
      if (ahead) this.#tuneIn(session, local, firstSeq);
      return true;
    }
    if (!local) {
      local = { id, sessions: 0, lateSeq: 0, late: undefined, membersRev: rev, ahead: undefined };
      this.#conversations.set(id, local);
      this.conversationGate.open(id, rev);
    }
    local.sessions++;
    session.conversations.push(local);
    this.#tuneIn(session, local, firstSeq);
    return true;
  }

  isJoined(session: Session, id: ConversationId): boolean {
    const local = this.#conversations.get(id);
    return local !== undefined && session.conversations.includes(local);
  }

  /** What the session looks at from now on. Answers false, and then it is nothing, when it is not joined there. */
  focus(session: Session, id: ConversationId | undefined): boolean {
    if (session.focus !== undefined && this.isJoined(session, session.focus))
      this.#unsubscribe(session, topics.focus(session.focus, session.codec.protocol));
    const joined = id !== undefined && this.isJoined(session, id);
    session.focus = joined ? id : undefined;
    if (joined) this.#subscribe(session, topics.focus(id, session.codec.protocol));
    return joined || id === undefined;
  }

  /** What passed here last of a conversation that somebody here hears: whoever is subscribed now hears all that is later. */
  passed(id: ConversationId): number | undefined {
    return this.conversationGate.lastOf(id);
  }

  /** A user's membership ended with `rev`: none of their sessions here hears anything later. */
  expel(userId: UserId, id: ConversationId, rev: Rev): void {
    const local = this.#conversations.get(id);
    if (!local) return;
    local.membersRev = Math.max(local.membersRev, rev);
    for (const session of this.ofUser(userId))
      if (session.conversations.includes(local) && (local.ahead?.get(session) ?? 0) <= rev) this.#part(session, local);
  }

  /** As `expel`, told by the user's own channel: what passed in the conversation's was heeded when it passed. */
  expelAhead(userId: UserId, id: ConversationId, rev: Rev): void {
    if (rev > (this.conversationGate.lastOf(id) ?? 0)) this.expel(userId, id, rev);
  }

  /** A membership ended and another one began with `rev`: the user's sessions here hear from now on what this one may. */
  renew(userId: UserId, id: ConversationId, rev: Rev, firstSeq: Seq): void {
    const local = this.#conversations.get(id);
    if (!local) return;
    local.membersRev = Math.max(local.membersRev, rev);
    for (const session of this.ofUser(userId)) {
      if (!session.conversations.includes(local)) continue;
      this.#tuneOut(session, local);
      this.#tuneIn(session, local, firstSeq);
    }
  }

  /** The session is gone. */
  leave(session: Session): void {
    const { conversations } = session;
    session.conversations = [];
    for (const local of conversations) this.#forget(session, local);
    const userId = session.connection.identity?.userId;
    const sessions = userId && this.#users.get(userId);
    if (!sessions) return;
    sessions.delete(session);
    this.#unsubscribe(session, topics.user(userId, session.codec.protocol));
    if (sessions.size > 0) return;
    this.#users.delete(userId);
    this.userGate.close(userId);
  }

  /** Whether it joins by a membership of a later rev than passed here; remembers it until that has. */
  #isAhead(local: LocalConversation, session: Session, rev: Rev): boolean {
    const passed = this.conversationGate.lastOf(local.id) ?? 0;
    if (rev <= passed) return false;
    local.ahead ??= new Map();
    for (const [other, known] of local.ahead) if (known <= passed) local.ahead.delete(other);
    local.ahead.set(session, rev);
    return true;
  }

  #part(session: Session, local: LocalConversation): void {
    session.conversations = session.conversations.filter((other) => other !== local);
    this.#forget(session, local);
  }

  #forget(session: Session, local: LocalConversation): void {
    this.#tuneOut(session, local);
    local.ahead?.delete(session);
    if (--local.sessions > 0) return;
    this.#conversations.delete(local.id);
    this.conversationGate.close(local.id);
  }

  #tuneIn(session: Session, local: LocalConversation, firstSeq: Seq): void {
    if (firstSeq > 1) {
      local.lateSeq = Math.max(local.lateSeq, firstSeq);
      local.late = (local.late ?? new Set()).add(session);
    }
    this.#subscribe(session, topicOf(local, session));
    if (session.focus === local.id) this.#subscribe(session, topics.focus(local.id, session.codec.protocol));
  }

  #tuneOut(session: Session, local: LocalConversation): void {
    this.#unsubscribe(session, topicOf(local, session));
    if (session.focus === local.id) this.#unsubscribe(session, topics.focus(local.id, session.codec.protocol));
    if (local.late?.delete(session) && local.late.size === 0) {
      local.late = undefined;
      local.lateSeq = 0;
    }
  }

  #subscribe(session: Session, topic: string): void {
    session.socket.subscribe(topic);
    this.told('subscribed', session, topic);
  }

  #unsubscribe(session: Session, topic: string): void {
    session.socket.unsubscribe(topic);
    this.told('unsubscribed', session, topic);
  }
}

const NOBODY: ReadonlySet<Session> = new Set();

const topicOf = ({ id, late }: LocalConversation, session: Session): string =>
  (late?.has(session) ? topics.late : topics.all)(id, session.codec.protocol);
