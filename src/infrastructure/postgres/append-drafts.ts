import type { PoolClient, QueryArrayConfig } from 'pg';
import type { MessageDraft } from '#app/domain/chat/message.ts';

/** What the database says of one send; the codes stand at the functions in migrations/0001-core.sql. */
export interface Verdict {
  readonly code: number;
  readonly seq: number;
  readonly rev: number;
  readonly sentAt: number;
}

/**
 * One round trip; answers in the order of the drafts. Waits so many milliseconds for a lock and fails then (55P03); with 0 it
 * never waits, and code 6 says that somebody holds one.
 * Named, so that each connection plans it once; alone and unheld, a send takes the cheaper function.
 */
export const appendDrafts = async (
  client: PoolClient,
  drafts: readonly MessageDraft[],
  waitMs: number,
): Promise<readonly Verdict[]> => {
  const [first] = drafts;
  return first && drafts.length === 1 && waitMs === 0
    ? [await appendOne(client, first)]
    : appendMany(client, drafts, waitMs);
};

const appendOne = async (client: PoolClient, draft: MessageDraft): Promise<Verdict> => {
  const { rows } = await client.query<[number, string | null, string | null, number]>({
    name: 'append_message',
    text: 'SELECT verdict, seq, rev, sent_at FROM append_message($1, $2, $3, $4, $5, $6)',
    values: [draft.conversationId, draft.senderId, draft.id, draft.type, draft.replyTo ?? null, draft.content],
    rowMode: 'array',
  } as QueryArrayConfig);
  const [code, seq, rev, sentAt] = rows[0]!; // the function answers one row
  return { code, seq: Number(seq), rev: Number(rev), sentAt };
};

const unwaiting = {
  name: 'append_messages',
  text: 'SELECT verdicts, seqs, revs, sent_ats FROM append_messages($1, $2, $3, $4, $5, $6, $7)',
};
/** The function needs what comes of the setting, so the setting is made first. It ends with the transaction. */
const waiting = {
  name: 'append_messages_waiting',
  text: `SELECT verdicts, seqs, revs, sent_ats
    FROM (SELECT set_config('lock_timeout', $1, true) AS set OFFSET 0) AS patience
    CROSS JOIN LATERAL append_messages(patience.set IS NOT NULL, $2, $3, $4, $5, $6, $7)`,
};

const appendMany = async (
  client: PoolClient,
  drafts: readonly MessageDraft[],
  waitMs: number,
): Promise<readonly Verdict[]> => {
  const { rows } = await client.query<[string, string, string, string]>({
    ...(waitMs === 0 ? unwaiting : waiting),
    values: [
      waitMs === 0 ? 'false' : `${waitMs}ms`,
      plainArray(drafts.map((draft) => draft.conversationId)),
      plainArray(drafts.map((draft) => draft.senderId)),
      plainArray(drafts.map((draft) => draft.id)),
      plainArray(drafts.map((draft) => draft.type)),
      plainArray(drafts.map((draft) => draft.replyTo ?? 'NULL')),
      quotedArray(drafts.map((draft) => draft.content)),
    ],
    rowMode: 'array',
    types: asText,
  } as QueryArrayConfig);
  const [codes, seqs, revs, sentAts] = rows[0]!.map(numbers); // one row
  return codes!.map((code, place) => ({ code, seq: seqs![place]!, rev: revs![place]!, sentAt: sentAts![place]! })); // four arrays of one length
};

// PostgreSQL's text form of arrays. node-pg makes and reads it as well, but looks at the type of each element for it.
const plainArray = (elements: readonly (string | number)[]): string => `{${elements.join(',')}}`;
const quotedArray = (elements: readonly string[]): string => `{${elements.map(quoted).join(',')}}`;
const quoted = (element: string): string => `"${/["\\]/.test(element) ? element.replace(/["\\]/g, '\\$&') : element}"`;
const numbers = (text: string): readonly number[] => text.slice(1, -1).split(',').map(Number);
const asText = { getTypeParser: () => (text: string) => text };
