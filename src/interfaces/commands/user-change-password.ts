import * as v from 'valibot';
import type { ChangePassword } from '#app/application/identity/change-password.ts';
import { newPassword, password } from '../protocol/identity-primitives.ts';
import { command } from './command.ts';

export const userChangePassword = (changePassword: ChangePassword) =>
  command({
    type: 'user.change_password',
    summary: 'Sets another password and ends all your other sessions.',
    access: 'user',
    limit: 'login',
    input: v.object({ currentPassword: password, newPassword }),
    output: v.object({ ended: v.number() }),
    http: { method: 'POST', path: '/v1/users/me/password' },
    run: (input, { userId, sessionId, address }) =>
      changePassword.execute({
        userId,
        sessionId,
        address,
        current: input.currentPassword,
        next: input.newPassword,
      }),
  });
