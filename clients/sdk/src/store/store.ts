import type { AnyRow, ListedRow, MembershipRow, OwnRow } from '../generated/catalogue.ts';
import type { EventOf, ServerEvent } from '../protocol.ts';
import { Gate } from './gate.ts';
import { Held } from './held.ts';

/** What the store can't do by itself. */
export interface Wants {
  /** The line of a conversation that is new here. */
  line(id: string): void;
  /** The line again, for its counts. */
  recount(id: string): void;
  /** What is missing before something that waits; undefined: of what only the user sees. */
  patience(id: string | undefined): void;
  /** Everything after the cursors of these, and of what only the user sees, now. */
  sync(ids: readonly string[]): void;
}

/** Who is told what became of the store. */
export interface Keeper {
  /** A conversation is held from here on: it is new, or begins anew. */
  held(id: string, held: Held, line: ListedRow): void;
  /** Something of it changed. */
  changed(id: string): void;
  message(id: string, row: Extract<AnyRow, { kind: 'message' }>['message']): void;
  members(id: string): void;
  /** One is no member any more. */
  gone(id: string): void;
  profile(profile: { readonly urev: number; readonly handle?: string; readonly displayName: string }): void;
  /** Nothing that was held counts any more: another history, or the first one. */
  begin(): void;
}

/** Of conversations left; a late event about one is no reason to ask for it. */
const MOST_LEFT = 10_000;
/** Events that wait for lines; beyond it they are dropped, and sync brings what they said. */
const MOST_EARLY = 5_000;

type ConversationEvent = Exclude<Extract<ServerEvent, { data: { conversationId: string } }>, EventOf<'typing.changed'>>;

/** Rows and cursors of everything that the user sees, by the letter of the protocol. Knows no connection. */
export class Store {
  epoch: string | undefined;
  own = new Gate(0);
  /** The whole list has come. */
  loaded = false;
  readonly #held = new Map<string, Held>();
  readonly #left = new Map<string, number>();
  /** Lines under way, with the `urev` of the membership that they are of; an older one is of no use. */
  readonly #expected = new Map<string, number>();
  #early: ConversationEvent[] = [];
  /** Some had to be dropped. */
  #overflowed = false;

  constructor(
    private readonly me: () => string,
    private readonly wants: Wants,
    private readonly keeper: Keeper,
  ) {}

  get all(): ReadonlyMap<string, Held> {
    return this.#held;
  }

  /** Whether its line is asked for, and has not come. */
  expects(id: string): boolean {
    return this.#expected.has(id);
  }

  /** With nothing in hand: the list is to come. */
  begin(epoch: string, urev: number): void {
    this.epoch = epoch;
    this.own = new Gate(urev);
    this.loaded = false;
    this.#held.clear();
    this.#left.clear();
    this.#expected.clear();
    this.#early = [];
    this.keeper.begin();
  }

  /** What waits for its turn came by a connection that is gone: sync brings it again. */
  lost(): void {
    this.#early = [];
    this.own.forgetAhead();
    for (const { gate } of this.#held.values()) gate.forgetAhead();
  }

  /** A line of the list. */
  line(line: ListedRow): void {
    const { id } = line.conversation;
    const { urev, member } = line.membership;
    if (!member || urev < Math.max(this.#left.get(id) ?? 0, this.#expected.get(id) ?? 0)) return;
    const held = this.#held.get(id);
    if (held) {
      held.recount(line);
      return this.#changed(id, held);
    }
    this.#left.delete(id);
    this.#expected.delete(id);
    const anew = new Held(line, this.me());
    this.#held.set(id, anew);
    this.keeper.held(id, anew, line);
    this.#releaseEarly(id);
  }

  /** The last page of the list has come. Whoever moved up while it was read is on none of them, but was heard of. */
  listed(): void {
    this.loaded = true;
    for (const { data } of [...this.#early]) this.#expect(data.conversationId);
    if (this.#overflowed) this.wants.sync([...this.#held.keys()]);
    this.#overflowed = false;
  }

  /** There is no such line (any more). */
  noLine(id: string): void {
    this.#expected.delete(id);
    this.#early = this.#early.filter(({ data }) => data.conversationId !== id);
    this.keeper.gone(id);
  }

  /** Its rows are worth nothing any more; its line is asked for anew. */
  drop(id: string): void {
    const { urev } = this.#held.get(id)?.membership ?? { urev: 0 };
    this.#held.delete(id);
    this.#expect(id, urev);
  }

  forget(id: string): void {
    this.#held.delete(id);
    this.noLine(id);
  }

  event(event: ServerEvent): void {
    switch (event.type) {
      case 'goaway':
      case 'presence.changed':
      case 'typing.changed':
        return;
      case 'receipt.changed':
        return this.#receipts(event.data);
      case 'user.changes':
        return this.#ownChanges(event.data);
      case 'membership.joined':
      case 'membership.left':
      case 'membership.changed':
        return this.#own(event.data.urev, () => this.membership(event.data.membership, event.type));
      case 'profile.changed':
        return this.#own(event.data.urev, () => this.keeper.profile(event.data));
      case 'block.changed':
        return this.#own(event.data.urev, () => {});
      case 'message.created':
      case 'message.edited':
      case 'message.deleted':
      case 'member.added':
      case 'member.removed':
      case 'member.changed':
      case 'conversation.created':
      case 'conversation.changed':
      case 'conversation.deleted':
      case 'conversation.advanced':
      case 'conversation.changes':
        return this.#ofConversation(event);
    }
  }

  ownRow(row: OwnRow): void {
    if (row.kind === 'membership') this.membership(row.membership);
    if (row.kind !== 'profile') return;
    const { kind: _, ...profile } = row;
    this.keeper.profile(profile);
  }

  membership(row: MembershipRow, event?: string): void {
    const { conversationId: id, urev, member, firstSeq } = row;
    const held = this.#held.get(id);
    if (urev <= (held?.membership.urev ?? this.#left.get(id) ?? -1) || urev < (this.#expected.get(id) ?? 0)) return;
    if (!member) {
      this.#left.delete(id);
      this.#left.set(id, urev);
      if (this.#left.size > MOST_LEFT) this.#left.delete(this.#left.keys().next().value!); // there are many
      return this.forget(id);
    }
    this.#left.delete(id);
    if (held && event === 'membership.joined') this.#held.delete(id);
    if (!held || event === 'membership.joined') return this.#expect(id, urev);
    held.own(row);
    if (firstSeq > held.seq) held.lastMessage = undefined;
    this.#changed(id, held);
  }

  /** Rows in their present state, up to a `rev` if it is known that none is missing. */
  rows(id: string, held: Held, rows: readonly AnyRow[], upTo?: number): void {
    for (const row of rows) this.#row(id, held, row);
    if (upTo !== undefined) held.gate.advance(upTo);
    this.#changed(id, held);
  }

  #receipts({ conversationId: id, others = [], ...first }: EventOf<'receipt.changed'>['data']): void {
    const receipts = this.#held.get(id)?.receipts;
    const news = receipts && [first, ...others].filter((row) => receipts.merge(row));
    if (news && news.length > 0) this.keeper.changed(id);
  }

  #own(urev: number, apply: () => void): void {
    this.own.take(urev, apply);
    if (this.own.waits) this.wants.patience(undefined);
  }

  #ownChanges({ from, upTo, rows }: EventOf<'user.changes'>['data']): void {
    if (upTo <= this.own.cursor) return;
    if (from > this.own.cursor) return this.wants.sync([]);
    for (const row of rows) this.ownRow(row);
    this.own.advance(upTo);
  }

  #ofConversation(event: ConversationEvent): void {
    const { conversationId: id } = event.data;
    const held = this.#held.get(id);
    if (!held) return this.#waitForLine(event);
    if (event.type === 'conversation.changes') this.#changes(id, held, event.data);
    else if (event.type === 'receipt.changed') return;
    else if (event.type === 'conversation.advanced' && this.#hides(held, event.data)) this.wants.sync([id]);
    else this.#counted(id, held, event);
    if (held.gate.waits) this.wants.patience(id);
  }

  /** Something that this user may see changed, and only sync tells what; the cursor stays. */
  #hides(held: Held, { rev, seq }: EventOf<'conversation.advanced'>['data']): boolean {
    return rev > held.gate.cursor && seq >= held.membership.firstSeq;
  }

  #counted(
    id: string,
    held: Held,
    { data }: Exclude<ConversationEvent, EventOf<'conversation.changes' | 'receipt.changed'>>,
  ): void {
    const before = held.gate.cursor;
    held.gate.take(data.rev, () => {
      if ('conversation' in data) held.about(data.conversation);
      if ('members' in data) for (const member of data.members ?? []) this.#row(id, held, { kind: 'member', member });
      if ('message' in data && data.message) this.#row(id, held, { kind: 'message', message: data.message });
    });
    if (held.gate.cursor > before) this.#changed(id, held);
  }

  /** A repair stands for all events in `from` < rev ≤ `upTo`. */
  #changes(id: string, held: Held, { from, upTo, rows, hidden = 0 }: EventOf<'conversation.changes'>['data']): void {
    const { cursor } = held.gate;
    if (upTo <= cursor) return;
    if (from > cursor || (hidden > 0 && hidden >= held.membership.firstSeq)) this.wants.sync([id]);
    else this.rows(id, held, rows, upTo);
  }

  #row(id: string, held: Held, row: AnyRow): void {
    held.row(row);
    if (row.kind === 'message') this.keeper.message(id, row.message);
    if (row.kind === 'member') this.keeper.members(id);
  }

  #changed(id: string, held: Held): void {
    if (!held.countsExactly) this.wants.recount(id);
    this.keeper.changed(id);
  }

  #waitForLine(event: ConversationEvent): void {
    const { conversationId: id } = event.data;
    if (this.#left.has(id) || event.type === 'receipt.changed') return;
    if (this.loaded) this.#expect(id);
    if (this.#early.length >= MOST_EARLY) {
      this.#overflowed = true;
      this.#early = [];
    }
    this.#early.push(event);
  }

  #expect(id: string, urev = 0): void {
    if (this.#held.has(id) || urev <= (this.#expected.get(id) ?? -1)) return;
    this.#expected.set(id, urev);
    this.wants.line(id);
  }

  #releaseEarly(id: string): void {
    const due = this.#early.filter(({ data }) => data.conversationId === id);
    if (due.length === 0) return;
    this.#early = this.#early.filter(({ data }) => data.conversationId !== id);
    for (const event of due) this.#ofConversation(event);
  }
}
