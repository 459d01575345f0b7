import { Client } from 'pg';
import { v7 } from 'uuid';
import { PostgresServer } from '../tests/support/postgres-server.ts';
import { ServerProcess } from '../tests/support/server-process.ts';
import { people, type Talk, talks, type Who } from './demo-talk.ts';

export const DEMO_PASSWORD = 'a sentence to keep';

interface Person {
  readonly userId: string;
  readonly token: string;
}

/** A server in which people have been talking for days, on a database of its own. */
export class DemoServer {
  private constructor(
    readonly server: ServerProcess,
    private readonly postgres: PostgresServer,
    /** Of the talks, in their order. */
    readonly conversationIds: readonly string[],
  ) {}

  static async start(): Promise<DemoServer> {
    const postgres = await PostgresServer.start();
    try {
      const server = await ServerProcess.start(postgres.url);
      const conversationIds = await talkedOn(server, postgres);
      // What was dated back in the database stands elsewhere in memory.
      await server.stop();
      await server.start();
      return new DemoServer(server, postgres, conversationIds);
    } catch (error) {
      await postgres.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await this.postgres.stop();
  }
}

const talkedOn = async (server: ServerProcess, postgres: PostgresServer): Promise<readonly string[]> => {
  const names = Object.entries(people) as [Who, string][];
  const made = await Promise.all(names.map(async ([who, name]) => [who, await register(server, who, name)] as const));
  const everybody = Object.fromEntries(made) as Record<Who, Person>;
  const ids: string[] = [];
  for (const talk of talks.toReversed()) ids.unshift(await hold(server, postgres, talk, everybody));
  return ids;
};

const register = async (server: ServerProcess, handle: Who, displayName: string): Promise<Person> => {
  const answer = await server.command('user.register', { handle, displayName, password: DEMO_PASSWORD });
  const { user, accessToken } = answer as { user: { id: string }; accessToken: string };
  return { userId: user.id, token: accessToken };
};

const hold = async (
  server: ServerProcess,
  postgres: PostgresServer,
  talk: Talk,
  everybody: Record<Who, Person>,
): Promise<string> => {
  const conversationId = await begin(server, talk, everybody);
  const seqs: number[] = [];
  for (const [who, , content, answers] of talk.lines) {
    const input = { conversationId, id: v7(), content, ...(answers !== undefined && { replyTo: seqs[answers] }) };
    seqs.push((await server.command('message.send', input, everybody[who].token))['seq'] as number);
  }
  for (const who of talk.members) {
    const readSeq = who === 'ana' ? seqs.at(-1 - (talk.unread ?? 0)) : seqs.at(-1);
    if (readSeq !== undefined)
      await server.command('conversation.read', { conversationId, readSeq }, everybody[who].token);
  }
  if (talk.muted) {
    const mutedUntil = new Date(Date.now() + 86_400_000).toISOString();
    await server.command('conversation.settings', { conversationId, mutedUntil }, everybody.ana.token);
  }
  await dateBack(postgres, conversationId, talk, seqs);
  return conversationId;
};

const begin = async (server: ServerProcess, talk: Talk, everybody: Record<Who, Person>): Promise<string> => {
  const others = talk.members.filter((who) => who !== 'ana').map((who) => everybody[who].userId);
  if (talk.title === undefined) {
    const line = await server.command('conversation.open_private', { userId: others[0] }, everybody.ana.token);
    return (line as { conversation: { id: string } }).conversation.id;
  }
  const id = v7();
  await server.command('conversation.create', { id, title: talk.title, users: others }, everybody.ana.token);
  return id;
};

/** The server stamps every message itself, with the present moment. */
const dateBack = async (postgres: PostgresServer, id: string, { lines }: Talk, seqs: readonly number[]) => {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  for (const [n, [, minutesAgo]] of lines.entries())
    await client.query(
      `update messages set sent_at = now() - $3 * interval '1 minute' where conversation_id = $1 and seq = $2`,
      [id, seqs[n], minutesAgo],
    );
  await client.query(
    `update messages set sent_at = now() - $3 * interval '1 minute' where conversation_id = $1 and seq < $2`,
    [id, seqs[0], lines[0]![1] + 5], // a talk has lines
  );
  await client.query(`update conversations set active_at = now() - $2 * interval '1 minute' where id = $1`, [
    id,
    lines.at(-1)![1], // likewise
  ]);
  await client.end();
};
