import * as v from 'valibot';
import type { LogIn } from '#app/application/identity/log-in.ts';
import { device, login, password } from '../protocol/identity-primitives.ts';
import { WelcomeRow, welcomeRow } from '../protocol/identity-rows.ts';
import { command } from './command.ts';

export const sessionLogin = (logIn: LogIn) =>
  command({
    type: 'session.login',
    summary: 'Begins a session by handle, or confirmed mail address, and password.',
    access: 'anyone',
    limit: 'login',
    input: v.object({ login, password, device: v.optional(device) }),
    output: WelcomeRow,
    http: { method: 'POST', path: '/v1/session/login' },
    sessionCookie: 'begin',
    run: async (input, caller) =>
      welcomeRow(await logIn.execute({ ...input, address: caller.address, device: input.device ?? caller.device })),
  });
