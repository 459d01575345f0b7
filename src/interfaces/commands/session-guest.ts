import * as v from 'valibot';
import type { EnterAsGuest } from '#app/application/identity/enter-as-guest.ts';
import { device, displayName } from '../protocol/identity-primitives.ts';
import { WelcomeRow, welcomeRow } from '../protocol/identity-rows.ts';
import { command } from './command.ts';

export const sessionGuest = (enterAsGuest: EnterAsGuest) =>
  command({
    type: 'session.guest',
    summary: 'Begins a session without an account, where the server allows it.',
    access: 'anyone',
    limit: 'login',
    input: v.object({ displayName, device: v.optional(device) }),
    output: WelcomeRow,
    http: { method: 'POST', path: '/v1/session/guest' },
    sessionCookie: 'begin',
    run: async (input, caller) =>
      welcomeRow(await enterAsGuest.execute({ ...input, device: input.device ?? caller.device })),
  });
