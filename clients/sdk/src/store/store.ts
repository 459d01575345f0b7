import { bound } from '../bounded.ts';
import type { AnyRow, ListedRow, MembershipRow, MessageRow, OwnRow } from '../generated/catalogue.ts';
import type { EventOf, ServerEvent } from '../protocol.ts';
import { newGate } from './gate.ts';
import { type Held, newHeld } from './held.ts';

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
  message(id: string, row: MessageRow): void;
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

type Counted = Extract<ServerEvent, { data: { conversationId: string; rev: number } }>;
type Repair = EventOf<'conversation.changes'>;

/** Rows and cursors of everything that the user sees, by the letter of the protocol. Knows no connection. */
export const newStore = (me: () => string, wants: () => Wants, keeper: Keeper) => {
  let epoch: string | undefined;
  let own = newGate(0);
  let loaded = false;
  const all = new Map<string, Held>();
  const left = new Map<string, number>();
  /** Lines under way, with the `urev` of the membership that they are of; an older one is of no use. */
  const expected = new Map<string, number>();
  let early: (Counted | Repair)[] = [];
  /** Some had to be dropped. */
  let overflowed = false;

  const changed = (id: string, held: Held): void => {
    if (!held.countsExactly) wants().recount(id);
    keeper.changed(id);
  };

  const expect = (id: string, urev = 0): void => {
    if (all.has(id) || urev <= (expected.get(id) ?? -1)) return;
    expected.set(id, urev);
    wants().line(id);
  };

  /** The events that wait for its line, and will no longer. */
  const takeEarly = (id: string) => {
    const due = early.filter(({ data }) => data.conversationId === id);
    early = early.filter(({ data }) => data.conversationId !== id);
    return due;
  };

  /** There is no such line (any more). */
  const noLine = (id: string): void => {
    expected.delete(id);
    takeEarly(id);
    keeper.gone(id);
  };

  const forget = (id: string): void => {
    all.delete(id);
    noLine(id);
  };

  const put = (id: string, held: Held, row: AnyRow): void => {
    held.row(row);
    if (row.kind === 'message') keeper.message(id, row.message);
    if (row.kind === 'member') keeper.members(id);
  };

  /** Rows in their present state, up to a `rev` if it is known that none is missing. */
  const rows = (id: string, held: Held, some: readonly AnyRow[], upTo = 0): void => {
    for (const row of some) put(id, held, row);
    held.gate.advance(upTo);
    changed(id, held);
  };

  const membership = (row: MembershipRow, joined = false): void => {
    const { conversationId: id, urev, member } = row;
    const held = all.get(id);
    if (urev <= (held?.membership.urev ?? left.get(id) ?? -1) || urev < (expected.get(id) ?? 0)) return;
    left.delete(id);
    if (!member) {
      left.set(id, urev);
      bound(left, MOST_LEFT);
      forget(id);
    } else if (!held || joined) {
      all.delete(id);
      expect(id, urev);
    } else {
      held.own(row);
      changed(id, held);
    }
  };

  const ownRow = (row: OwnRow): void => {
    if (row.kind === 'membership') membership(row.membership);
    if (row.kind === 'profile') keeper.profile(row);
  };

  /** A repair stands for all events in `from` < rev ≤ `upTo`. */
  const repair = (id: string, held: Held, { from, upTo, rows: some, hidden = 0 }: Repair['data']): void => {
    const { cursor } = held.gate;
    if (upTo <= cursor) return;
    if (from > cursor || (hidden > 0 && hidden >= held.membership.firstSeq)) wants().sync([id]);
    else rows(id, held, some, upTo);
  };

  const counted = (id: string, held: Held, { type, data }: Counted): void => {
    const before = held.gate.cursor;
    // something that this user may see changed, and only sync tells what; the cursor stays
    if (type === 'conversation.advanced' && data.rev > before && data.seq >= held.membership.firstSeq)
      return wants().sync([id]);
    held.gate.take(data.rev, () => {
      if ('conversation' in data) held.about(data.conversation);
      if ('members' in data) for (const member of data.members ?? []) put(id, held, { kind: 'member', member });
      if ('message' in data && data.message) put(id, held, { kind: 'message', message: data.message });
    });
    if (held.gate.cursor > before) changed(id, held);
  };

  const ofConversation = (event: Counted | Repair): void => {
    const { conversationId: id } = event.data;
    const held = all.get(id);
    if (!held) return waitForLine(event);
    if (event.type === 'conversation.changes') repair(id, held, event.data);
    else counted(id, held, event);
    if (held.gate.waits) wants().patience(id);
  };

  const waitForLine = (event: Counted | Repair): void => {
    const { conversationId: id } = event.data;
    if (left.has(id)) return;
    if (loaded) expect(id);
    if (early.length >= MOST_EARLY) {
      overflowed = true;
      early = [];
    }
    early.push(event);
  };

  const ownChanges = ({ from, upTo, rows: some }: EventOf<'user.changes'>['data']): void => {
    if (upTo <= own.cursor) return;
    if (from > own.cursor) return wants().sync([]);
    some.forEach(ownRow);
    own.advance(upTo);
  };

  const receiptsChanged = ({ conversationId: id, others = [], ...first }: EventOf<'receipt.changed'>['data']): void => {
    const receipts = all.get(id)?.receipts;
    if (receipts && [first, ...others].filter(receipts.merge).length > 0) keeper.changed(id);
  };

  return {
    get epoch(): string | undefined {
      return epoch;
    },
    /** Of what only the user sees. */
    get own() {
      return own;
    },
    /** The whole list has come. */
    get loaded(): boolean {
      return loaded;
    },
    all: all as ReadonlyMap<string, Held>,
    /** Whether its line is asked for, and has not come. */
    expects: (id: string): boolean => expected.has(id),

    /** With nothing in hand: the list is to come. */
    begin: (newEpoch: string, urev: number): void => {
      epoch = newEpoch;
      own = newGate(urev);
      loaded = false;
      all.clear();
      left.clear();
      expected.clear();
      early = [];
      keeper.begin();
    },
    /** What waits for its turn came by a connection that is gone: sync brings it again. */
    lost: (): void => {
      early = [];
      own.forgetAhead();
      for (const { gate } of all.values()) gate.forgetAhead();
    },
    /** A line of the list. */
    line: (line: ListedRow): void => {
      const { id } = line.conversation;
      const { urev, member } = line.membership;
      if (!member || urev < Math.max(left.get(id) ?? 0, expected.get(id) ?? 0)) return;
      const held = all.get(id);
      if (held) {
        held.recount(line);
        return changed(id, held);
      }
      left.delete(id);
      expected.delete(id);
      const anew = newHeld(line, me());
      all.set(id, anew);
      keeper.held(id, anew, line);
      takeEarly(id).forEach(ofConversation);
    },
    /** The last page of the list has come. Whoever moved up while it was read is on none of them, but was heard of. */
    listed: (): void => {
      loaded = true;
      for (const { data } of [...early]) expect(data.conversationId);
      if (overflowed) wants().sync([...all.keys()]);
      overflowed = false;
    },
    noLine,
    forget,
    /** Its rows are worth nothing any more; its line is asked for anew. */
    drop: (id: string): void => {
      const urev = all.get(id)?.membership.urev;
      all.delete(id);
      expect(id, urev);
    },
    ownRow,
    rows,
    event: (event: ServerEvent): void => {
      const { type, data } = event;
      if (type === 'receipt.changed') receiptsChanged(data);
      else if (type === 'user.changes') ownChanges(data);
      // by its type: a later version may say more in any event
      else if (/^(message|member|conversation)\./.test(type)) ofConversation(event as Counted | Repair);
      else if ('urev' in data) {
        own.take(data.urev, () => {
          if ('membership' in data) membership(data.membership, type === 'membership.joined');
          if (type === 'profile.changed') keeper.profile(data);
        });
        if (own.waits) wants().patience(undefined);
      }
    },
  };
};

export type Store = ReturnType<typeof newStore>;
