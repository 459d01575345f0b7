import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDatabase } from '../support/services.ts';
import { StartedServer } from '../support/started-server.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const program = ['--import', 'tsx', join(root, 'clients/sdk/src/cli/client-types.ts')];

interface Failed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const typesOf = async (...args: string[]): Promise<string> =>
  (await run(process.execPath, [...program, ...args], { cwd: root })).stdout;

describe('tertulia-client-types', () => {
  let server: StartedServer;

  beforeAll(async () => {
    const settings = { DATABASE_URL: (await aDatabase()).url, JWT_SECRET: randomBytes(32).toString('hex') };
    const args = ['--import', 'tsx', 'examples/activity/main.ts'];
    server = await StartedServer.start(settings, { cwd: root, args });
  }, 60_000);
  afterAll(() => server.killEverything());

  it('writes the types of the commands that a host program adds, and of no others', async () => {
    const text = await typesOf(`http://127.0.0.1:${server.port}`);
    expect(text).toContain("declare module '@tertulia/client' {");
    expect([...text.matchAll(/^ {4}\S+: \{$/gm)].map(([line]) => line.trim())).toEqual(["'conversation.activity': {"]);
    expect(text).toMatch(/readonly conversationId: string;[^]*readonly messages: number;/);
  });

  it.each([
    ['nothing', [], 64, 'tertulia-client-types <url of a server>'],
    ['no address', ['nowhere'], 1, 'Invalid URL'],
    ['a port where nobody listens', ['http://127.0.0.1:1'], 1, 'tertulia-client-types: '],
  ])('says what is wrong with %s', async (_what, args, code, words) => {
    const failed = (await typesOf(...args).catch((error: Failed) => error)) as Failed;
    expect(failed).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(words) as string });
  });
});
