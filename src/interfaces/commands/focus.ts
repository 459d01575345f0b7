import * as v from 'valibot';
import { internalOnly } from '../protocol/welcome.ts';
import { conversationId, nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const focus = () =>
  command({
    type: 'focus',
    summary: 'The conversation that the user looks at on this connection; null: none. It decides who hears of typing.',
    access: 'user',
    limit: 'signal',
    overHttp: false,
    input: v.object({ conversationId: v.nullable(conversationId) }),
    output: nothing,
    run: async ({ conversationId }, { connection }) => {
      (connection ?? internalOnly()).focus(conversationId ?? undefined);
      return {};
    },
  });
