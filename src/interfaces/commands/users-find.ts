import * as v from 'valibot';
import type { FindUser } from '#app/application/identity/find-user.ts';
import { handle } from '../protocol/identity-primitives.ts';
import { ProfileRow, profileRow } from '../protocol/identity-rows.ts';
import { command } from './command.ts';

export const usersFind = (findUser: FindUser) =>
  command({
    type: 'users.find',
    summary: 'Whom a handle belongs to.',
    access: 'user',
    limit: 'read',
    input: v.object({ handle }),
    output: v.object({ user: ProfileRow }),
    http: { method: 'GET', path: '/v1/users/by-handle/{handle}' },
    run: async (input) => ({ user: profileRow(await findUser.execute(input)) }),
  });
