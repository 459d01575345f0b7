import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import type { ChatWorld } from './chat-world.ts';

/** All that a member can learn of a conversation and of their own counters, to show that nothing was left behind. */
export const seenBy = async ({ reader, feed }: ChatWorld, id: ConversationId, userId: UserId) => {
  const access = await reader.access(id, userId);
  const { rev } = (await feed.standings(userId, [id]))[0]!; // access was given
  return {
    access,
    line: await reader.get(access),
    history: await reader.history(access, { limit: 10_000 }),
    members: await reader.members(access, { limit: 10_000 }),
    receipts: await reader.receipts(access, { limit: 10_000 }),
    changes: await feed.changes(id, { after: 0 as Rev, upTo: rev, firstSeq: access.firstSeq, limit: 10_000 }),
    urev: await urevOf({ feed }, userId),
  };
};

export const urevOf = async ({ feed }: Pick<ChatWorld, 'feed'>, userId: UserId): Promise<Urev> =>
  (await feed.userHeads([userId])).get(userId)!; // a user of the world

export const headOf = async ({ feed }: Pick<ChatWorld, 'feed'>, id: ConversationId): Promise<Rev> =>
  (await feed.heads([id])).get(id)!; // a conversation of the world

export const seq = (value: number) => value as Seq;
