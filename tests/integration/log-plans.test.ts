import { afterAll, beforeAll, expect, it } from 'vitest';
import { sql } from 'kysely';
import { v7 } from 'uuid';
import { MessageText } from '#app/domain/chat/message-content.ts';
import { ConversationId, MessageId } from '#app/domain/shared/ids.ts';
import { aPatientPostgresWorld, type PostgresWorld } from '../support/postgres-world.ts';

let world: PostgresWorld;
beforeAll(async () => {
  world = await aPatientPostgresWorld({ batchLimit: 50 });
});
afterAll(() => world.close());

it('looks for a resend by its id though the plan was made when statistics said that all tables are empty', async () => {
  await world.postgres.run((db) => sql`ANALYZE`.execute(db));
  const [ann, bob] = [await world.aUser(), await world.aUser()];
  const { id: conversationId } = await world.conversations.openPrivate(ConversationId(v7()), ann, bob);
  const text = MessageText('hello');
  const draft = () => ({
    conversationId,
    id: MessageId(v7()),
    senderId: ann,
    type: 'text' as const,
    content: text,
    replyTo: undefined,
  });

  for (let batch = 0; batch < 8; batch++)
    await Promise.all(Array.from({ length: 50 }, () => world.log.append(draft())));
  await world.log.append(draft());

  // A look by the conversation alone would read all its messages for each send: 80,000 of them.
  const read = async () => {
    const { rows } = await world.postgres.run((db) =>
      sql<{
        read: number;
      }>`SELECT sum(idx_tup_read)::int AS read FROM pg_stat_user_indexes WHERE relname LIKE 'messages_p%'`.execute(db),
    );
    return rows[0]?.read;
  };
  await world.close();
  world = await aPatientPostgresWorld({ url: world.url });
  await expect.poll(read, { timeout: 20_000 }).toBeLessThan(401);
});
