import { CannotStart } from '#app/application/cannot-start.ts';
import { NotListening, PortTaken } from '#app/application/ports/transport.ts';
import { DataDirectoryInUse } from '#app/infrastructure/embedded/owner-connection.ts';
import { explained } from '#app/infrastructure/logging/explained.ts';
import { DatabaseAway, sqlStateOf, UnfitDatabase } from '#app/infrastructure/postgres/failure.ts';
import { RedisRefused } from '#app/infrastructure/redis/redis-link.ts';

/** What only the operator can mend, in their words and with the setting's name. @throws always */
export const operatorsWords = (error: unknown): never => {
  const problem = problemOf(error);
  throw problem === undefined ? error : new CannotStart([problem]);
};

const problemOf = (error: unknown): string | undefined => {
  if (error instanceof PortTaken)
    return `WS_PORT or METRICS_PORT: ${error.message}; stop that one or choose another port`;
  if (error instanceof NotListening) return `HOST: ${error.message}`;
  if (error instanceof DataDirectoryInUse) return `DATA_DIR: ${error.message}`;
  if (error instanceof UnfitDatabase || error instanceof DatabaseAway) return `DATABASE_URL: ${explained(error)}`;
  if (error instanceof RedisRefused) return `REDIS_URL: Redis did not let us in (${error.message})`;
  const code = sqlStateOf(error) ?? (error instanceof Error && 'code' in error ? error.code : undefined);
  if (typeof code !== 'string') return undefined;
  if (code === '28P01' || code === '28000') return 'DATABASE_URL: the database refused user or password';
  if (code === '3D000') return 'DATABASE_URL: there is no such database';
  if (['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN', 'ECONNRESET'].includes(code))
    return `DATABASE_URL: nobody answers there (${code})`;
  return undefined;
};
