import type { ConversationEvent } from '#app/domain/chat/chat-events.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Draft, FrameShape, MessageShape } from './shapes.ts';

/** A membership, in the revs of its conversation. */
interface Stay {
  readonly from: number;
  to: number;
  readonly firstSeq: number;
}

/** What one socket was told of one conversation. */
interface Told {
  last: number;
  /** Told by replies. */
  readonly own: Set<number>;
}

const NOTHING = -1;

/** How one socket was told what; made when it is opened, and gone with it. */
export type Stream = Map<ConversationId, Told>;

/** Looks at everything that leaves a node, knowing from the commits who may be told what. */
export class Judge {
  readonly violations: string[] = [];
  readonly #stays = new Map<string, Stay[]>();
  #hash = 0x811c9dc5;
  readonly acked = new Map<string, { readonly draft: Draft; readonly seq: number; readonly rev: number }>();
  frames = 0;

  /** What happened, in one number: the same seed gives the same. */
  get trace(): string {
    return (this.#hash >>> 0).toString(16);
  }

  /** Everything that happens goes in here, in its order. */
  note(...facts: readonly (number | string | undefined)[]): void {
    for (const fact of facts) {
      if (typeof fact === 'string') for (let at = 0; at < fact.length; at++) this.#mix(fact.charCodeAt(at));
      else this.#mix(fact ?? -1);
    }
  }

  blame(what: string): void {
    if (this.violations.length < 20) this.violations.push(what);
  }

  /** A change was committed. */
  committed(event: ConversationEvent): void {
    if (!('members' in event)) return;
    for (const { userId, joinedRev, leftRev, firstSeq } of event.members) {
      const stays = this.#of(event.conversationId, userId);
      const open = stays.find(({ to }) => to === Infinity);
      if (leftRev !== undefined && open) open.to = leftRev;
      else if (leftRev === undefined && !open) stays.push({ from: joinedRev, to: Infinity, firstSeq });
    }
  }

  isMember(conversationId: ConversationId, userId: UserId): boolean {
    return this.#of(conversationId, userId).some(({ to }) => to === Infinity);
  }

  /** An event is on its way to a socket. */
  event(stream: Stream, userId: UserId, { type, data }: FrameShape): void {
    this.frames++;
    const id = data.conversationId;
    if (id === undefined) return;
    if (data.message) this.#mayKnow(id, userId, data.message, type);
    for (const { message } of data.rows ?? []) if (message) this.#mayKnow(id, userId, message, type);
    const upTo = data.rev ?? data.upTo;
    if (upTo === undefined) return;
    if (type !== 'conversation.changes' && !this.#of(id, userId).some(({ to }) => upTo <= to))
      this.blame(`leaked: ${type} ${upTo} to one who had left`);
    const from = data.from ?? upTo - 1;
    if (from < upTo) this.#dense(stream, id, userId, from, upTo, type); // else it only asks to catch up
  }

  /** A page of catching up is on its way. */
  page(userId: UserId, conversationId: ConversationId, messages: readonly MessageShape[]): void {
    for (const message of messages) this.#mayKnow(conversationId, userId, message, 'sync');
  }

  /** The answer to a send is on its way: it counts as its event. */
  ack(stream: Stream, draft: Draft, seq: number, rev: number): void {
    const before = this.acked.get(draft.id);
    if (before && (before.seq !== seq || before.rev !== rev))
      this.blame(`${draft.text} was acked twice, and otherwise`);
    this.acked.set(draft.id, { draft, seq, rev });
    toldOf(stream, draft.conversationId).own.add(rev);
  }

  /** Nothing later than the end of a stay, nothing before its first visible message. */
  #mayKnow(id: ConversationId, userId: UserId, { rev, seq, content }: MessageShape, type: string): void {
    if (content === undefined) return;
    if (!this.#of(id, userId).some((stay) => rev <= stay.to && seq >= stay.firstSeq))
      this.blame(`leaked: ${type} with seq ${seq}, rev ${rev}`);
  }

  /** A node tells a socket of a conversation's revs in their order and leaves none out. */
  #dense(stream: Stream, id: ConversationId, userId: UserId, from: number, upTo: number, type: string): void {
    const told = toldOf(stream, id);
    if (told.last === NOTHING) told.last = from;
    // Kept though it is passed: an ack of a message sent again may come before its event.
    while (told.own.has(told.last + 1)) told.last++;
    // A membership may begin before its change got here: then it also hears what came before it, and may.
    const another = this.#of(id, userId).some((stay) => stay.from > told.last);
    if (from > told.last && !another) this.blame(`not dense: ${type} ${from + 1} to ${upTo} after ${told.last}`);
    if (upTo < told.last && !told.own.has(upTo) && type !== 'conversation.changes')
      this.blame(`backwards: ${type} ${upTo} after ${told.last}`);
    told.last = Math.max(told.last, upTo);
  }

  #of(id: ConversationId, userId: UserId): Stay[] {
    const key = `${id} ${userId}`;
    let stays = this.#stays.get(key);
    if (!stays) this.#stays.set(key, (stays = []));
    return stays;
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ (value | 0), 0x01000193);
    this.#hash ^= this.#hash >>> 13;
  }
}

const toldOf = (stream: Stream, id: ConversationId): Told => {
  let told = stream.get(id);
  if (!told) stream.set(id, (told = { last: NOTHING, own: new Set() }));
  return told;
};
