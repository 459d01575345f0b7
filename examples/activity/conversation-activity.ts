import { command, schemas } from 'tertulia';
import * as v from 'valibot';
import type { ShowActivity } from './activity.ts';

export const conversationActivity = (showActivity: ShowActivity) =>
  command({
    type: 'conversation.activity',
    summary: 'How many messages the conversation got since the server started.',
    access: 'user',
    limit: 'read',
    input: v.object({ conversationId: schemas.conversationId }),
    output: v.object({ messages: v.number() }),
    http: { method: 'GET', path: '/v1/conversations/{conversationId}/activity' },
    run: async ({ conversationId }, { userId }) => ({
      messages: await showActivity.execute({ conversationId, userId }),
    }),
  });
