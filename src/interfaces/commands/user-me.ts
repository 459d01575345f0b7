import type { ShowMe } from '#app/application/identity/show-me.ts';
import { MeRow, meRow } from '../protocol/identity-rows.ts';
import { nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const userMe = (showMe: ShowMe) =>
  command({
    type: 'user.me',
    summary: 'Your own account.',
    access: 'user',
    limit: 'read',
    input: nothing,
    output: MeRow,
    http: { method: 'GET', path: '/v1/users/me' },
    run: async (_input, { userId }) => meRow(await showMe.execute({ userId })),
  });
