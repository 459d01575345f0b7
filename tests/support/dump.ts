import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { hashOf } from './chaos-load.ts';
import type { Dump, DumpedMessage } from './history.ts';

/**
 * What the database holds of these conversations, for the checker.
 * @param texts by message id, what was sent: after an edit the database keeps no more of it than its hash
 */
export const dump = async (
  url: string,
  ids: readonly string[],
  texts: ReadonlyMap<string, string> = new Map(),
): Promise<Dump> => {
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
              type, content, encode(content_hash, 'hex') as "contentHash" from messages where conversation_id = any ($1)`,
      [ids],
    );
    return {
      conversations: conversations.rows,
      members: members.rows,
      messages: messages.rows.map((row) => dumped(row, texts)),
    };
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
  readonly contentHash: string;
}

const dumped = (
  { type, content, contentHash, ...row }: MessageRow,
  texts: ReadonlyMap<string, string>,
): DumpedMessage => {
  const present = content === null ? null : hashOf(content);
  if (type !== 'system') return { ...row, hash: originally(contentHash, texts.get(row.id) ?? content), present };
  const { event, users, user } = JSON.parse(content ?? '{}') as { event: string; users?: string[]; user?: string };
  const hash = present ?? '';
  return { ...row, hash, present, notice: { event, users: users ?? (user === undefined ? [] : [user]) } };
};

/** The hash of what was first sent; one of nothing when that is not what the database took. */
const originally = (contentHash: string, text: string | null): string => {
  const hash = createHash('sha256').update(`text\u001f\u001f${text}`).digest('hex');
  return hash === contentHash && text !== null ? hashOf(text) : 'another';
};
