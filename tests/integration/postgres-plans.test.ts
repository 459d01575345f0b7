import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadAccess } from '#app/application/ports/conversation-reader.ts';
import type { Rev } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from '#app/infrastructure/postgres/database.ts';
import { PostgresConversationReader } from '#app/infrastructure/postgres/postgres-conversation-reader.ts';
import { PostgresFeed } from '#app/infrastructure/postgres/postgres-feed.ts';
import { PostgresOwnState } from '#app/infrastructure/postgres/postgres-own-state.ts';
import { aGroup } from '../support/chat-world.ts';
import { aPatientPostgres, aPatientPostgresWorld, type PostgresWorld } from '../support/postgres-world.ts';
import { seq } from '../support/seen-by.ts';

const MESSAGES = 10_000;
const CONVERSATIONS = 1_000;

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Loops': number;
  readonly 'Actual Rows': number;
  readonly Plans?: readonly PlanNode[];
}
interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

describe('query plans', () => {
  let world: PostgresWorld;
  let postgres: Postgres;
  let client: PoolClient;
  let ann: UserId;
  let ben: UserId;
  let group: ConversationId;
  let proof: ReadAccess;
  const recorded: Statement[] = [];

  beforeAll(async () => {
    world = await aPatientPostgresWorld();
    [ann, ben] = [await world.aUser(), await world.aUser()];
    const others = await Promise.all(Array.from({ length: 20 }, () => world.aUser()));
    group = await aGroup(world, ann, [ben, ...others]);
    await fill(world.postgres, group, others);
    const { rows } = await world.postgres.pool.query<{ id: ConversationId }>(
      `WITH made AS (
         INSERT INTO conversations (id, kind, title, created_by, seq, rev, changed_rev, member_count, active_at)
         SELECT gen_random_uuid(), 'group', 'Circle ' || n, $1, 50, 50, 1, 2, now() - n * interval '1 minute' FROM generate_series(2, $3::int) n
         RETURNING id
       ), joined AS (
         INSERT INTO participants (conversation_id, user_id, kind, role, rev, joined_rev)
         SELECT id, unnest(ARRAY[$1::uuid, $2::uuid]), 'group', 'member', 1, 1 FROM made
       )
       SELECT id FROM made`,
      [ann, ben, CONVERSATIONS],
    );
    await world.postgres.pool.query(
      `INSERT INTO messages (conversation_id, seq, id, rev, sent_rev, sender_id, type, content, content_hash, sent_at)
       SELECT c, n, gen_random_uuid(), n, n, $1, 'text', 'hello', '\\x00', now() FROM unnest($2::uuid[]) c, generate_series(1, 50) n`,
      [ann, rows.map(({ id }) => id)],
    );
    await crowd(world.postgres, group, ann);
    await world.postgres.pool.query('ANALYZE');
    proof = await world.reader.access(group, ben);

    postgres = await aPatientPostgres(world.url, { max: 1 });
    client = await postgres.pool.connect();
    client.release(); // the one connection: what it is asked is written down
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((text: string, values: unknown[], ...more: unknown[]) => {
      recorded.push({ text, values });
      return query(text, values, ...more);
    }) as typeof client.query; // passes everything on
  });
  afterAll(async () => {
    await postgres.close();
    await world.close();
  });

  /** What the adapter asked about messages, as the planner ran it. */
  const plansOf = async (work: (db: Postgres) => Promise<unknown>): Promise<readonly PlanNode[][]> => {
    recorded.length = 0;
    await work(postgres);
    const statements = recorded.filter(({ text }) => text.includes('messages'));
    expect(statements.length).toBeGreaterThan(0);
    const plans: PlanNode[][] = [];
    for (const { text, values } of statements) {
      // By the one connection, for what others count of their reading they tell up to ten seconds later.
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        values,
      );
      plans.push(flat(rows[0]!['QUERY PLAN'][0].Plan)); // EXPLAIN has one row
    }
    return plans;
  };
  const ofMessages = (nodes: readonly PlanNode[]) =>
    nodes.filter((node) => node['Relation Name']?.startsWith('messages'));
  /** A bitmap is an index too; which of the two is less is the planner's to say. */
  const expectOnePartitionByIndex = (nodes: readonly PlanNode[]) => {
    const scans = ofMessages(nodes);
    expect(scans.length).toBeGreaterThan(0);
    expect(new Set(scans.map((node) => node['Relation Name'])).size).toBe(1);
    for (const scan of scans) expect(scan['Node Type']).toMatch(/Index|Bitmap/);
  };

  it.each([
    ['the newest', { limit: 50 }],
    ['below a seq', { limit: 50, before: seq(5_000) }],
    ['above a seq', { limit: 50, after: seq(5_000) }],
  ])('history (%s) reads one page of one partition, by index', async (_which, page) => {
    for (const nodes of await plansOf((db) => new PostgresConversationReader(db).history(proof, page))) {
      expectOnePartitionByIndex(nodes);
      for (const scan of ofMessages(nodes)) expect(scan['Actual Rows'] * scan['Actual Loops']).toBeLessThanOrEqual(50);
    }
  });

  it('unread reads one partition, by index, and stops at 1,001 rows', async () => {
    const moved = await touched(async () => {
      const { membership } = await new PostgresOwnState(postgres).markRead(ben, group, seq(0));
      expect(membership.unread).toEqual({ count: 1_000, more: true });
    });
    expect(moved.map(({ sequential }) => sequential)).toEqual(moved.map(() => 0));
    expect(moved.filter(({ byIndex }) => byIndex > 0)).toHaveLength(1);
    for (const { rows } of moved) expect(rows).toBeLessThanOrEqual(1_002); // a notice is passed over
  });

  it('changes and their count read one partition, by index, no more than asked for', async () => {
    const range = { after: 9_000 as Rev, upTo: 20_000 as Rev, firstSeq: seq(1) };
    for (const nodes of await plansOf((db) => new PostgresFeed(db).changes(group, { ...range, limit: 201 }))) {
      expectOnePartitionByIndex(nodes);
      for (const scan of ofMessages(nodes)) expect(scan['Actual Rows']).toBeLessThanOrEqual(202);
    }
    for (const nodes of await plansOf((db) => new PostgresFeed(db).countChanges(group, range, 100)))
      expectOnePartitionByIndex(nodes);
  });

  it('a window of 50 of 1,000 conversations is one statement that looks into messages by index, per line of the window', async () => {
    let lines = 0;
    const [nodes, ...more] = await plansOf(async (db) => {
      lines = (await new PostgresConversationReader(db).list(ben, { limit: 50, archived: false })).length;
    });
    expect([lines, more]).toEqual([50, []]);
    for (const scan of ofMessages(nodes!)) {
      if (scan['Actual Loops'] === 0) continue; // pruned at run time
      expect(scan['Node Type']).toMatch(/Index|Bitmap/); // few rows each: either will do
      expect(scan['Actual Loops']).toBeLessThanOrEqual(50);
    }
    const visits = ofMessages(nodes!).reduce((sum, node) => sum + node['Actual Loops'], 0);
    expect(visits).toBe(50); // the last message of each, in one partition
  });

  it('appends look into one partition, by index', async () => {
    const values = () => [group, ann, crypto.randomUUID(), 'text', 5_000, 'hello'];
    const moved = await touched(async () => {
      for (let n = 0; n < 10; n++) {
        await client.query('SELECT verdict FROM append_message($1, $2, $3, $4, $5, $6)', values());
        await client.query(
          `SELECT verdicts FROM append_messages(
             false, ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY[$3::uuid], ARRAY[$4], ARRAY[$5::bigint], ARRAY[$6])`,
          values(),
        );
      }
    });
    expect(moved.map(({ sequential }) => sequential)).toEqual(moved.map(() => 0));
    expect(moved.filter(({ byIndex }) => byIndex > 0)).toHaveLength(1);
  });

  /** For what functions do, which EXPLAIN does not show: how each partition was read meanwhile, by the one connection. */
  const touched = async (work: () => Promise<unknown>) => {
    const counts = async () => {
      await client.query('SELECT pg_stat_force_next_flush()', []);
      const { rows } = await client.query<Record<'sequential' | 'byIndex' | 'rows', number>>(
        `SELECT seq_scan AS sequential, idx_scan AS "byIndex", idx_tup_fetch AS rows
         FROM pg_stat_user_tables WHERE relname LIKE 'messages_p%' ORDER BY relname`,
        [],
      );
      return rows;
    };
    const before = await counts();
    await work();
    return (await counts()).map((now, n) => {
      const { sequential, byIndex, rows } = before[n]!; // the same tables
      return { sequential: now.sequential - sequential, byIndex: now.byIndex - byIndex, rows: now.rows - rows };
    });
  };
});

const flat = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flat)];

/** A lively group: its members take turns. */
const fill = async (postgres: Postgres, id: ConversationId, senders: readonly UserId[]) => {
  await postgres.pool.query(
    `INSERT INTO messages (conversation_id, seq, id, rev, sent_rev, sender_id, type, content, content_hash, sent_at)
     SELECT $1, n, gen_random_uuid(), n, n, ($2::uuid[])[1 + n % $3::int], 'text', 'hello', '\\x00', now() FROM generate_series(2, $4::int) n`,
    [id, senders, senders.length, MESSAGES],
  );
  await postgres.pool.query('UPDATE conversations SET seq = $2, rev = $2 WHERE id = $1', [id, MESSAGES]);
};

/** Makes neighbours in the group's partition as long as the group: were it mostly the group's own, reading all of it would be right. */
const crowd = async (postgres: Postgres, id: ConversationId, sender: UserId) => {
  await postgres.pool.query(
    `INSERT INTO messages (conversation_id, seq, id, rev, sent_rev, sender_id, type, content, content_hash, sent_at)
     SELECT neighbour, n, gen_random_uuid(), n, n, $2, 'text', 'hello', '\\x00', now()
     FROM (SELECT DISTINCT conversation_id AS neighbour FROM messages
           WHERE tableoid = (SELECT DISTINCT tableoid FROM messages WHERE conversation_id = $1) AND conversation_id <> $1
           LIMIT 6) shared,
          generate_series(51, $3::int) n`,
    [id, sender, MESSAGES],
  );
};
