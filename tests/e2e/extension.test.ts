import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { v7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aDatabase } from '../support/services.ts';
import { StartedServer } from '../support/started-server.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const example = join(root, 'examples/activity');
/** All that goes into the package is made of these. */
const made = ['package.json', 'src', 'clients', 'migrations', 'scripts', 'tsconfig.json', 'tsconfig.build.json'];

/**
 * A host program beside the package as npm packs it. It is built and packed in a copy, for packing rewrites package.json
 * while it runs; and unpacked as npm would, which needs no registry. What it depends on is found one folder up.
 */
describe('a host program on the packed package', () => {
  let folder: string;
  let host: string;
  let database: { url: string };
  let running: StartedServer | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tertulia-host-'));
    host = join(folder, 'host');
    const copy = join(folder, 'copy');
    const installed = join(host, 'node_modules', 'tertulia');
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    await cp(example, host, { recursive: true });
    await mkdir(installed, { recursive: true });
    for (const name of made) await cp(join(root, name), join(copy, name), { recursive: true });
    const { stdout } = await run('npm', ['pack', '--json', '--offline', '--pack-destination', folder], { cwd: copy });
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
    await run('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1']);
    database = await aDatabase();
  }, 120_000);
  afterEach(async () => {
    await running?.killEverything();
    running = undefined;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const start = async (file: string) => {
    const settings = { DATABASE_URL: database.url, JWT_SECRET: randomBytes(32).toString('hex'), ALLOW_GUESTS: 'true' };
    running = await StartedServer.start(settings, { cwd: host, args: ['--disable-warning=ExperimentalWarning', file] });
    return running;
  };
  const enter = async (server: StartedServer) => {
    const { accessToken, user } = await server.post('session.guest', { displayName: 'Somebody' });
    return { token: accessToken as string, userId: (user as { id: string }).id };
  };
  const documents = async (server: StartedServer) => {
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${server.port}${path}`)).json();
    return {
      openapi: (await get('/v1/openapi.json')) as OpenApi,
      asyncapi: JSON.stringify(await get('/v1/asyncapi.json')),
    };
  };
  interface OpenApi {
    readonly paths: Readonly<Record<string, object>>;
  }

  it('adds a listener and a command that everybody can call, both ways, and that the documents know', async () => {
    const server = await start('main.ts');
    const [ann, ben] = [await enter(server), await enter(server)];
    const { conversation } = await server.post(
      'conversation.create',
      { id: v7(), title: 'A group', users: [ben.userId] },
      ann.token,
    );
    const { id: conversationId } = conversation as { id: string };
    const phone = await server.connect(ann.token);
    const activity = () => phone.call('conversation.activity', { conversationId });
    expect((await activity()).data).toEqual({ messages: 0 });
    for (const content of ['one', 'two']) await phone.call('message.send', { conversationId, id: v7(), content });
    expect((await activity()).data).toEqual({ messages: 2 });
    expect(await server.post('conversation.activity', { conversationId }, ben.token)).toEqual({ messages: 2 });
    const get = (token?: string) =>
      fetch(`http://127.0.0.1:${server.port}/v1/conversations/${conversationId}/activity`, {
        headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      });
    expect(await (await get(ben.token)).json()).toEqual({ messages: 2 });

    // What holds for every command holds for it: who may, what is right, in the words of the protocol.
    expect((await get()).status).toBe(401);
    expect((await get((await enter(server)).token)).status).toBe(404);
    expect((await phone.call('conversation.activity', { conversationId: 'no id' })).error).toMatchObject({
      code: 'invalid',
      details: [{ path: 'conversationId' }],
    });
    const { openapi, asyncapi } = await documents(server);
    expect(openapi.paths['/v1/conversations/{conversationId}/activity']).toMatchObject({
      get: { responses: { 200: expect.any(Object) as object } },
    });
    expect(asyncapi).toContain('conversation.activity');
    await phone.close();
  }, 180_000);

  it('is two files and their registration; without it the server is as it comes', async () => {
    const files = (await readdir(example)).filter((name) => name.endsWith('.ts'));
    expect(files.toSorted()).toEqual(['activity.ts', 'conversation-activity.ts', 'main.ts']);
    const lines = (await readFile(join(example, 'main.ts'), 'utf8')).split('\n');
    const registration = lines.filter((line) => /activity/i.test(line));
    expect(registration).toHaveLength(5); // two imports, what is registered, listener, command
    await writeFile(join(host, 'plain.ts'), lines.filter((line) => !registration.includes(line)).join('\n'));

    const plain = await documents(await start('plain.ts'));
    await running?.killEverything();
    const extended = await documents(await start('main.ts'));
    const added = (one: OpenApi, other: OpenApi) => Object.keys(one.paths).filter((path) => !(path in other.paths));
    expect(added(extended.openapi, plain.openapi).toSorted()).toEqual([
      '/v1/commands/conversation.activity',
      '/v1/conversations/{conversationId}/activity',
    ]);
    expect(added(plain.openapi, extended.openapi)).toEqual([]);
    for (const [path, item] of Object.entries(plain.openapi.paths)) expect(extended.openapi.paths[path]).toEqual(item);
  }, 180_000);

  it('type-checks against the types of the package', async () => {
    const compilerOptions = {
      ...{ target: 'es2023', lib: ['es2023', 'esnext.disposable'], module: 'nodenext', types: ['node'], strict: true },
      ...{ noEmit: true, allowImportingTsExtensions: true, erasableSyntaxOnly: true, skipLibCheck: true },
    };
    const complaints = async (file: string) => {
      await writeFile(join(host, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
      const tsc = run(join(root, 'node_modules/.bin/tsc'), ['-p', host]).catch((error: { stdout: string }) => error);
      return (await tsc).stdout;
    };
    expect(await complaints('main.ts')).toBe('');
    await writeFile(
      join(host, 'wrong.ts'),
      "import { start } from 'tertulia';\nawait start({ commands: () => [5] });\n",
    );
    expect(await complaints('wrong.ts')).toMatch(/wrong\.ts\(2,.*error TS2322/);
  }, 180_000);

  it('brings the program of the package along', async () => {
    const main = join(host, 'node_modules/tertulia/dist/main.js');
    const { stdout } = await run(process.execPath, [main, '--help'], { cwd: host });
    expect(stdout).toContain('WS_PORT');
    const packed = await readdir(join(host, 'node_modules/tertulia'));
    expect(packed.filter((name) => !/^(README|LICEN[CS]E)/.test(name)).toSorted()).toEqual([
      'dist',
      'migrations',
      'package.json',
    ]);
  });

  it('is built once: what did not change is not compiled again', async () => {
    const copy = join(folder, 'copy');
    const build = async () => {
      await run('npm', ['run', 'build'], { cwd: copy });
      const stamps = ['dist/.built', 'dist/web/.built'].map((name) => stat(join(copy, name)));
      return (await Promise.all(stamps)).map(({ mtimeMs }) => mtimeMs);
    };
    const before = await build();
    expect(await build()).toEqual(before);
    await appendFile(join(copy, 'clients/web/index.html'), '<!-- another one -->\n');
    const [server, web] = await build();
    expect([server, web === before[1]]).toEqual([before[0], false]);
    expect(await readFile(join(copy, 'dist/web/index.html'), 'utf8')).toContain('another one');
    expect((await readdir(join(copy, 'dist'))).filter((name) => name.startsWith('web'))).toEqual(['web']);
  }, 180_000);

  it('brings the messenger along', async () => {
    const server = await start('plain.ts');
    const answer = await fetch(`http://127.0.0.1:${server.port}/c/somewhere`, { headers: { accept: 'text/html' } });
    const page = await answer.text();
    expect(page).toContain('<div id="root">');
    const [, script] = /<script type="module"[^>]* src="(\/assets\/[^"]+)"/.exec(page) ?? [];
    const code = await fetch(`http://127.0.0.1:${server.port}${script}`, { headers: { 'accept-encoding': 'br' } });
    expect([code.status, code.headers.get('content-encoding')]).toEqual([200, 'br']);
    expect((await code.text()).length).toBeGreaterThan(1_000);
  });
});
