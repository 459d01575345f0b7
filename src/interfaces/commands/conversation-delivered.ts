import * as v from 'valibot';
import type { MarkDelivered } from '#app/application/chat/mark-read.ts';
import { conversationId, nothing, seq } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const conversationDelivered = (markDelivered: MarkDelivered) =>
  command({
    type: 'conversation.delivered',
    summary: 'Everything up to `deliveredSeq` has reached one of your devices.',
    access: 'user',
    limit: 'signal',
    input: v.object({ conversationId, deliveredSeq: seq }),
    output: nothing,
    http: { method: 'PUT', path: '/v1/conversations/{conversationId}/delivered' },
    run: async ({ conversationId, deliveredSeq }, { userId, connectionId }) => {
      await markDelivered.execute({ userId, conversationId, seq: deliveredSeq, origin: connectionId });
      return {};
    },
  });
