import { v7 } from 'uuid';
import type { Conversation, SendOptions } from '../conversation.ts';
import type { MessageRow } from '../generated/catalogue.ts';
import { Lost, Refused } from '../link/failures.ts';
import type { Link } from '../link/link.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { withResolvers } from '../outbox/sent.ts';
import { demandSendable } from '../outbox/text.ts';
import type { Questions } from '../questions.ts';
import type { Reports } from '../reports.ts';
import type { ConversationView, MemberView, MessagesView, MessageView, Role } from '../views.ts';
import { Changes } from './changes.ts';
import { ConversationViews } from './conversation-views.ts';
import type { Held } from './held.ts';
import { storedView } from './message-views.ts';
import { Pages } from './pages.ts';

export interface Desk {
  readonly me: string;
  readonly link: Link;
  readonly questions: Questions;
  readonly outbox: Outbox;
  readonly reports: Reports;
  /** The list shows what has changed. */
  changed(): void;
}

/** Of a conversation that nobody looks at. */
const KEPT_CLOSED = 200;
const MOST_PAGES_BACK = 20;
/** Where the server has not said. */
const TEXT_CODE_POINTS = 5_000;

export class LiveConversation implements Conversation {
  readonly #changes = new Changes();
  readonly #pages: Pages;
  readonly #views: ConversationViews;
  #held: Held;
  #open: ReturnType<typeof withResolvers<void>> | undefined;
  #membersWanted: ReturnType<typeof withResolvers<void>> | undefined;
  #gone = false;

  constructor(
    readonly id: string,
    held: Held,
    private readonly desk: Desk,
  ) {
    this.#held = held;
    this.#pages = new Pages(id, desk.questions, () => (this.#gone ? undefined : this.#held), {
      changed: () => this.changed(),
      found: (rows) => this.#found(rows),
    });
    this.#views = new ConversationViews(desk.me);
  }

  get view(): ConversationView {
    return this.#views.conversation(this.#held, this.desk.outbox.of(this.id));
  }

  get messages(): MessagesView {
    const loading = this.#held.window.loaded || this.#open ? this.#pages.loading : 'closed';
    return this.#views.messages(this.#held, this.desk.outbox.of(this.id), loading);
  }

  get members(): readonly MemberView[] {
    return this.#views.members(this.#held);
  }

  /** What is held of it; nobody but the store changes it. */
  get held(): Held {
    return this.#held;
  }

  subscribe(listener: () => void): () => void {
    return this.#changes.subscribe(listener);
  }

  // What the store tells

  changed(): void {
    this.#views.outdated();
    this.#changes.tell();
    this.desk.changed();
  }

  /** It begins anew: what was shown is fetched again. */
  begin(held: Held): void {
    this.#held = held;
    held.read = this.desk.reports.reading(this.id);
    this.#loadFirst();
    this.#loadMembers();
    this.changed();
  }

  /** Others may have read and received while nobody listened. */
  caughtUp(): void {
    if (this.#open) this.#receipts();
  }

  membersChanged(): void {
    if (this.#open) this.#receipts();
  }

  end(): void {
    this.#gone = true;
    this.#open?.reject(notFound());
    this.#membersWanted?.reject(notFound());
    this.changed();
  }

  // What the application asks

  open(): Promise<void> {
    if (this.#gone) return Promise.reject(notFound());
    if (this.#open && this.#pages.loading !== 'failed') return this.#open.promise;
    this.#open = withResolvers<void>();
    this.#open.promise.catch(() => {}); // whoever opened it hears of it, if they wait
    this.#loadFirst();
    this.changed();
    return this.#open.promise;
  }

  close(): void {
    this.#open = undefined;
    // What is unread stays, so that it can be counted from here on.
    this.#held.window.trim(Math.max(KEPT_CLOSED, this.#held.seq - this.#held.readSeq));
    this.changed();
  }

  loadOlder(): Promise<void> {
    return this.#pages.older();
  }

  async loadBackTo(seq: number): Promise<void> {
    for (let page = 0; page < MOST_PAGES_BACK; page++) {
      const { loaded, lowest, complete } = this.#held.window;
      if (!loaded || lowest <= seq || complete) return;
      await this.#pages.older();
    }
  }

  loadMembers(): Promise<void> {
    if (this.#gone) return Promise.reject(notFound());
    if (!this.#membersWanted) {
      this.#membersWanted = withResolvers<void>();
      this.#membersWanted.promise.catch(() => {}); // as above
      this.#loadMembers();
    }
    return this.#membersWanted.promise;
  }

  async send(text: string, { replyTo, id = v7() }: SendOptions = {}): Promise<MessageView> {
    demandSendable(text, this.desk.link.welcome?.limits.textCodePoints ?? TEXT_CODE_POINTS);
    if (this.#gone) throw notFound();
    const stored = this.#find(id.toLowerCase());
    if (stored) return stored;
    return this.desk.outbox.add({
      id: id.toLowerCase(),
      userId: this.desk.me,
      conversationId: this.id,
      content: text,
      ...(replyTo !== undefined && { replyTo }),
      writtenAt: Date.now(),
    });
  }

  async sent(id: string): Promise<MessageView> {
    const waiting = this.desk.outbox.sent(id);
    if (waiting) return waiting;
    const stored = this.#find(id);
    if (stored) return stored;
    throw new Refused('not_found', 'no such message waits');
  }

  retry(id: string): Promise<void> {
    return this.desk.outbox.retry(id);
  }

  discard(id: string): Promise<void> {
    return this.desk.outbox.discard(id);
  }

  async edit(id: string, text: string): Promise<void> {
    demandSendable(text, this.desk.link.welcome?.limits.textCodePoints ?? TEXT_CODE_POINTS);
    await this.desk.link.call('message.edit', { conversationId: this.id, id, content: text });
  }

  async delete(id: string): Promise<void> {
    await this.desk.link.call('message.delete', { conversationId: this.id, id });
  }

  markRead(seq: number = this.#held.seq): void {
    const readSeq = Math.min(seq, this.#held.seq);
    if (this.#gone || readSeq <= this.#held.readSeq) return;
    this.#held.read = readSeq;
    this.desk.reports.read(this.id, readSeq);
    this.changed();
  }

  rename(title: string): Promise<void> {
    return this.#update({ title });
  }

  update(policies: { readonly membersCanInvite?: boolean; readonly historyVisible?: boolean }): Promise<void> {
    return this.#update(policies);
  }

  async addMembers(users: readonly string[]): Promise<void> {
    await this.desk.link.call('member.add', { conversationId: this.id, users });
  }

  async removeMember(userId: string): Promise<void> {
    await this.desk.link.call('member.remove', { conversationId: this.id, userId });
  }

  async setRole(userId: string, role: Role): Promise<void> {
    await this.desk.link.call('member.set_role', { conversationId: this.id, userId, role });
  }

  async leave(): Promise<void> {
    await this.desk.link.call('conversation.leave', { conversationId: this.id });
  }

  async deleteForEverybody(): Promise<void> {
    await this.desk.link.call('conversation.delete', { conversationId: this.id });
  }

  async mute(until: Date | undefined): Promise<void> {
    const mutedUntil = until ? until.toISOString() : null;
    await this.desk.link.call('conversation.settings', { conversationId: this.id, mutedUntil });
  }

  async archive(archived: boolean): Promise<void> {
    await this.desk.link.call('conversation.settings', { conversationId: this.id, archived });
  }

  async #update(what: { title?: string; membersCanInvite?: boolean; historyVisible?: boolean }): Promise<void> {
    await this.desk.link.call('conversation.update', { conversationId: this.id, ...what });
  }

  #found(rows: readonly MessageRow[]): void {
    for (const row of rows) if (row.senderId === this.desk.me) this.desk.outbox.seen(row);
  }

  #find(id: string): MessageView | undefined {
    const row = this.#held.window.find(id);
    return row && this.viewOf(row);
  }

  viewOf(row: MessageRow): MessageView {
    return storedView(row, this.desk.me, this.#held.receipts.stateOf(row.seq));
  }

  #loadFirst(): void {
    const open = this.#open;
    const held = this.#held;
    if (!open) return;
    if (held.window.loaded) {
      open.resolve();
      return this.#receipts();
    }
    this.#pages.first(held).then(
      () => {
        open.resolve();
        this.#receipts();
      },
      (error: unknown) => this.#lostUnless(held, error, open),
    );
  }

  #loadMembers(): void {
    const wanted = this.#membersWanted;
    const held = this.#held;
    if (!wanted) return;
    this.#pages.members(held).then(
      () => wanted.resolve(),
      (error: unknown) => {
        this.#lostUnless(held, error, wanted);
        if (this.#membersWanted === wanted && held === this.#held) this.#membersWanted = undefined;
      },
    );
  }

  /** If it began anew meanwhile, it is being fetched anew; else whoever waits must know. */
  #lostUnless(held: Held, error: unknown, waiting: { reject(error: Error): void }): void {
    if (held === this.#held || !(error instanceof Lost))
      waiting.reject(error instanceof Error ? error : new Error(String(error)));
  }

  #receipts(): void {
    this.#pages.receipts(this.#held).catch(() => {}); // removed meanwhile, or begun anew: then they are asked for again
  }
}

const notFound = () => new Refused('not_found', 'no member any more');
