import * as v from 'valibot';
import { MOST_WATCHED } from '#app/application/connection/presence-watch.ts';
import { internalOnly } from '../protocol/welcome.ts';
import { userId } from '../protocol/primitives.ts';
import { PresenceRow, presenceRow } from '../protocol/rows.ts';
import { command } from './command.ts';

const users = v.pipe(v.array(userId), v.maxLength(MOST_WATCHED, `at most ${MOST_WATCHED} ids`));

export const presenceWatch = () =>
  command({
    type: 'presence.watch',
    summary:
      'From now on this connection is told of the presence of these users and of no others; those with whom you share no conversation look offline.',
    access: 'user',
    limit: 'read',
    overHttp: false,
    input: v.object({ users }),
    output: v.object({ users: v.array(PresenceRow) }),
    run: async ({ users }, { connection }) => {
      const shown = await (connection ?? internalOnly()).watch(users);
      return { users: shown.map(presenceRow) };
    },
  });
