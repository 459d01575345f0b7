export interface MessageRow {
  readonly id: string;
  readonly seq: number;
  readonly rev: number;
  readonly senderId: string;
  readonly type: string;
  readonly content?: unknown;
  readonly replyTo?: number;
  readonly sentAt: string;
  readonly editedAt?: string;
  readonly deletedAt?: string;
}
export interface MemberRow {
  readonly userId: string;
  readonly role: string;
  readonly rev: number;
  readonly joinedAt: string;
  readonly left?: true;
}
export interface ConversationRow {
  readonly id: string;
  readonly rev: number;
  readonly [field: string]: unknown;
}

/** What a client holds of one conversation. */
export class Held {
  /** All rows were fetched; before, a lost connection means to begin anew. */
  whole = false;
  /** Events whose turn has not come. */
  ahead: { readonly rev: number; apply(): void }[] = [];
  readonly #messages = new Map<number, MessageRow>();
  readonly #members = new Map<string, MemberRow>();

  constructor(
    public cursor: number,
    public conversation: ConversationRow,
  ) {}

  message(row: MessageRow): void {
    if (isNewer(row, this.#messages.get(row.seq))) this.#messages.set(row.seq, row);
  }

  member(row: MemberRow): void {
    if (isNewer(row, this.#members.get(row.userId))) this.#members.set(row.userId, row);
  }

  about(row: ConversationRow): void {
    if (isNewer(row, this.conversation)) this.conversation = row;
  }

  row(row: { message?: MessageRow; member?: MemberRow; conversation?: ConversationRow }): void {
    if (row.message) this.message(row.message);
    if (row.member) this.member(row.member);
    if (row.conversation) this.about(row.conversation);
  }

  /** What an earlier membership could see, and this one can't. */
  forgetBelow(firstSeq: number): void {
    for (const seq of this.#messages.keys()) if (seq < firstSeq) this.#messages.delete(seq);
  }

  get log(): readonly MessageRow[] {
    return [...this.#messages.values()].toSorted((a, b) => a.seq - b.seq);
  }

  /** Members of now, by user id. */
  get members(): readonly MemberRow[] {
    return [...this.#members.values()].filter(({ left }) => !left).toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
  }
}

/** Rule 4: a row is applied if its rev is higher than that of the row that is held. */
const isNewer = (row: { readonly rev: number }, held: { readonly rev: number } | undefined) =>
  row.rev > (held?.rev ?? 0);
