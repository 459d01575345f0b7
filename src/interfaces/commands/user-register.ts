import * as v from 'valibot';
import type { RegisterUser } from '#app/application/identity/register-user.ts';
import { device, displayName, email, handle, newPassword } from '../protocol/identity-primitives.ts';
import { WelcomeRow, welcomeRow } from '../protocol/identity-rows.ts';
import { command } from './command.ts';

export const userRegister = (registerUser: RegisterUser) =>
  command({
    type: 'user.register',
    summary: 'Makes an account and begins a session in it.',
    access: 'anyone',
    limit: 'login',
    input: v.object({
      handle,
      displayName,
      email: v.optional(email),
      password: newPassword,
      device: v.optional(device),
    }),
    output: WelcomeRow,
    http: { method: 'POST', path: '/v1/users' },
    sessionCookie: 'begin',
    run: async (input, caller) =>
      welcomeRow(await registerUser.execute({ ...input, email: input.email, device: input.device ?? caller.device })),
  });
