import * as v from 'valibot';
import type { SetMembership } from '#app/application/chat/set-membership.ts';
import { conversationId } from '../protocol/primitives.ts';
import { MembershipRow, membershipRow } from '../protocol/rows.ts';
import { command } from './command.ts';

const expected = 'an instant, as 2030-01-31T12:00:00Z, or null';
const mutedUntil = v.pipe(
  v.nullable(
    v.pipe(
      v.string(expected),
      v.isoTimestamp(expected),
      v.check((text) => !Number.isNaN(Date.parse(text)), expected), // an offset in hours is one of ISO, and none of Date
    ),
  ),
  v.transform((text) => (text === null ? null : new Date(text))),
);

export const conversationSettings = (setMembership: SetMembership) =>
  command({
    type: 'conversation.settings',
    summary: 'Mutes or archives a conversation for yourself, on all your devices.',
    access: 'user',
    limit: 'write',
    input: v.object({
      conversationId,
      /** null unmutes. */
      mutedUntil: v.optional(mutedUntil),
      archived: v.optional(v.boolean('a boolean')),
    }),
    output: v.object({ membership: MembershipRow }),
    http: { method: 'PATCH', path: '/v1/conversations/{conversationId}/settings' },
    run: async (input, { userId, connectionId }) => ({
      membership: membershipRow(await setMembership.execute({ ...input, userId, origin: connectionId })),
    }),
  });
