import * as v from 'valibot';
import type { ShowProfiles } from '#app/application/identity/show-profiles.ts';
import { ProfileRow, profileRow } from '../protocol/identity-rows.ts';
import { userId } from '../protocol/primitives.ts';
import { command } from './command.ts';

const ids = v.pipe(v.array(userId), v.minLength(1, '1 to 100 ids'), v.maxLength(100, '1 to 100 ids'));

export const usersGet = (showProfiles: ShowProfiles) =>
  command({
    type: 'users.get',
    summary: 'Names of users by id; unknown ones are missing from the answer.',
    access: 'user',
    limit: 'read',
    input: v.object({ ids }),
    output: v.object({ users: v.array(ProfileRow) }),
    http: { method: 'GET', path: '/v1/users' },
    run: async (input) => ({ users: (await showProfiles.execute(input)).map(profileRow) }),
  });
