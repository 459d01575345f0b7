import { Client } from 'pg';
import { hashOf } from './chaos-load.ts';
import type { Dump, DumpedMessage } from './history.ts';

/** What the database holds of these conversations, for the checker. */
export const dump = async (url: string, ids: readonly string[]): Promise<Dump> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const conversations = await client.query<ConversationRow>(
      'select id, seq::float8 as seq, rev::float8 as rev, history_visible as "historyVisible" from conversations where id = any ($1)',
      [ids],
    );
    const members = await client.query<MemberRow>(
      `select conversation_id as conv, user_id as "user", left_rev is null as active, first_seq::float8 as "firstSeq",
              read_seq::float8 as "readSeq" from participants where conversation_id = any ($1)`,
      [ids],
    );
    const messages = await client.query<MessageRow>(
      `select conversation_id as conv, id, seq::float8 as seq, sent_rev::float8 as "sentRev", rev::float8 as rev, sender_id as sender,
              type, content from messages where conversation_id = any ($1)`,
      [ids],
    );
    return { conversations: conversations.rows, members: members.rows, messages: messages.rows.map(dumped) };
  } finally {
    await client.end();
  }
};

interface ConversationRow {
  readonly id: string;
  readonly seq: number;
  readonly rev: number;
  readonly historyVisible: boolean;
}
interface MemberRow {
  readonly conv: string;
  readonly user: string;
  readonly active: boolean;
  readonly firstSeq: number;
  readonly readSeq: number;
}
interface MessageRow {
  readonly conv: string;
  readonly id: string;
  readonly seq: number;
  readonly sentRev: number;
  readonly rev: number;
  readonly sender: string;
  readonly type: string;
  readonly content: string | null;
}

/** For runs without edits: the database keeps of what was first sent no more than a hash of its own. */
const dumped = ({ type, content, ...row }: MessageRow): DumpedMessage => {
  const present = content === null ? null : hashOf(content);
  const hash = present ?? '';
  if (type !== 'system') return { ...row, hash, present };
  const { event, users, user } = JSON.parse(content ?? '{}') as { event: string; users?: string[]; user?: string };
  return { ...row, hash, present, notice: { event, users: users ?? (user === undefined ? [] : [user]) } };
};
