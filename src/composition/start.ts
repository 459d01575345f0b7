import { createRequire } from 'node:module';
import { CannotStart } from '#app/application/cannot-start.ts';
import { readConfig } from '#app/infrastructure/config/read-config.ts';
import { type Extensions, type Server, startServer } from './server.ts';

export interface StartOptions extends Extensions {
  /** Settings as in docs/configuration.md; the process's environment is not looked at. Without any: the database inside, port 8301. */
  readonly settings?: Readonly<Record<string, string | undefined>>;
}

/** Starts a server in this process. @throws CannotStart with every wrong setting at once */
export const start = async ({ settings = {}, ...extensions }: StartOptions = {}): Promise<Server> => {
  const config = readConfig(settings);
  if (config.workers > 1) throw new CannotStart(['WORKERS: expected 1; a host program is one process']);
  return startServer(config, packageVersion(), extensions);
};

/** The package's own, found from `src` and from `dist` alike. */
export const packageVersion = (): string => {
  const { version } = createRequire(import.meta.url)('../../package.json') as { readonly version: string };
  return version;
};
