import * as v from 'valibot';
import type { UpdateProfile } from '#app/application/identity/update-profile.ts';
import { displayName, handle } from '../protocol/identity-primitives.ts';
import { MeRow, meRow } from '../protocol/identity-rows.ts';
import { command } from './command.ts';

export const userUpdate = (updateProfile: UpdateProfile) =>
  command({
    type: 'user.update',
    summary: 'Changes your display name, your handle, or whether others are told when you were last there.',
    access: 'user',
    limit: 'write',
    input: v.object({
      displayName: v.optional(displayName),
      handle: v.optional(handle),
      lastSeenVisible: v.optional(v.boolean('a boolean')),
    }),
    output: MeRow,
    http: { method: 'PATCH', path: '/v1/users/me' },
    run: async (input, { userId, connectionId }) =>
      meRow(await updateProfile.execute({ ...input, userId, origin: connectionId })),
  });
