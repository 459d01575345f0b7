import { Rev, Urev } from '#app/domain/shared/counters.ts';
import { invalid } from '#app/domain/shared/domain-error.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { ChangedOwnRow, ChangedRow, Feed, Standing } from '../ports/feed.ts';
import type { UseCase } from '../use-case.ts';

export interface SyncInput {
  readonly userId: UserId;
  readonly epoch: string;
  readonly urev: Urev;
  readonly cursors: readonly (readonly [ConversationId, Rev])[];
  /** From the last reply; goes with the same `urev` and `cursors`. */
  readonly next?: string | undefined;
}

export type SyncedConversation =
  | { readonly id: ConversationId; readonly upTo: Rev; readonly rows: readonly ChangedRow[]; readonly more: boolean }
  /** Too much to replay: drop what is held of it, and fetch a window when it is opened. `upTo` is the new cursor. */
  | { readonly id: ConversationId; readonly gap: true; readonly upTo: Rev }
  /** The cursor is of another membership, or from the future: as for a gap. */
  | { readonly id: ConversationId; readonly reset: true; readonly upTo: Rev }
  /** Not a member: forget it. */
  | { readonly id: ConversationId; readonly gone: true };

export interface SyncedUser {
  readonly upTo: Urev;
  readonly rows: readonly ChangedOwnRow[];
  readonly more: boolean;
  /** The cursor is from the future: forget the user's own state and list conversations anew. */
  readonly reset: boolean;
}

export interface Synced {
  readonly epoch: string;
  /** Everything the client holds is of another history: forget all but what it still has to send. */
  readonly reset: boolean;
  /** What only the user sees; missing on pages that are past it. */
  readonly user: SyncedUser | undefined;
  readonly conversations: readonly SyncedConversation[];
  readonly next: string | undefined;
  readonly caughtUp: boolean;
}

export interface SyncLimits {
  /** Rows in one reply. */
  readonly rows: number;
  /** About how many bytes of content one reply may carry. */
  readonly bytes: number;
  /** Changed rows of one conversation beyond which they are not replayed. */
  readonly gap: number;
  /** Conversations that one reply looks at, so that a reply takes bounded time though little changed. */
  readonly conversations: number;
}

export const syncLimits: SyncLimits = { rows: 500, bytes: 48 * 1_024, gap: 2_000, conversations: 100 };

/** Where the next page goes on: in the user's own rows, or in the conversation at `index`, after `after` up to `upTo`. */
interface Place {
  readonly index: number;
  readonly after: number;
  readonly upTo: number;
}

const OWN = -1;

/**
 * Catching up. Each conversation's rows come by `rev` up to the head it had when its turn came; rows that change meanwhile
 * have a later `rev` and come as events, for the client was subscribed before it asked. Nothing is silently partial: what
 * did not fit is behind `next`, and the last reply says `caughtUp`.
 */
export class Sync implements UseCase<SyncInput, Synced> {
  constructor(
    private readonly feed: Feed,
    private readonly limits: SyncLimits = syncLimits,
  ) {}

  async execute({ userId, epoch: known, urev, cursors, next }: SyncInput): Promise<Synced> {
    const epoch = await this.feed.epoch();
    const place = next === undefined ? undefined : placeOf(next, cursors.length);
    if (known !== epoch) return this.#start(userId, epoch);

    const budget = new Budget(this.limits);
    const own = place && place.index !== OWN ? undefined : await this.#own(userId, urev, place, budget);
    const user = own?.user;
    if (own?.user.more)
      return {
        epoch,
        reset: false,
        user,
        conversations: [],
        next: nextOf(OWN, own.user.upTo, own.head),
        caughtUp: false,
      };

    const conversations: SyncedConversation[] = [];
    const first = Math.max(0, place?.index ?? 0); // OWN is before the first
    const window = cursors.slice(first, first + this.limits.conversations);
    const standings = new Map(
      (
        await this.feed.standings(
          userId,
          window.map(([id]) => id),
        )
      ).map((s) => [s.conversationId, s]),
    );
    for (const [offset, [id, cursor]] of window.entries()) {
      const index = first + offset;
      if (budget.spent) return { epoch, reset: false, user, conversations, next: nextOf(index, 0, 0), caughtUp: false };
      const resumed = place && index === place.index && place.upTo > 0 ? place : undefined;
      const synced = await this.#conversation(id, cursor, standings.get(id), resumed, budget);
      conversations.push(synced.reply);
      if (synced.next)
        return { epoch, reset: false, user, conversations, next: nextOf(index, ...synced.next), caughtUp: false };
    }
    const end = first + window.length;
    const caughtUp = end >= cursors.length;
    return { epoch, reset: false, user, conversations, next: caughtUp ? undefined : nextOf(end, 0, 0), caughtUp };
  }

  /** Another history: no row of it can be compared with what the client holds. */
  async #start(userId: UserId, epoch: string): Promise<Synced> {
    const upTo = await this.#userHead(userId);
    return {
      epoch,
      reset: true,
      user: { upTo, rows: [], more: false, reset: true },
      conversations: [],
      next: undefined,
      caughtUp: true,
    };
  }

  async #own(
    userId: UserId,
    cursor: Urev,
    place: Place | undefined,
    budget: Budget,
  ): Promise<{ user: SyncedUser; head: Urev }> {
    const head = place ? Urev(place.upTo) : await this.#userHead(userId);
    if (cursor > head) return { user: { upTo: head, rows: [], more: false, reset: true }, head };
    const after = place ? Urev(place.after) : cursor;
    const page = await this.feed.ownChanges(userId, { after, upTo: head, limit: budget.rows });
    budget.spend(page.rows.length, page.rows.length * ABOUT_A_ROW);
    const upTo = page.more ? page.rows.at(-1)!.urev : head; // a page with more has rows
    return { user: { upTo, rows: page.rows, more: page.more, reset: false }, head };
  }

  async #conversation(
    id: ConversationId,
    cursor: Rev,
    standing: Standing | undefined,
    resumed: Place | undefined,
    budget: Budget,
  ): Promise<{ reply: SyncedConversation; next?: [after: number, upTo: number] }> {
    if (!standing) return { reply: { id, gone: true } };
    const { rev: head, firstSeq } = standing;
    const ofAnotherMembership = cursor > 0 && cursor < standing.joinedRev;
    if (cursor > head || ofAnotherMembership) return { reply: { id, reset: true, upTo: head } };
    const upTo = resumed ? Rev(resumed.upTo) : head;
    const after = resumed ? Rev(resumed.after) : cursor;
    if (after === upTo) return { reply: { id, upTo, rows: [], more: false } };
    const range = { after, upTo, firstSeq };
    if (
      !resumed &&
      upTo - after > this.limits.gap &&
      (await this.feed.countChanges(id, range, this.limits.gap + 1)) > this.limits.gap
    )
      return { reply: { id, gap: true, upTo } };

    const page = await this.feed.changes(id, { ...range, limit: budget.rows });
    const rows = budget.fit(page.rows);
    const more = page.more || rows.length < page.rows.length;
    if (!more) return { reply: { id, upTo, rows, more } };
    return { reply: { id, upTo, rows, more }, next: [rows.at(-1)?.rev ?? after, upTo] };
  }

  async #userHead(userId: UserId): Promise<Urev> {
    return (await this.feed.userHeads([userId])).get(userId) ?? Urev(0);
  }
}

const ABOUT_A_ROW = 200;
/** Feed pages hold at least the rows of one rev: 200 users and the entry that tells of them. */
const SMALLEST_PAGE = 201;

/** What one reply may still carry. */
class Budget {
  #rows: number;
  #bytes: number;

  constructor(limits: SyncLimits) {
    this.#rows = limits.rows;
    this.#bytes = limits.bytes;
  }

  get rows(): number {
    return Math.max(SMALLEST_PAGE, this.#rows);
  }

  get spent(): boolean {
    return this.#rows <= 0 || this.#bytes <= 0;
  }

  spend(rows: number, bytes: number): void {
    this.#rows -= rows;
    this.#bytes -= bytes;
  }

  /** As many as fit, at least the rows of one rev; never cut inside a rev. */
  fit(rows: readonly ChangedRow[]): readonly ChangedRow[] {
    let end = 0;
    while (end < rows.length && (end === 0 || !this.spent || rows[end]!.rev === rows[end - 1]!.rev))
      // end is in range
      this.spend(1, bytesOf([rows[end++]!])); // as above
    return rows.slice(0, end);
  }
}

/** About: UTF-16 units stand for bytes three times over at most; the frame limit leaves room for that. */
export const bytesOf = (rows: readonly ChangedRow[]): number => {
  let bytes = rows.length * ABOUT_A_ROW;
  for (const row of rows)
    if (row.kind === 'message' && typeof row.message.content === 'string') bytes += row.message.content.length * 2;
  return bytes;
};

const nextOf = (index: number, after: number, upTo: number): string => `${index}.${after}.${upTo}`;

/** Opaque to clients; forged, it shows nothing that an honest one would not. */
const placeOf = (next: string, cursors: number): Place => {
  const parts = next.split('.').map(Number);
  const [index, after, upTo] = parts;
  const sound =
    parts.length === 3 &&
    parts.every(Number.isSafeInteger) &&
    index! >= OWN &&
    index! < cursors &&
    after! >= 0 &&
    upTo! >= after!; // 3 parts
  if (!sound) throw invalid('next', 'the `next` of the last reply, with the same cursors', 'bad_next');
  return { index: index!, after: after!, upTo: upTo! }; // sound
};
