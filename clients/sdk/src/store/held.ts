import type {
  AnyRow,
  ConversationRow,
  ListedRow,
  MemberRow,
  MembershipRow,
  MessageRow,
} from '../generated/catalogue.ts';
import type { Role, Unread } from '../views.ts';
import { Gate } from './gate.ts';
import { Receipts } from './receipts.ts';
import { counts, UnreadCount } from './unread-count.ts';
import { Window } from './window.ts';

/**
 * What is held of one conversation, from one line of the list on: its cursor and its rows. Rows may come any way, in any
 * order, any number of times. A gap, a reset or another membership begins with another one of these.
 */
export class Held {
  readonly gate: Gate;
  readonly window = new Window();
  readonly receipts: Receipts;
  /** Tombstones included; undefined until somebody asks for members. */
  members: Map<string, MemberRow> | undefined;
  /** All pages of them have come. */
  membersLoaded = false;
  /** Up to which the user says they have read, which the server may not know yet. */
  read = 0;

  conversation: ConversationRow;
  membership: MembershipRow;
  lastMessage: MessageRow | undefined;
  seq: number;
  activeAt: string;
  readonly otherId: string | undefined;

  readonly #unread: UnreadCount;
  #role: { readonly role: Role; readonly rev: number };
  /** How many they were at `seq`, and what entries after it say. */
  #crowd: { readonly count: number; readonly seq: number };
  readonly #comings = new Map<number, number>();

  constructor(
    line: ListedRow,
    private readonly me: string,
  ) {
    this.gate = new Gate(line.rev);
    this.receipts = new Receipts(me, line.conversation.kind === 'private');
    this.#unread = new UnreadCount(line, me);
    this.conversation = line.conversation;
    this.membership = line.membership;
    this.lastMessage = line.lastMessage;
    this.seq = line.seq;
    this.activeAt = line.activeAt;
    this.otherId = line.otherId;
    this.#role = { role: line.role, rev: line.rev };
    this.#crowd = { count: line.memberCount, seq: line.seq };
  }

  get role(): Role {
    return this.#role.role;
  }

  get memberCount(): number {
    return [...this.#comings.values()].reduce((sum, came) => sum + came, this.#crowd.count);
  }

  get readSeq(): number {
    return Math.min(this.seq, Math.max(this.read, this.membership.readSeq));
  }

  get unread(): Unread {
    const { count, more } = this.#unread.after(this.readSeq, this.#between);
    return { count, more };
  }

  /** False when only the server can tell how much is unread. */
  get countsExactly(): boolean {
    return this.#unread.after(this.membership.readSeq, this.#between).exact;
  }

  /** The line again, of the same membership: its counts are exact, wherever the cursor stands. */
  recount(line: ListedRow): void {
    this.about(line.conversation);
    this.own(line.membership);
    if (line.lastMessage) this.message(line.lastMessage);
    this.#unread.recount(line);
    if (line.rev > this.#role.rev) this.#role = { role: line.role, rev: line.rev };
    if (line.seq <= this.#crowd.seq) return;
    this.#crowd = { count: line.memberCount, seq: line.seq };
    for (const seq of this.#comings.keys()) if (seq <= line.seq) this.#comings.delete(seq);
  }

  row(row: AnyRow): void {
    if (row.kind === 'message') this.message(row.message);
    else if (row.kind === 'member') this.member(row.member);
    else this.about(row.conversation);
  }

  message(row: MessageRow): void {
    if (row.seq < this.membership.firstSeq) return;
    if (row.seq > this.seq) {
      this.seq = row.seq;
      this.activeAt = row.sentAt;
    }
    const last = this.lastMessage;
    if (!last || row.seq > last.seq || (row.seq === last.seq && row.rev > last.rev)) this.lastMessage = row;
    if (row.seq > this.#crowd.seq) this.#count(row);
    this.#unread.message(row);
    this.window.message(row);
  }

  member(row: MemberRow): void {
    if (row.userId === this.me && row.rev > this.#role.rev) this.#role = { role: row.role, rev: row.rev };
    if (row.left) this.receipts.left(row.userId);
    if (this.members && row.rev > (this.members.get(row.userId)?.rev ?? 0)) this.members.set(row.userId, row);
  }

  about(row: ConversationRow): void {
    if (row.rev > this.conversation.rev) this.conversation = row;
  }

  own(row: MembershipRow): void {
    if (row.urev <= this.membership.urev) return;
    this.membership = row;
    this.window.forgetBelow(row.firstSeq);
    if (this.lastMessage && this.lastMessage.seq < row.firstSeq) this.lastMessage = undefined;
    this.#unread.forgetRead(row.readSeq);
  }

  /** Each membership that began or ended has an entry in the log. */
  #count({ seq, content }: MessageRow): void {
    if (typeof content !== 'object') return;
    if (content.event === 'members.added') this.#comings.set(seq, content.users.length);
    if (content.event === 'member.removed' || content.event === 'member.left') this.#comings.set(seq, -1);
  }

  readonly #between = (above: number, upTo: number): number | undefined => {
    if (!this.window.covers(above) || (upTo > above && !this.window.at(upTo))) return undefined;
    let count = 0;
    for (let seq = above + 1; seq <= upTo; seq++) if (counts(this.window.at(seq)!, this.me)) count++; // the window has no holes
    return count;
  };
}
