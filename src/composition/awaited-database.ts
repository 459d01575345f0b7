import { setTimeout as pause } from 'node:timers/promises';
import { explained } from '#app/infrastructure/logging/explained.ts';
import { Postgres } from '#app/infrastructure/postgres/database.ts';
import { DatabaseAway, sqlStateOf } from '#app/infrastructure/postgres/failure.ts';

const WITHIN_MS = 30_000;
const AGAIN_MS = 500;

/**
 * The database, once it answers: one that starts at the same time as we do, takes over or is busy gets half a minute.
 * @param onWait told why, and again when it is for another reason
 * @throws at once what waiting does not mend: UnfitDatabase, and what the server says of name, password or database
 */
export const awaitedDatabase = async (
  url: string,
  onWait: (why: string) => void,
  uncertain?: () => void,
  withinMs = WITHIN_MS,
): Promise<Postgres> => {
  let told: string | undefined;
  for (const until = performance.now() + withinMs; ; await pause(AGAIN_MS))
    try {
      return await Postgres.open(url, {}, uncertain);
    } catch (error) {
      if (!mayPass(error) || performance.now() > until) throw error;
      const why = explained(error);
      if (why !== told) onWait(why);
      told = why;
    }
};

/** By SQLSTATE (PostgreSQL, appendix A): it shuts down, crashed or starts up; it has no connection left. */
const mayPass = (error: unknown) => error instanceof DatabaseAway || /^(57P0[123]|53300)/.test(sqlStateOf(error) ?? '');
