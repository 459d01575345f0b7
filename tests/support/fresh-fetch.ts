import type { ConversationRow, MemberRow, MessageRow } from './held.ts';
import type { MembershipRow, ReferenceClient } from './reference-client.ts';
import type { RunningServer, TestUser } from './running-server.ts';

type Fetch = (type: string, input: object) => Promise<Record<string, unknown>>;

/** For what goes on while somebody reads. */
const PATIENCE_MS = 20_000;

/** All that somebody sees, read from the database just now: what every device of theirs should hold. */
export const freshFetch = async (server: RunningServer, user: TestUser) => {
  const ask: Fetch = (type, input) => server.as(user, type, input);
  for (const until = performance.now() + PATIENCE_MS; ; )
    try {
      return await everything(ask);
    } catch (error) {
      // What was asked for on a connection that is gone may still be done: who was removed since the list was read, reads again.
      if (!String(error).includes('not_found') || performance.now() > until) throw error;
    }
};

const everything = async (ask: Fetch) => {
  const lines = (await pages(ask, 'conversation.list', 'conversations', { archived: true })) as {
    conversation: ConversationRow;
    rev: number;
    membership: MembershipRow;
  }[];
  const conversations = await Promise.all(lines.map((line) => whole(ask, line)));
  const blocks = (await pages(ask, 'block.list', 'blocks', {})) as { userId: string }[];
  return { conversations: byId(conversations), blocks: blocks.map(({ userId }) => userId).toSorted() };
};

/** The same, as a device holds it. */
export const heldBy = (client: ReferenceClient) => ({
  conversations: byId(
    [...client.held].map(([id, held]) => ({
      id,
      rev: held.cursor,
      conversation: held.conversation,
      messages: held.log,
      members: held.members,
      own: own(client.memberships.get(id)),
      unread: client.unreadOf(id),
    })),
  ),
  blocks: [...client.blocked].flatMap(([userId, { blocked }]) => (blocked ? [userId] : [])).toSorted(),
});

const whole = async (
  ask: Fetch,
  { conversation, rev, membership }: { conversation: ConversationRow; rev: number; membership: MembershipRow },
) => {
  const place = { conversationId: conversation.id };
  const messages: MessageRow[] = [];
  for (let before: number | undefined; ; before = messages[0]?.seq) {
    const page = await ask('message.history', { ...place, limit: 100, ...(before !== undefined && { before }) });
    messages.unshift(...(page['messages'] as MessageRow[]));
    if (!page['more']) break;
  }
  const members: MemberRow[] = [];
  for (let after: string | undefined; ; after = members.at(-1)?.userId) {
    const page = await ask('member.list', { ...place, limit: 100, ...(after !== undefined && { after }) });
    members.push(...(page['members'] as MemberRow[]));
    if (!page['more']) break;
  }
  return {
    ...{ id: conversation.id, rev, conversation, messages, members },
    own: own(membership),
    unread: membership.unread.count,
  };
};

/** Of one's own membership, what is compared; `unread` is counted along, and compared beside it. */
const own = (membership: MembershipRow | undefined) =>
  membership && {
    firstSeq: membership.firstSeq,
    readSeq: membership.readSeq,
    archived: membership.archived,
    mutedUntil: membership.mutedUntil,
    urev: membership.urev,
  };

const byId = <T extends { readonly id: string }>(all: readonly T[]): readonly T[] =>
  all.toSorted((a, b) => (a.id < b.id ? -1 : 1));

const pages = async (ask: Fetch, type: string, field: string, input: object): Promise<unknown[]> => {
  const all: unknown[] = [];
  for (let next: unknown; ; ) {
    const page = await ask(type, { ...input, limit: 100, ...(next !== undefined && { after: next }) });
    all.push(...(page[field] as unknown[]));
    next = page['next'];
    if (next === undefined) return all;
  }
};
