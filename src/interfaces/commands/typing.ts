import * as v from 'valibot';
import { internalOnly } from '../protocol/welcome.ts';
import { conversationId, nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const typing = () =>
  command({
    type: 'typing',
    summary: 'You type there, or have stopped. Say it again every `timings.typingMs` while it goes on.',
    access: 'user',
    limit: 'signal',
    overHttp: false,
    input: v.object({ conversationId, active: v.boolean('a boolean') }),
    output: nothing,
    run: async ({ conversationId, active }, { connection }) => {
      await (connection ?? internalOnly()).typing(conversationId, active);
      return {};
    },
  });
