import * as v from 'valibot';
import type { Clock } from '#app/application/ports/clock.ts';
import type { EventBus } from '#app/application/ports/event-bus.ts';
import { nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const ping = (clock: Clock, events: Pick<EventBus, 'publish'>) =>
  command({
    type: 'ping',
    summary: 'Shows that both sides are alive; answers the server’s time.',
    access: 'user',
    limit: 'signal',
    overHttp: false,
    input: nothing,
    output: v.object({ timestamp: v.number() }),
    run: async (_nothing, { connectionId }) => {
      const at = clock.now();
      if (connectionId !== undefined) events.publish({ type: 'ping.received', connectionId, at });
      return { timestamp: at };
    },
  });
