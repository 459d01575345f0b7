import { type Kysely, sql, type Transaction, type Updateable } from 'kysely';
import type { MarkResult, OwnState } from '#app/application/ports/own-state.ts';
import type { MembershipChanged } from '#app/domain/chat/chat-events.ts';
import type { OwnMembership } from '#app/domain/chat/membership.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import { notFound } from '#app/domain/shared/domain-error.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';
import { membershipOf, ownColumns, participantColumns, unread } from './rows.ts';
import type { Database, ParticipantsTable } from './schema.ts';
import { nextUrevs } from './users-rows.ts';

type Mark = 'message.read' | 'message.delivered';

export class PostgresOwnState implements OwnState {
  constructor(private readonly postgres: Postgres) {}

  markRead(userId: UserId, conversationId: ConversationId, seq: Seq): Promise<MarkResult> {
    return this.#mark('message.read', userId, conversationId, seq);
  }

  markDelivered(userId: UserId, conversationId: ConversationId, seq: Seq): Promise<MarkResult> {
    return this.#mark('message.delivered', userId, conversationId, seq);
  }

  async setMembership(
    userId: UserId,
    conversationId: ConversationId,
    change: { mutedUntil?: Date | null | undefined; archived?: boolean | undefined },
  ): Promise<{ membership: OwnMembership; changed: MembershipChanged | undefined }> {
    const wanted = (of: Standing): Updateable<ParticipantsTable> | undefined => {
      const asked = change.mutedUntil === undefined ? of.mutedUntil : change.mutedUntil;
      const muted_until = asked && asked > of.now ? asked : null;
      const archived = change.archived ?? of.archived;
      const same = archived === of.archived && muted_until?.getTime() === of.mutedUntil?.getTime();
      return same ? undefined : { muted_until, archived };
    };
    const { membership, own } = await this.#change(userId, conversationId, wanted, true);
    return { membership, changed: own };
  }

  async #mark(type: Mark, userId: UserId, conversationId: ConversationId, seq: Seq): Promise<MarkResult> {
    const wanted = ({ head, readSeq, deliveredSeq }: Standing): Updateable<ParticipantsTable> | undefined => {
      const to = Math.min(seq, head) as Seq;
      const delivered_seq = Math.max(deliveredSeq, to) as Seq;
      if (type === 'message.read') return to > readSeq ? { read_seq: to, delivered_seq } : undefined;
      return to > deliveredSeq ? { delivered_seq } : undefined;
    };
    const { membership, memberCount, deliveredSeq, moved, own } = await this.#change(
      userId,
      conversationId,
      wanted,
      type === 'message.read',
    );
    const receipt = { type, conversationId, userId, readSeq: membership.readSeq, deliveredSeq };
    return { membership, changed: moved ? { receipt, own } : undefined, memberCount };
  }

  /**
   * Looks without a lock first: most marks come twice, from every device, and change nothing. Then judges again under the
   * lock of the row, which a removal takes too.
   */
  async #change(
    userId: UserId,
    conversationId: ConversationId,
    wanted: (standing: Standing) => Updateable<ParticipantsTable> | undefined,
    takesUrev: boolean,
  ): Promise<Standing & { moved: boolean; own: MembershipChanged | undefined }> {
    const seen = await this.postgres.run((db) => read(db, userId, conversationId));
    if (!wanted(seen)) return { ...seen, moved: false, own: undefined };
    return this.postgres
      .transaction(async (trx) => {
        // Users before participants, as everywhere; the number is given back if nothing is to change after all.
        const urev = takesUrev ? (await nextUrevs(trx, [userId])).get(userId) : undefined;
        await lock(trx, userId, conversationId);
        const now = await read(trx, userId, conversationId);
        const values = wanted(now);
        if (!values) throw new Unchanged(now);
        await trx
          .updateTable('participants')
          .set(urev === undefined ? values : { ...values, urev })
          .where('conversation_id', '=', conversationId)
          .where('user_id', '=', userId)
          .execute();
        const after = await read(trx, userId, conversationId);
        const { membership } = after;
        const own =
          urev === undefined ? undefined : ({ type: 'membership.changed', userId, urev, membership } as const);
        return { ...after, moved: true, own };
      })
      .catch((error: unknown) => {
        if (error instanceof Unchanged) return { ...error.standing, moved: false, own: undefined };
        throw error;
      });
  }
}

/** Rolls back what was prepared for a change that somebody else had made meanwhile. */
class Unchanged extends Error {
  constructor(readonly standing: Standing) {
    super();
  }
}

interface Standing {
  readonly membership: OwnMembership;
  readonly readSeq: Seq;
  readonly deliveredSeq: Seq;
  readonly mutedUntil: Date | null;
  readonly archived: boolean;
  readonly head: Seq;
  readonly memberCount: number;
  readonly now: Date;
}

const lock = (trx: Transaction<Database>, userId: UserId, conversationId: ConversationId) =>
  trx
    .selectFrom('participants')
    .select('rev')
    .where('conversation_id', '=', conversationId)
    .where('user_id', '=', userId)
    .forNoKeyUpdate()
    .execute();

/** @throws Refusal `not_found` for one who is no member */
const read = async (db: Kysely<Database>, userId: UserId, conversationId: ConversationId): Promise<Standing> => {
  const row = await db
    .selectFrom('participants as p')
    .innerJoin('conversations as c', 'c.id', 'p.conversation_id')
    .select([...participantColumns, ...ownColumns, unread('p.')])
    .select(['c.seq as head', 'c.member_count', sql<Date>`clock_timestamp()`.as('now')])
    .where('p.conversation_id', '=', conversationId)
    .where('p.user_id', '=', userId)
    .where('p.left_rev', 'is', null)
    .executeTakeFirst();
  if (!row) throw notFound('conversation');
  return {
    membership: membershipOf(row),
    readSeq: row.p_read_seq,
    deliveredSeq: row.p_delivered_seq,
    mutedUntil: row.p_muted_until,
    archived: row.p_archived,
    head: row.head,
    memberCount: row.member_count,
    now: row.now,
  };
};
