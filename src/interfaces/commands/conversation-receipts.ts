import * as v from 'valibot';
import type { ListReceipts } from '#app/application/chat/list-receipts.ts';
import { conversationId, pageLimit, seq, userId } from '../protocol/primitives.ts';
import { ReceiptRow, receiptRow } from '../protocol/rows.ts';
import { command } from './command.ts';

export const conversationReceipts = (listReceipts: ListReceipts, page: number) =>
  command({
    type: 'conversation.receipts',
    summary: 'How far each member has read and received; with `readSince`, who has read that message.',
    access: 'user',
    limit: 'read',
    input: v.object({ conversationId, readSince: v.optional(seq), limit: pageLimit(page), after: v.optional(userId) }),
    output: v.object({ receipts: v.array(ReceiptRow), more: v.boolean() }),
    http: { method: 'GET', path: '/v1/conversations/{conversationId}/receipts' },
    run: async (input, { userId }) => {
      const receipts = await listReceipts.execute({ ...input, userId });
      return { receipts: receipts.map(receiptRow), more: receipts.length === input.limit };
    },
  });
