import type { FrameCodec, ReplyFrame } from '#app/application/ports/frame-codec.ts';
import type { Frame, Socket } from '#app/application/ports/transport.ts';
import type { Connection } from '#app/domain/connection/connection.ts';
import type { ConversationId } from '#app/domain/shared/ids.ts';
import type { Caller } from '../commands/command.ts';
import type { LocalConversation } from './subscriptions.ts';
import { Lane } from './lane.ts';

const KEPT_LANES = 8;

/**
 * One socket and all that is kept for it; nothing of it outlives the close. There may be a hundred thousand of these, so
 * what most of them never need is made when first needed.
 */
export class Session {
  /** Monotonic time of the last byte from the peer. */
  lastSeen: number;
  inFlight = 0;
  /** Its time on this node is over: it begins nothing more, and is closed when what is under way has been answered. */
  leaving = false;
  malformed = 0;
  /** Frames since the last tick of the heartbeat. */
  frames = 0;
  caller: Caller | undefined;
  /** No longer counted among the strangers of its address. */
  known = false;
  /** What it is subscribed to, shared between all sessions of a conversation. */
  conversations: LocalConversation[] = [];
  /** What its user looks at; heard of as long as it is among the conversations. */
  focus: ConversationId | undefined;
  /** What it said last of typing, and when by the monotonic clock. */
  typed: { readonly conversationId: ConversationId; readonly active: boolean; readonly at: number } | undefined;
  #lanes: Map<string, Lane> | undefined;
  #answers: Frame[] | undefined;

  constructor(
    readonly connection: Connection,
    readonly socket: Socket,
    readonly codec: FrameCodec,
    readonly openedAt: number,
  ) {
    this.lastSeen = openedAt;
  }

  /** At once, after what was answered before. */
  reply(reply: ReplyFrame): void {
    this.flush();
    this.send(this.codec.encode(reply));
  }

  /** The answers of one turn leave in one write: who pipelines sends gets the acks of a batch together. */
  answer(reply: ReplyFrame): void {
    if (this.#answers) this.#answers.push(this.codec.encode(reply));
    else {
      this.#answers = [this.codec.encode(reply)];
      queueMicrotask(() => this.flush());
    }
  }

  flush(): void {
    const answers = this.#answers;
    this.#answers = undefined;
    if (!answers) return;
    if (answers.length === 1)
      this.send(answers[0]!); // length 1
    else this.socket.cork(() => answers.forEach((answer) => this.send(answer)));
  }

  send(frame: Frame): void {
    this.socket.send(frame);
  }

  /** For who may have caught up before they were subscribed: all up to `upTo` has passed; whoever lacks some of it asks for it. */
  askToSync(conversationId: ConversationId, upTo: number): void {
    const data = { conversationId, from: upTo, upTo, rows: [] };
    this.send(this.codec.encode({ type: 'conversation.changes', data }));
  }

  /** Conversations with something under way or held back. */
  get lanes(): number {
    return this.#lanes?.size ?? 0;
  }

  /** By conversation, or by the user to whom something is sent whose conversation is not known yet. */
  laneOf(key: string): Lane {
    this.#lanes ??= new Map();
    let lane = this.#lanes.get(key);
    if (!lane) this.#lanes.set(key, (lane = new Lane()));
    return lane;
  }

  /** A few stay, for who writes to a conversation writes again. */
  forgetIdle(key: string): void {
    if (this.lanes > KEPT_LANES && this.#lanes?.get(key)?.idle) this.#lanes.delete(key);
  }
}
