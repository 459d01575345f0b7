import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDatabase } from '../support/services.ts';
import { StartedServer } from '../support/started-server.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
/** All that goes into the package is made of these. */
const made = ['clients/sdk', 'scripts/package.mjs', 'tsconfig.json'];

interface Failed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The client's package as npm packs it, unpacked beside a program; what it depends on is found one folder up. */
describe('the packed client', () => {
  let folder: string;
  let bot: string;
  let server: StartedServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tertulia-client-'));
    bot = join(folder, 'bot');
    const installed = join(bot, 'node_modules/@tertulia/client');
    await mkdir(installed, { recursive: true });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const name of made) {
      await mkdir(dirname(join(folder, 'copy', name)), { recursive: true });
      await cp(join(root, name), join(folder, 'copy', name), { recursive: true });
    }
    const options = { cwd: join(folder, 'copy/clients/sdk') };
    const { stdout } = await run('npm', ['pack', '--json', '--offline', '--pack-destination', folder], options);
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
    await run('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1']);

    const settings = { DATABASE_URL: (await aDatabase()).url, JWT_SECRET: randomBytes(32).toString('hex') };
    const args = ['--import', 'tsx', 'examples/activity/main.ts'];
    server = await StartedServer.start(settings, { cwd: root, args });
  }, 120_000);
  afterAll(async () => {
    await server.killEverything();
    await rm(folder, { recursive: true });
  });

  const clientTypes = async (...args: string[]): Promise<string> => {
    const program = join(bot, 'node_modules/@tertulia/client/dist/cli/client-types.js');
    return (await run(process.execPath, [program, ...args], { cwd: bot })).stdout;
  };

  it('can be imported, all of it', async () => {
    const lines = ['', '/browser', '/node'].map((entry) => `await import('@tertulia/client${entry}')`);
    const names = `process.stdout.write([${lines.join(', ')}].flatMap(Object.keys).join())`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', names], { cwd: bot });
    const expected = ['createClient', 'signIn', 'browserSession', 'indexedDbOutbox', 'fileOutbox'];
    expect(stdout.split(',')).toEqual(expect.arrayContaining(expected));
    expect((await readdir(join(bot, 'node_modules/@tertulia/client'))).toSorted()).toEqual([
      'README.md',
      'dist',
      'package.json',
    ]);
  });

  it('writes the types of the commands that a host program adds, and of no others', async () => {
    const text = await clientTypes(`http://127.0.0.1:${server.port}`);
    expect(text).toContain("declare module '@tertulia/client' {");
    expect([...text.matchAll(/^ {4}\S+: \{$/gm)].map(([line]) => line.trim())).toEqual(["'conversation.activity': {"]);
    expect(text).toMatch(/readonly conversationId: string;[^]*readonly messages: number;/);
  });

  it('takes them for its own: calls of such commands are typed', async () => {
    await writeFile(join(bot, 'commands.d.ts'), await clientTypes(`http://127.0.0.1:${server.port}`));
    const compilerOptions = {
      ...{ target: 'es2023', lib: ['es2023', 'dom'], module: 'nodenext', types: [], strict: true, noEmit: true },
    };
    const complaints = async (input: string, type: string, files = ['bot.ts', 'commands.d.ts']): Promise<string> => {
      const lines = [
        "import type { Client } from '@tertulia/client';",
        `export const ask = async (client: Client): Promise<${type}> =>`,
        `(await client.call('conversation.activity', ${input})).messages;`,
      ];
      await writeFile(join(bot, 'bot.ts'), lines.join('\n'));
      await writeFile(join(bot, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
      const tsc = run(join(root, 'node_modules/.bin/tsc'), ['-p', bot]).catch((error: Failed) => error);
      return (await tsc).stdout;
    };
    const input = "{ conversationId: 'x' }";
    expect(await complaints(input, 'number')).toBe('');
    expect(await complaints(input, 'string')).toMatch(/bot\.ts\(3,.*TS2322/);
    expect(await complaints('{}', 'number')).toMatch(/bot\.ts\(3,.*TS2741/);
    expect(await complaints(input, 'number', ['bot.ts'])).toMatch(/bot\.ts\(3,.*TS2345/);
  });

  it.each([
    ['nothing', [], 64, 'tertulia-client-types <url of a server>'],
    ['no address', ['nowhere'], 1, 'Invalid URL'],
    ['a port where nobody listens', ['http://127.0.0.1:1'], 1, 'tertulia-client-types: '],
  ])('says what is wrong with %s', async (_what, args, code, words) => {
    const failed = (await clientTypes(...args).catch((error: Failed) => error)) as Failed;
    expect(failed).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(words) as string });
  });
});
