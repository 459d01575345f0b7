import { SendLane } from '#app/application/chat/send-lane.ts';
import { Message } from '#app/domain/chat/message.ts';
import { MessageText, MessageType } from '#app/domain/chat/message-content.ts';
import { Rev, Urev } from '#app/domain/shared/counters.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { type ConversationId, MessageId, type UserId } from '#app/domain/shared/ids.ts';
import type { Session } from '#app/interfaces/ws/session.ts';
import { anyRow, ownRow } from '#app/interfaces/protocol/rows.ts';
import { isPassing, type Peer, type SimulatedNode } from './node.ts';
import type { Draft, FrameShape, MembershipShape, MessageShape, OwnRowShape, RowShape } from './shapes.ts';
import type { World } from './world.ts';

/** What a device holds of one conversation. */
export class HeldConversation {
  cursor = 0;
  ahead: FrameShape[] = [];
  readonly messages = new Map<number, MessageShape>();

  take(message: MessageShape | undefined): void {
    if (message && message.rev > (this.messages.get(message.seq)?.rev ?? 0)) this.messages.set(message.seq, message);
  }
}

interface Link {
  readonly node: SimulatedNode;
  readonly session: Session;
  readonly lanes: Map<ConversationId, SendLane>;
}

const PATIENCE_MS = 250;
const AGAIN_MS = 100;

/** A device that follows the protocol, and nothing but it. */
export class SimulatedClient implements Peer {
  readonly held = new Map<ConversationId, HeldConversation>();
  readonly memberships = new Map<ConversationId, MembershipShape>();
  readonly outbox: Draft[] = [];
  urev = 0;
  #ownAhead: FrameShape[] = [];
  #link: Link | undefined;
  /** The attempt to connect that is under way. */
  #attempt: symbol | undefined;
  #syncing = false;
  /** Something is to be caught up with. */
  #behind = false;
  #impatient = false;
  #resends = false;
  #sent = 0;

  constructor(
    private readonly world: World,
    readonly userId: UserId,
    readonly name: string,
  ) {}

  /** What is still to be done; empty when nothing is. */
  get unrest(): string {
    const ahead = this.#ownAhead.length + [...this.held.values()].reduce((sum, one) => sum + one.ahead.length, 0);
    const reasons: [boolean, string][] = [
      [!this.#link, 'not connected'],
      [this.#syncing, 'catching up'],
      [this.#behind, 'behind'],
      [this.outbox.length > 0, `${this.outbox.length} to send`],
      [ahead > 0, `${ahead} ahead`],
    ];
    return reasons.flatMap(([is, reason]) => (is ? [reason] : [])).join(', ');
  }

  /** Opens a connection to some node, now or as soon as there is one. */
  come(): void {
    if (this.#attempt || this.#link) return;
    const attempt = Symbol('attempt');
    this.#attempt = attempt;
    void this.#come(this.world.node(), attempt);
  }

  async #come(node: SimulatedNode | undefined, attempt: symbol): Promise<void> {
    const opened = await node?.open(this).catch((error: unknown) => this.world.expected(error));
    if (this.#attempt !== attempt) return;
    this.#attempt = undefined;
    if (!node?.alive || !opened?.session.socket.open) return this.#again(() => this.come());
    this.#link = { node, session: opened.session, lanes: new Map() };
    this.#catchUp();
    this.#resend();
  }

  /** The node's word, or that of the network, that the connection is gone. */
  lost(): void {
    this.#attempt = undefined;
    this.#link = undefined;
    this.#syncing = false;
    this.#ownAhead = [];
    for (const one of this.held.values()) one.ahead = [];
    this.#again(() => this.come());
  }

  /** Leaves without a word. */
  drop(): void {
    const link = this.#link;
    if (link) link.node.later(this.#hop(), () => link.node.close(link.session));
  }

  write(conversationId: ConversationId): void {
    if (!this.memberships.get(conversationId)?.member) return;
    const id = MessageId(this.world.chance.uuid());
    const draft = { conversationId, id, text: `${this.name} ${++this.#sent}` };
    this.outbox.push(draft);
    this.#transmit(draft);
  }

  /** Changes a message of its own. */
  rewrite(conversationId: ConversationId, deletes: boolean): void {
    const mine = [...(this.held.get(conversationId)?.messages.values() ?? [])].filter(
      ({ content, deletedAt }) => deletedAt === undefined && String(content).startsWith(this.name),
    );
    if (mine.length === 0) return;
    const asked = { userId: this.userId, conversationId, id: MessageId(this.world.chance.of(mine).id) };
    const content = MessageText(`${this.name} edited ${this.world.time.now}`);
    this.#ask(({ node }) => (deletes ? node.delete.execute(asked) : node.edit.execute({ ...asked, content })));
  }

  addOrRemove(conversationId: ConversationId, memberId: UserId, adds: boolean): void {
    const { userId } = this;
    this.#ask(({ node }) =>
      adds
        ? node.add.execute({ userId, conversationId, users: [memberId] })
        : node.remove.execute({ userId, conversationId, memberId }),
    );
  }

  // Frames

  hear(frame: FrameShape): void {
    this.world.judge.note(
      this.world.time.now,
      this.name,
      frame.type,
      frame.data.rev ?? frame.data.upTo,
      frame.data.urev,
    );
    const { type, data } = frame;
    if (type === 'user.changes') return this.#ownChanges(data.from!, data.upTo!, data.rows ?? []); // as the schema says
    if (data.urev !== undefined) return this.#own(frame);
    const held = data.conversationId && this.held.get(data.conversationId);
    if (!held) return;
    if (type === 'conversation.changes') this.#changes(held, frame);
    else if (data.rev !== undefined) this.#counted(held, frame, data.rev);
  }

  #counted(held: HeldConversation, frame: FrameShape, rev: number): void {
    const { type, data } = frame;
    if (rev <= held.cursor) return;
    // Something of a message that it may see was left out: the cursor stays, so that catching up tells what.
    if (type === 'conversation.advanced' && data.seq! >= this.#firstSeqOf(data.conversationId!)) return this.#catchUp(); // it has both
    if (rev > held.cursor + 1) {
      held.ahead.push(frame);
      return this.#wait();
    }
    held.take(data.message);
    held.cursor = rev;
    this.#release(held);
  }

  #changes(held: HeldConversation, { data }: FrameShape): void {
    const { from, upTo, rows = [], hidden = 0 } = data;
    if (upTo! <= held.cursor) return; // it has all three
    if (from! > held.cursor || hidden >= this.#firstSeqOf(data.conversationId!)) return this.#catchUp();
    for (const { message } of rows) held.take(message);
    held.cursor = upTo!;
    this.#release(held);
  }

  #release(held: HeldConversation): void {
    for (const frame of held.ahead.splice(0).toSorted((a, b) => a.data.rev! - b.data.rev!)) // those with a rev wait
      this.#counted(held, frame, frame.data.rev!);
  }

  #own(frame: FrameShape): void {
    const urev = frame.data.urev!; // it was asked
    if (urev <= this.urev) return;
    if (urev > this.urev + 1) {
      this.#ownAhead.push(frame);
      return this.#wait();
    }
    this.urev = urev;
    this.#membership(frame.data.membership);
    this.#releaseOwn();
  }

  #releaseOwn(): void {
    for (const next of this.#ownAhead.splice(0).toSorted((a, b) => a.data.urev! - b.data.urev!)) this.#own(next); // those with one wait
  }

  #ownChanges(from: number, upTo: number, rows: readonly OwnRowShape[]): void {
    if (upTo <= this.urev) return;
    if (from > this.urev) return this.#catchUp();
    for (const { membership } of rows) this.#membership(membership);
    this.urev = upTo;
    this.#releaseOwn();
  }

  #membership(row: MembershipShape | undefined): void {
    if (!row || row.urev <= (this.memberships.get(row.conversationId)?.urev ?? -1)) return;
    const { conversationId } = row;
    this.memberships.set(conversationId, row);
    this.held.delete(conversationId);
    if (!row.member) return;
    // Whatever is told of it from now on is ahead of what is fetched.
    this.held.set(conversationId, new HeldConversation());
    this.#catchUp();
  }

  #firstSeqOf(conversationId: ConversationId): number {
    return this.memberships.get(conversationId)?.firstSeq ?? 1;
  }

  // Catching up

  #wait(): void {
    if (this.#impatient) return;
    this.#impatient = true;
    this.world.time.after(PATIENCE_MS, () => {
      this.#impatient = false;
      if (this.#ownAhead.length > 0 || [...this.held.values()].some(({ ahead }) => ahead.length > 0)) this.#catchUp();
    });
  }

  #catchUp(): void {
    this.#behind = true;
    const link = this.#link;
    if (!link || this.#syncing) return;
    this.#syncing = true;
    void this.#sync(link);
  }

  async #sync(link: Link): Promise<void> {
    while (this.#behind && this.#link === link) {
      this.#behind = false;
      this.world.met.syncs++;
      const asked = new Map(this.held);
      const [{ userId }, urev, epoch] = [this, Urev(this.urev), await this.world.database.chat.feed.epoch()];
      const cursors = [...asked].map(([id, { cursor }]) => [id, Rev(cursor)] as const);
      for (let next: string | undefined; this.#link === link; ) {
        const input = { userId, epoch, urev, cursors, next };
        const reply = await this.#call(link, () => link.node.sync.execute(input));
        if (this.#link !== link) return;
        if (!reply) {
          this.#behind = true;
          await new Promise<void>((resolve) => this.world.time.after(AGAIN_MS, resolve));
          break;
        }
        this.world.judge.note('synced', this.name, reply.conversations.length);
        if (reply.user) {
          for (const row of reply.user.rows) this.#membership((ownRow(row) as OwnRowShape).membership);
          if (!reply.user.more) this.urev = Math.max(this.urev, reply.user.upTo);
        }
        for (const synced of reply.conversations)
          if (this.held.get(synced.id) === asked.get(synced.id)) this.#synced(synced.id, synced);
        next = reply.next;
        if (next === undefined) break;
      }
      this.#releaseOwn();
      for (const held of this.held.values()) this.#release(held);
    }
    if (this.#link === link) this.#syncing = false;
  }

  #synced(
    id: ConversationId,
    synced: {
      upTo?: number;
      rows?: readonly Parameters<typeof anyRow>[0][];
      more?: boolean;
      gone?: true;
      reset?: true;
    },
  ): void {
    const held = this.held.get(id);
    if (!held) return;
    if (synced.gone) return void this.held.delete(id);
    if (synced.reset) {
      this.held.set(id, new HeldConversation());
      this.#behind = true;
      return;
    }
    const messages = (synced.rows ?? []).flatMap((row) => (anyRow(row) as RowShape).message ?? []);
    this.world.judge.page(this.userId, id, messages);
    for (const message of messages) held.take(message);
    if (!synced.more) held.cursor = Math.max(held.cursor, synced.upTo ?? 0);
  }

  // Asking

  #transmit(draft: Draft): void {
    const link = this.#link;
    if (!link) return;
    const { conversationId, id, text } = draft;
    let lane = link.lanes.get(conversationId);
    if (!lane) link.lanes.set(conversationId, (lane = new SendLane()));
    const content = { type: MessageType.Text, content: MessageText(text), replyTo: undefined };
    const message = Message.draft({ conversationId, senderId: this.userId, id, ...content });
    const origin = link.session.connection.id;
    const reply = this.#reach(link).then(() => link.node.send.execute({ ...message, lane, origin }));
    reply.then(
      ({ seq, rev }) => {
        this.world.judge.ack(link.node.streamOf(link.session), draft, seq, rev);
        if (this.#link === link) this.#acked(draft, { id, seq, rev, content: text });
      },
      (error: unknown) => this.#link === link && this.#refused(draft, error),
    );
  }

  /** The reply counts as the event. */
  #acked(draft: Draft, message: MessageShape): void {
    this.world.judge.note(this.world.time.now, this.name, 'acked', message.rev);
    this.#settle(draft);
    const { conversationId } = draft;
    const frame = { type: 'message.created', data: { conversationId, rev: message.rev, message } };
    const held = this.held.get(conversationId);
    if (held) this.#counted(held, frame, message.rev);
  }

  #refused(draft: Draft, error: unknown): void {
    if (!(error instanceof Refusal)) return this.world.expected(error);
    if (!isPassing(error)) this.#settle(draft);
    else if (!this.#resends) {
      this.#resends = true;
      this.#again(() => this.#resend());
    }
  }

  #settle(draft: Draft): void {
    const at = this.outbox.indexOf(draft);
    if (at >= 0) this.outbox.splice(at, 1);
  }

  /** All that has no answer, in its order, with the same ids. */
  #resend(): void {
    this.#resends = false;
    for (const draft of [...this.outbox]) this.#transmit(draft);
  }

  #ask(work: (link: Link) => Promise<unknown>): void {
    const link = this.#link;
    if (link) void this.#call(link, () => work(link));
  }

  /** Undefined when it was refused. */
  async #call<T>(link: Link, work: () => Promise<T>): Promise<T | undefined> {
    await this.#reach(link);
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refusal)) this.world.expected(error);
      return undefined;
    }
  }

  /** Its frames arrive in their order. */
  #reach({ node }: Link): Promise<void> {
    return node.soon(this.#hop());
  }

  #hop(): number {
    return 2;
  }

  #again(work: () => void): void {
    this.world.time.after(AGAIN_MS + this.world.chance.between(0, AGAIN_MS), work);
  }
}
