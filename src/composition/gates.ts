import { type Outlet, RevGate, type RevGateOptions, type Source } from '#app/application/chat/rev-gate.ts';
import type { ChangedOwnRow, ChangedRow, Feed } from '#app/application/ports/feed.ts';
import type { Timers } from '#app/application/ports/timers.ts';
import type { ConversationEvent, UserEvent } from '#app/domain/chat/chat-events.ts';
import { Rev, type Seq, Urev } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';

/** Rows of one repair event; beyond, clients catch up by themselves. */
const REPAIR_ROWS = 500;
const EVERYTHING = 1 as Seq;
const NO_MESSAGE = Number.MAX_SAFE_INTEGER as Seq;
const UNLIMITED = Number.MAX_SAFE_INTEGER as Rev;

/** The gates need somewhere to let events out, and that needs the gates: whoever composes sets the outlet before the first event. */
class LateOutlet<Key, Event, Row> implements Outlet<Key, Event, Row> {
  target: Outlet<Key, Event, Row> | undefined;

  event(key: Key, event: Event): void {
    this.target?.event(key, event);
  }

  repaired(...gap: Parameters<Outlet<Key, Event, Row>['repaired']>): void {
    this.target?.repaired(...gap);
  }
}

/** One gate for what members of conversations see, one for what only a user sees. */
export const makeGates = (feed: Feed, timers: Timers, options: RevGateOptions) => {
  const conversationSource: Source<ConversationId, ChangedRow> = {
    heads: (ids) => feed.heads(ids),
    read: async (id, after, upTo) => {
      const gap = { after: Rev(after), upTo: Rev(upTo), firstSeq: EVERYTHING, limit: REPAIR_ROWS };
      const page = await feed.changes(id, gap);
      if (page.more) return page;
      // Who left within the gap and came back since has no row in it; the sockets are moved by what is true now.
      const { rows } = await feed.changes(id, { ...gap, after: Rev(upTo), upTo: UNLIMITED, firstSeq: NO_MESSAGE });
      return { ...page, rows: [...page.rows, ...rows.filter(({ kind }) => kind === 'member')] };
    },
    counterOf: (row) => row.rev,
  };
  const userSource: Source<UserId, ChangedOwnRow> = {
    heads: (ids) => feed.userHeads(ids),
    read: (id, after, upTo) => feed.ownChanges(id, { after: Urev(after), upTo: Urev(upTo), limit: REPAIR_ROWS }),
    counterOf: (row) => row.urev,
  };
  const conversationOutlet = new LateOutlet<ConversationId, ConversationEvent, ChangedRow>();
  const userOutlet = new LateOutlet<UserId, UserEvent, ChangedOwnRow>();
  return {
    conversations: new RevGate(conversationSource, conversationOutlet, timers, options),
    users: new RevGate(userSource, userOutlet, timers, options),
    openInto(outlets: {
      conversations: Outlet<ConversationId, ConversationEvent, ChangedRow>;
      users: Outlet<UserId, UserEvent, ChangedOwnRow>;
    }): void {
      conversationOutlet.target = outlets.conversations;
      userOutlet.target = outlets.users;
    },
  };
};
