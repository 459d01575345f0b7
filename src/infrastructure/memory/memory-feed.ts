import type { ChangedOwnRow, ChangedRow, Feed, Page, Standing } from '#app/application/ports/feed.ts';
import type { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { isActive, type MemoryStore, ownMembership } from './memory-store.ts';

interface Range {
  readonly after: Rev;
  readonly upTo: Rev;
  readonly firstSeq: Seq;
}

export class MemoryFeed implements Feed {
  constructor(
    private readonly store: MemoryStore,
    private readonly history: string,
  ) {}

  async epoch(): Promise<string> {
    return this.history;
  }

  async standings(userId: UserId, only?: readonly ConversationId[]): Promise<readonly Standing[]> {
    return [...this.store.membershipsOf(userId)]
      .filter(({ conversation, member }) => isActive(member) && (!only || only.includes(conversation.state.id)))
      .map(({ conversation: { state }, member: { participant } }) => ({
        conversationId: state.id,
        rev: state.rev,
        firstSeq: participant.firstSeq,
        joinedRev: participant.joinedRev,
      }));
  }

  async heads(ids: readonly ConversationId[]): Promise<ReadonlyMap<ConversationId, Rev>> {
    return found(ids, (id) => this.store.conversations.get(id)?.state.rev);
  }

  async userHeads(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Urev>> {
    return found(ids, (id) => this.store.users.get(id)?.urev);
  }

  async changes(id: ConversationId, range: Range & { limit: number }): Promise<Page<ChangedRow>> {
    return cut(this.#changes(id, range), range.limit, ({ rev }) => rev);
  }

  async countChanges(id: ConversationId, range: Range, most: number): Promise<number> {
    return Math.min(this.#changes(id, range).length, most);
  }

  async ownChanges(userId: UserId, range: { after: Urev; upTo: Urev; limit: number }): Promise<Page<ChangedOwnRow>> {
    const rows: ChangedOwnRow[] = [];
    for (const { conversation, member } of this.store.membershipsOf(userId))
      rows.push({ kind: 'membership', urev: member.urev, membership: ownMembership(conversation, member) });
    for (const [blockedId, { urev, lifted }] of this.store.blocks.get(userId) ?? [])
      rows.push({ kind: 'block', urev, blockedId, blocked: !lifted });
    const user = this.store.users.get(userId);
    if (user)
      rows.push({ kind: 'profile', urev: user.profileUrev, handle: user.handle, displayName: user.displayName });
    const changed = rows.filter(({ urev }) => urev > range.after && urev <= range.upTo);
    return cut(
      changed.toSorted((a, b) => a.urev - b.urev),
      range.limit,
      ({ urev }) => urev,
    );
  }

  #changes(id: ConversationId, { after, upTo, firstSeq }: Range): readonly ChangedRow[] {
    const conversation = this.store.conversations.get(id);
    if (!conversation) return [];
    const { state, members, messages } = conversation;
    const rows: ChangedRow[] = [{ kind: 'conversation', rev: state.changedRev, conversation: state }];
    for (const { participant } of members.values())
      rows.push({ kind: 'member', rev: participant.rev, member: participant });
    for (const { state: message } of messages.slice(Math.max(firstSeq - 1, 0)))
      rows.push({ kind: 'message', rev: message.rev, message });
    return rows.filter(({ rev }) => rev > after && rev <= upTo).toSorted((a, b) => a.rev - b.rev);
  }
}

const found = <Id, Value>(ids: readonly Id[], find: (id: Id) => Value | undefined): ReadonlyMap<Id, Value> =>
  new Map(
    ids.flatMap((id) => {
      const value = find(id);
      return value === undefined ? [] : [[id, value]];
    }),
  );

/** As many as fit, without the rows of a counter that do not fit together; but at least those of one counter. */
const cut = <Row>(rows: readonly Row[], limit: number, counterOf: (row: Row) => number): Page<Row> => {
  if (rows.length <= limit) return { rows, more: false };
  const over = counterOf(rows[limit]!); // there are more than `limit`
  const whole = rows.findIndex((row) => counterOf(row) === over);
  const end = whole > 0 ? whole : rows.findLastIndex((row) => counterOf(row) === over) + 1;
  return { rows: rows.slice(0, end), more: end < rows.length };
};
