import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { awaitedDatabase } from '#app/composition/awaited-database.ts';
import { operatorsWords } from '#app/composition/start-failures.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { eventually } from '../support/raw-socket.ts';
import { aPostgresServer } from '../support/services.ts';
import { StartedServer } from '../support/started-server.ts';

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await aPostgresServer();
  await postgres.kill();
});
afterAll(() => postgres.stop());

/** As after a power cut, when everything starts at once. */
it('a node that starts before its database says what it waits for, and serves once it is there', async () => {
  const node = StartedServer.spawn({
    ...{ DATABASE_URL: postgres.url, JWT_SECRET: randomBytes(32).toString('base64url'), ALLOW_GUESTS: 'true' },
  });
  const waits = () =>
    /the database does not answer yet.*ECONNREFUSED 127\.0\.0\.1:\d+/.test(node.output) ? true : undefined;
  try {
    await eventually(waits, 'it says that it waits', 60_000);
    expect(node.output).not.toContain('listening');
    expect(node.output).not.toContain('"omitted"');
    await postgres.start();
    await eventually(() => /listening on 127\.0\.0\.1:\d+/.exec(node.output) ?? undefined, 'it listens', 60_000);
  } finally {
    node.signal('SIGKILL');
    await node.exited;
    await postgres.kill();
  }
});

it('one whose database does not come names the setting, the address and the reason, and not the password', async () => {
  const waits: string[] = [];
  const refused = awaitedDatabase(postgres.url, (why) => waits.push(why), undefined, 1_200).catch(operatorsWords);
  await expect(refused).rejects.toMatchObject({
    problems: [expect.stringMatching(/^DATABASE_URL: .*ECONNREFUSED 127\.0\.0\.1:\d+$/)],
  });
  expect(waits).toEqual([expect.stringContaining('ECONNREFUSED')]); // once for one reason
});

it('what waiting does not mend is said at once', async () => {
  await postgres.start();
  const waits: string[] = [];
  const nobody = postgres.url.replace(/:[^:@/]+@/, ':wrong@');
  await expect(awaitedDatabase(nobody, (why) => waits.push(why)).catch(operatorsWords)).rejects.toMatchObject({
    problems: ['DATABASE_URL: the database refused user or password'],
  });
  expect(waits).toEqual([]);
});
