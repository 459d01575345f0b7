import { beforeEach, describe, expect, it } from 'vitest';
import { CannotStart } from '#app/application/cannot-start.ts';
import { settingsOf } from '#app/infrastructure/config/settings.ts';
import { keyNames } from '#app/infrastructure/config/keys.ts';
import { parseArguments } from '#app/interfaces/cli/arguments.ts';
import { type CliActions, runCli } from '#app/interfaces/cli/run-cli.ts';

let printed: string;
let complained: string;
let done: string[];
const secret = 'canary-canary-canary-canary-canary-1';
const env = { JWT_SECRET: secret, DATABASE_URL: `postgres://u:${secret}@h/x`, WS_PORT: '9000' };

const actions: CliActions = {
  serve: async () => void done.push('serve'),
  migrate: async () => ['0001-core', '0002-identity'],
  settings: () => settingsOf(env),
  check: () => ['HOST is bold'],
  bumpEpoch: async () => 'e2',
};
const cli = (words: string, changed: Partial<CliActions> = {}) =>
  runCli(
    words === '' ? [] : words.split(' '),
    '1.2.3',
    { ...actions, ...changed },
    {
      print: (text) => void (printed += text),
      complain: (text) => void (complained += text),
      explain: (error) => `explained ${error instanceof Error ? error.name : 'it'}`,
    },
  );

beforeEach(() => {
  [printed, complained, done] = ['', '', []];
});

describe('the command line', () => {
  it.each([
    ['', 'serve'],
    ['serve', 'serve'],
    ['migrate', 'migrate'],
    ['config', 'config'],
    ['epoch bump', 'epoch bump'],
    ['help', 'help'],
    ['--help', 'help'],
    ['-h', 'help'],
    ['epoch bump --help', 'help'],
    ['nonsense -h', 'help'],
    ['--version', 'version'],
    ['-V', 'version'],
  ])('%j means %s', (words, command) => {
    expect(parseArguments(words === '' ? [] : words.split(' '))).toEqual({ command });
  });

  it.each([
    ['start', 'there is no command "start"'],
    ['epoch', 'epoch what?'],
    ['epoch back', 'there is no command "epoch back"'],
    ['serve now', 'serve takes nothing after it'],
    ['--port 80', 'there is no option "--port"; settings are environment variables'],
    ['toString', 'there is no command "toString"'],
    ['\u001b[31mred', 'there is no command "?[31mred"'],
  ])('%j is answered with usage and 64', async (words, problem) => {
    expect(await cli(words)).toBe(64);
    expect(complained).toContain(problem);
    expect(complained).toContain('Usage: tertulia [command]');
    expect([printed, done]).toEqual(['', []]);
  });

  it('serves until it ends, and then ends with 0', async () => {
    expect(await cli('')).toBe(0);
    expect(done).toEqual(['serve']);
  });

  it('explains itself and every setting', async () => {
    expect(await cli('--help')).toBe(0);
    for (const word of ['serve', 'migrate', 'config', 'epoch bump', '--version', 'WS_PORT = 8301', ...keyNames])
      expect(printed).toContain(word);
    expect(printed.split('\n').every((line) => line.length <= 125)).toBe(true);
    expect(printed).not.toContain('canary');
  });

  it('shows what is in force, without secrets, and what is unwise', async () => {
    expect(await cli('config')).toBe(0);
    expect(printed).toMatch(/^ {2}WS_PORT=9000 +# environment$/m);
    expect(printed).toMatch(/^ {2}METRICS_PORT=8302 +# default$/m);
    expect(printed).toMatch(/^ {2}JWT_SECRET=\(hidden\) +# environment$/m);
    expect(printed).toMatch(/^ {2}# TRUSTED_PROXIES is not set$/m);
    expect(printed + complained).not.toContain('canary');
    expect(complained).toBe('warning: HOST is bold\n');
  });

  it('shows what is in force also when it is wrong, names every problem, and ends with 78', async () => {
    const check = () => {
      throw new CannotStart(['WS_PORT: expected a port', 'HOST: expected a host']);
    };
    expect(await cli('config', { check })).toBe(78);
    expect(printed).toContain('WS_PORT=9000');
    expect(complained).toMatch(/ {2}WS_PORT: expected a port\n {2}HOST: expected a host\n$/);
  });

  it('tells what was migrated, the version, and the new epoch', async () => {
    expect([await cli('migrate'), await cli('--version'), await cli('epoch bump')]).toEqual([0, 0, 0]);
    expect(printed).toBe(
      'applied 0001-core\napplied 0002-identity\ntertulia 1.2.3\nThe epoch is now e2: all clients will fetch anew.\n',
    );
    printed = '';
    await cli('migrate', { migrate: async () => [] });
    expect(printed).toBe('The database is up to date.\n');
  });

  it('ends with 1 after a fault, in the words that it was given', async () => {
    expect(await cli('serve', { serve: () => Promise.reject(new TypeError(secret)) })).toBe(1);
    expect(complained).toBe('tertulia: explained TypeError\n');
  });
});
