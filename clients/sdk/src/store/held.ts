import type {
  AnyRow,
  ConversationRow,
  ListedRow,
  MemberRow,
  MembershipRow,
  MessageRow,
} from '../generated/catalogue.ts';
import type { Role, Unread } from '../views.ts';
import { newGate } from './gate.ts';
import { newReceipts } from './receipts.ts';
import { counts, newUnreadCount } from './unread-count.ts';
import { newWindow } from './window.ts';

/**
 * What is held of one conversation, from one line of the list on: its cursor and its rows. Rows may come any way, in any
 * order, any number of times. A gap, a reset or another membership begins with another one of these.
 */
export const newHeld = (line: ListedRow, me: string) => {
  const window = newWindow();
  const receipts = newReceipts(me, line.conversation.kind === 'private');
  const unread = newUnreadCount(line, me);
  let { conversation, membership, lastMessage, seq, activeAt, role } = line;
  let roleRev = line.rev;
  /** How many they were at `crowdSeq`, and what entries after it say. */
  let crowd = line.memberCount;
  let crowdSeq = line.seq;
  const comings = new Map<number, number>();

  const between = (above: number, upTo: number): number | undefined => {
    if (!window.covers(above) || (upTo > above && !window.at(upTo))) return undefined;
    let count = 0;
    for (let at = above + 1; at <= upTo; at++) if (counts(window.at(at)!, me)) count++; // the window has no holes
    return count;
  };

  const is = (row: { readonly role: Role; readonly rev: number }): void => {
    if (row.rev > roleRev) ({ role, rev: roleRev } = row);
  };

  /** Each membership that began or ended has an entry in the log. */
  const count = ({ seq: at, content }: MessageRow): void => {
    if (typeof content !== 'object') return;
    if (content.event === 'members.added') comings.set(at, content.users.length);
    if (content.event === 'member.removed' || content.event === 'member.left') comings.set(at, -1);
  };

  const message = (row: MessageRow): void => {
    if (row.seq < membership.firstSeq) return;
    if (row.seq > seq) ({ seq, sentAt: activeAt } = row);
    if (!lastMessage || row.seq > lastMessage.seq || (row.seq === lastMessage.seq && row.rev > lastMessage.rev))
      lastMessage = row;
    if (row.seq > crowdSeq) count(row);
    unread.message(row);
    window.message(row);
  };

  const member = (row: MemberRow): void => {
    if (row.userId === me) is(row);
    if (row.left) receipts.left(row.userId);
    const { members } = held;
    if (members && row.rev > (members.get(row.userId)?.rev ?? 0)) members.set(row.userId, row);
  };

  const about = (row: ConversationRow): void => {
    if (row.rev > conversation.rev) conversation = row;
  };

  const own = (row: MembershipRow): void => {
    if (row.urev <= membership.urev) return;
    membership = row;
    window.forgetBelow(row.firstSeq);
    if (lastMessage && lastMessage.seq < row.firstSeq) lastMessage = undefined;
    unread.forgetRead(row.readSeq);
  };

  const held = {
    gate: newGate(line.rev),
    window,
    receipts,
    otherId: line.otherId,
    /** Tombstones included; undefined until somebody asks for members. */
    members: undefined as Map<string, MemberRow> | undefined,
    /** All pages of them have come. */
    membersLoaded: false,
    /** Up to which the user says they have read, which the server may not know yet. */
    read: 0,

    get conversation(): ConversationRow {
      return conversation;
    },
    get membership(): MembershipRow {
      return membership;
    },
    get lastMessage(): MessageRow | undefined {
      return lastMessage;
    },
    get seq(): number {
      return seq;
    },
    get activeAt(): string {
      return activeAt;
    },
    get role(): Role {
      return role;
    },
    get memberCount(): number {
      return [...comings.values()].reduce((sum, some) => sum + some, crowd);
    },
    get readSeq(): number {
      return Math.min(seq, Math.max(held.read, membership.readSeq));
    },
    get unread(): Unread {
      const { count, more } = unread.after(held.readSeq, between);
      return { count, more };
    },
    /** False when only the server can tell how much is unread. */
    get countsExactly(): boolean {
      return unread.after(membership.readSeq, between).exact;
    },

    message,
    member,
    about,
    own,
    row: (row: AnyRow): void => {
      if (row.kind === 'message') message(row.message);
      else if (row.kind === 'member') member(row.member);
      else if (row.kind === 'conversation') about(row.conversation);
    },
    /** The line again, of the same membership: its counts are exact, wherever the cursor stands. */
    recount: (anew: ListedRow): void => {
      about(anew.conversation);
      own(anew.membership);
      if (anew.lastMessage) message(anew.lastMessage);
      unread.recount(anew);
      is(anew);
      if (anew.seq <= crowdSeq) return;
      ({ memberCount: crowd, seq: crowdSeq } = anew);
      for (const at of comings.keys()) if (at <= crowdSeq) comings.delete(at);
    },
  };
  return held;
};

export type Held = ReturnType<typeof newHeld>;
