#!/usr/bin/env node
import 'reflect-metadata';
import { bumpEpoch, migrateOnly } from '#app/composition/maintenance.ts';
import { startServer } from '#app/composition/server.ts';
import { packageVersion } from '#app/composition/start.ts';
import { untilStopped } from '#app/composition/signals.ts';
import { operatorsWords } from '#app/composition/start-failures.ts';
import { startWorkers, type Workers } from '#app/composition/workers.ts';
import { readConfig } from '#app/infrastructure/config/read-config.ts';
import { settingsOf } from '#app/infrastructure/config/settings.ts';
import { explained } from '#app/infrastructure/logging/explained.ts';
import { runCli } from '#app/interfaces/cli/run-cli.ts';

const { env } = process;

/** For the person at the terminal; the log is for machines. */
const whereToGo = ({ host, port }: Workers): string => {
  const at = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return [
    '',
    `Tertulia is listening on ${at}.`,
    '',
    `  messenger    http://${at}/        (open it in a browser)`,
    `  WebSocket    ws://${at}/v1/ws        (sub-protocol tertulia.v1)`,
    `  HTTP         http://${at}/v1/openapi.json`,
    `  first user   curl -sS http://${at}/v1/users -H 'content-type: application/json' \\`,
    `                 -d '{"handle": "ann", "displayName": "Ann", "password": "a sentence to keep"}'`,
    '',
    'Ctrl-C stops it.',
    '',
    '',
  ].join('\n');
};
const version = packageVersion();
const code = await runCli(
  process.argv.slice(2),
  version,
  {
    serve: async () => {
      const config = readConfig(env);
      const start: typeof startWorkers = config.workers > 1 ? startWorkers : startServer;
      const server = await start(config, version).catch(operatorsWords);
      for (const warning of config.warnings) server.journal.warn('unwise setting', { warning });
      process.stderr.write(whereToGo(server));
      await untilStopped(server);
    },
    migrate: () => migrateOnly(readConfig(env)).catch(operatorsWords),
    settings: () => settingsOf(env),
    check: () => readConfig(env).warnings,
    bumpEpoch: () => bumpEpoch(readConfig(env)).catch(operatorsWords),
  },
  {
    print: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
    explain: explained,
  },
);
// Not process.exitCode: a dependency's exit hook would turn it into 0.
process.exit(code);
