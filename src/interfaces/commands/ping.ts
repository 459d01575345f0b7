import * as v from 'valibot';
import type { Clock } from '#app/application/ports/clock.ts';
import { nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const ping = (clock: Clock) =>
  command({
    type: 'ping',
    summary: 'Shows that both sides are alive; answers the server’s time.',
    access: 'user',
    limit: 'signal',
    overHttp: false,
    input: nothing,
    output: v.object({ timestamp: v.number() }),
    run: async () => ({ timestamp: clock.now() }),
  });
