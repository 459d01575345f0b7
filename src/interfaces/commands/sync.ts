import * as v from 'valibot';
import type { Sync, SyncedConversation } from '#app/application/chat/sync.ts';
import { conversationId, rev, TOO_LARGE, urev } from '../protocol/primitives.ts';
import { anyRow, AnyRow, OwnRow, ownRow } from '../protocol/rows.ts';
import { command } from './command.ts';

/** Conversations in one request. */
export const MAX_CURSORS = 1_000;

const id = v.pipe(v.string(), v.uuid());
const count = v.pipe(v.number(), v.safeInteger());

const Synced = v.union([
  v.object({ id, upTo: count, rows: v.array(AnyRow), more: v.boolean() }),
  v.object({ id, gap: v.literal(true), upTo: count }),
  v.object({ id, reset: v.literal(true), upTo: count }),
  v.object({ id, gone: v.literal(true) }),
]);

export const sync = (use: Sync) =>
  command({
    type: 'sync',
    summary: 'Catches up after being away: the rows that changed after your cursors, in their present state.',
    access: 'user',
    limit: 'sync',
    input: v.object({
      epoch: v.pipe(v.string('the epoch of your cursors'), v.maxLength(128, 'the epoch of your cursors')),
      urev,
      cursors: v.pipe(
        v.array(v.tuple([conversationId, rev], '[conversationId, rev]'), 'an array of [conversationId, rev]'),
        v.maxLength(MAX_CURSORS, `${TOO_LARGE}at most ${MAX_CURSORS} conversations`),
        v.check(
          (cursors) => new Set(cursors.map(([conversation]) => conversation)).size === cursors.length,
          'each conversation once',
        ),
      ),
      /** The `next` of the last reply, with the same `urev` and `cursors`. */
      next: v.optional(v.pipe(v.string('the next of the last reply'), v.maxLength(64, 'the next of the last reply'))),
    }),
    output: v.object({
      epoch: v.string(),
      /** Forget all that you hold but what you still have to send, and begin anew with this epoch. */
      reset: v.boolean(),
      user: v.optional(v.object({ upTo: count, rows: v.array(OwnRow), more: v.boolean(), reset: v.boolean() })),
      conversations: v.array(Synced),
      next: v.optional(v.string()),
      caughtUp: v.boolean(),
    }),
    http: { method: 'POST', path: '/v1/sync' },
    run: async (input, { userId }) => {
      const { user, conversations, next, ...rest } = await use.execute({ ...input, userId });
      return {
        ...rest,
        ...(user && { user: { ...user, rows: user.rows.map(ownRow) } }),
        conversations: conversations.map(synced),
        ...(next !== undefined && { next }),
      };
    },
  });

const synced = (conversation: SyncedConversation): v.InferInput<typeof Synced> =>
  'rows' in conversation ? { ...conversation, rows: conversation.rows.map(anyRow) } : conversation;
