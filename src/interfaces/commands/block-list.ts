import * as v from 'valibot';
import type { ListBlocks } from '#app/application/chat/list-blocks.ts';
import { instant, pageLimit, userId } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const blockList = (listBlocks: ListBlocks, page: number) =>
  command({
    type: 'block.list',
    summary: 'Whom you have blocked, by user id.',
    access: 'user',
    limit: 'read',
    input: v.object({ limit: pageLimit(page), after: v.optional(userId) }),
    output: v.object({
      blocks: v.array(v.object({ userId: v.pipe(v.string(), v.uuid()), since: instant })),
      more: v.boolean(),
    }),
    http: { method: 'GET', path: '/v1/blocks' },
    run: async (input, { userId }) => {
      const blocks = await listBlocks.execute({ ...input, userId });
      return {
        blocks: blocks.map((block) => ({ userId: block.userId, since: block.since.toISOString() })),
        more: blocks.length === input.limit,
      };
    },
  });
