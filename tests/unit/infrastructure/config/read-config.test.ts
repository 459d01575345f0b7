import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { CannotStart } from '#app/application/cannot-start.ts';
import { LimitClass } from '#app/application/ports/rate-limiter.ts';
import { keyNames, keys } from '#app/infrastructure/config/keys.ts';
import { readConfig } from '#app/infrastructure/config/read-config.ts';
import { configurationDocument, settingsOf } from '#app/infrastructure/config/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const good = 'mV7!qkz0-Xw3Rb9_Lt5cYd2HnGf8Ps4J';
const outside = { DATABASE_URL: 'postgresql://chat:pw@localhost/chat', JWT_SECRET: good };

const problemsOf = (env: Record<string, string | undefined>): readonly string[] => {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(CannotStart);
    return (error as CannotStart).problems;
  }
};

describe('the configuration', () => {
  it('needs nothing', () => {
    const config = readConfig({});
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8301, transport: 'uws', shared: false });
    expect(config).toMatchObject({
      metricsPort: 8302,
      dataDir: './data',
      databaseUrl: undefined,
      listeners: [],
      warnings: [],
    });
    expect(config.tokens).toEqual({ secret: undefined, previousSecret: undefined, accessTtlMs: 900_000 });
    expect(config.limits).toMatchObject({
      frameBytes: 65_536,
      inFlight: 64,
      sendQueue: 10_000,
      authMs: 10_000,
      pingMs: 25_000,
    });
  });

  it('has a rate for every class', () => {
    expect(Object.keys(readConfig({}).rates).toSorted()).toEqual(Object.values(LimitClass).toSorted());
  });

  it('takes what the environment says', () => {
    const config = readConfig({
      ...outside,
      WS_PORT: '0',
      HOST: '::1',
      METRICS_PORT: '0',
      TRANSPORT: 'ws',
      ALLOWED_ORIGINS: 'https://a.example, http://localhost:5173',
      TRUSTED_PROXIES: '10.0.0.0/8,::1',
      ALLOW_GUESTS: 'yes',
      LISTENERS: './a.js, ./b.js',
      LIMIT_RATE_SEND: '0.5/7',
      LIMIT_REFRESH_DAYS: '1',
      DRAIN_SECONDS: '3',
      DRAIN_NOTICE_SECONDS: '4',
      TRUSTED_ISSUERS: JSON.stringify([{ issuer: 'https://id.example', audience: 'chat', secret: good }]),
    });
    expect(config).toMatchObject({
      listen: { host: '::1', port: 0, transport: 'ws' },
      metricsPort: 0,
      databaseUrl: outside.DATABASE_URL,
      allowedOrigins: ['https://a.example', 'http://localhost:5173'],
      trustedProxies: ['10.0.0.0/8', '::1'],
      tokens: { secret: good },
      identity: { allowGuests: true, refreshTtlMs: 86_400_000 },
      listeners: ['./a.js', './b.js'],
      rates: { send: { rate: 0.5, burst: 7 } },
      drainMs: 3_000,
      drainNoticeMs: 4_000,
      trustedIssuers: [{ issuer: 'https://id.example' }],
    });
  });

  it.each([
    ['WS_PORT', ['eighty', '-1', '65536', '1.5', '0x50', ' 80']],
    ['HOST', ['a b', 'x/y', '-a', 'http://h']],
    ['TRANSPORT', ['UWS', 'toString']],
    [
      'ALLOWED_ORIGINS',
      [
        '*',
        'null',
        'https://a.example/',
        'https://a.example/x',
        'a.example',
        'https://a.example,',
        'ftp://a',
        'https://a.example,https://a.example',
      ],
    ],
    ['TRUSTED_PROXIES', ['10.0.0.0/33', '0.0.0.0/0', '::/0', '::/129', '10.0.0.0/8/1', 'proxy', '10.0.0.1,10.0.0.1']],
    [
      'DATABASE_URL',
      [
        ...['mysql://h/x', 'h/x', 'postgres://u:changeme@h/x', 'postgres://u:p@a,b:x/x', 'postgres://u:p@a,,b/x'],
        ...['postgres://u:p@a,a/x', 'postgres://u:p@a,b/x?host=c', 'postgres://u:p@/x?host=a,b'],
        ...['postgres://u:p@a,b/x?target_session_attrs=any', 'postgres://u:p@a/x?target_session_attrs=standby'],
      ],
    ],
    [
      'JWT_SECRET',
      [
        'short',
        'changeme',
        'changemechangemechangemechangeme',
        'a'.repeat(64),
        'abcd'.repeat(16),
        'Xq7!mZ2pRw'.repeat(4),
        'abcdefghijklmnopqrstuvwxyz0123456789',
        '0123456789abcdef0123456789abcdef',
        `my-super-secret-${'7x!Qa'.repeat(5)}`,
      ],
    ],
    ['TRUSTED_ISSUERS', ['{', '{}', '[{"issuer":"a"}]']],
    ['ALLOW_REGISTRATION', ['maybe', 'TRUE', '__proto__']],
    ['LOG_LEVEL', ['trace']],
    ['LISTENERS', ['./a.js,./a.js', './a.js,']],
    ['LIMIT_FRAME_BYTES', ['0', '1e5', '64k']],
    ['LIMIT_RATE_LOGIN', ['5', '0/5', '5/0', '5/', '/5', '5/1.5', 'a/b']],
    [
      'REDIS_URL',
      [
        'localhost:6379',
        'http://h',
        'redis://',
        'redis://:changeme@h',
        'redis://h/x',
        'redis://h?x=1',
        'redis://h,redis://h',
      ],
    ],
    ['REDIS_PREFIX', ['a:b', 'a{b}', 'x'.repeat(33)]],
    ['WORKERS', ['65', '0', 'many']],
  ])('refuses a wrong %s and says what it expects', (name, texts) => {
    for (const text of texts) {
      const problems = problemsOf({ [name]: text });
      expect(problems, text).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${name}(\\.\\S+)?: expected `));
    }
  });

  it('names all problems at once', () => {
    expect(problemsOf({ WS_PORT: 'x', LIMIT_PAGE: '0', ALLOW_GUESTS: '?', LOG_LEVEL: 'loud' })).toHaveLength(4);
  });

  it.each([
    ['no secret for a database outside', { DATABASE_URL: outside.DATABASE_URL }, 'JWT_SECRET: expected'],
    ['the same secret twice', { ...outside, JWT_SECRET_PREVIOUS: good }, 'JWT_SECRET_PREVIOUS: expected another'],
    ['one port for two listeners', { WS_PORT: '9000', METRICS_PORT: '9000' }, 'METRICS_PORT: expected another'],
    ['a batch above the queue', { LIMIT_SEND_QUEUE: '10' }, 'LIMIT_BATCH: expected'],
    ['a buffer below a frame', { LIMIT_BUFFERED_BYTES: '65536' }, 'LIMIT_BUFFERED_BYTES: expected'],
    [
      'a guessable secret of an issuer',
      { TRUSTED_ISSUERS: JSON.stringify([{ issuer: 'i', audience: 'a', secret: 'changeme'.repeat(4) }]) },
      'TRUSTED_ISSUERS: expected',
    ],
  ])('refuses %s', (_what, env, problem) => {
    expect(problemsOf(env)).toEqual([expect.stringContaining(problem)]);
  });

  it('refuses a setting of ours that does not exist, and helps to find the right one', () => {
    expect(problemsOf({ LIMIT_PAGES: '5' })).toEqual([
      'LIMIT_PAGES: there is no such setting; did you mean LIMIT_PAGE?',
    ]);
    expect(problemsOf({ LIMIT_SOMETHING_ELSE_ENTIRELY: '5' })).toEqual([
      'LIMIT_SOMETHING_ELSE_ENTIRELY: there is no such setting',
    ]);
    expect(problemsOf({ ALLOW_GUEST: 'true' })[0]).toContain('ALLOW_GUESTS');
    expect(problemsOf({ PATH: '/bin', TERTULIA_SERVICE_HOST: '10.0.0.1', EDITOR: 'vi' })).toEqual([]);
  });

  it('counts empty as absent', () => {
    expect(readConfig({ DATABASE_URL: '', REDIS_URL: '', WS_PORT: '' }).listen.port).toBe(8301);
  });

  it('accepts random secrets in hex and base64', () => {
    for (let round = 0; round < 500; round++) {
      for (const form of ['hex', 'base64', 'base64url'] as const)
        expect(problemsOf({ JWT_SECRET: randomBytes(32).toString(form) })).toEqual([]);
    }
  });

  it('takes one Redis or a cluster, beside a database that others share', () => {
    const urls = ['redis://a', 'rediss://u:p@b:1'];
    expect(readConfig(outside).redis).toEqual({ urls: [], prefix: 'tertulia' });
    expect(readConfig({ ...outside, REDIS_URL: urls.join(), REDIS_PREFIX: 'x' }).redis).toEqual({ urls, prefix: 'x' });
    expect(problemsOf({ REDIS_URL: 'redis://a' })).toEqual([expect.stringContaining('DATABASE_URL as well')]);
    expect(problemsOf({ ...outside, REDIS_URL: 'redis://a/1' })).toEqual([]);
    expect(problemsOf({ ...outside, REDIS_URL: 'redis://a/1,redis://b' })).toEqual([
      expect.stringContaining('no database number'),
    ]);
  });

  it('throws nothing but CannotStart, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...keyNames.filter((name) => name !== 'CONFIG_FILE')), fc.string()),
        (env) => {
          problemsOf(env);
          settingsOf(env);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('warns of what is unwise', () => {
    expect(readConfig({ ...outside, DATABASE_URL: 'postgres://u:p@db.example/x' }).warnings).toEqual([
      expect.stringMatching(/^DATABASE_URL/),
    ]);
    expect(
      readConfig({ ...outside, DATABASE_URL: 'postgres://u:p@db.example/x?sslmode=verify-full' }).warnings,
    ).toEqual([]);
    expect(readConfig({ ...outside, DATABASE_URL: 'postgres://u:p@%2Frun%2Fpg/x' }).warnings).toEqual([]);
    expect(readConfig({ ...outside, DATABASE_URL: 'postgres://u:p@localhost,db.example/x' }).warnings).toEqual([
      expect.stringMatching(/^DATABASE_URL/),
    ]);
    expect(readConfig({ ...outside, REDIS_URL: 'redis://r.example' }).warnings).toEqual([
      expect.stringMatching(/^REDIS_URL/),
    ]);
    expect(readConfig({ ...outside, REDIS_URL: 'rediss://r.example' }).warnings).toEqual([]);
    expect(readConfig({ HOST: '0.0.0.0' }).warnings).toEqual([expect.stringMatching(/^HOST/)]);
    expect(readConfig({ HOST: '0.0.0.0', TRUSTED_PROXIES: '10.0.0.1' }).warnings).toEqual([]);
    expect(readConfig({ ALLOWED_ORIGINS: 'http://a.example' }).warnings).toEqual([
      expect.stringMatching(/^ALLOWED_ORIGINS/),
    ]);
  });
});

describe('settings from files', () => {
  it('are read for any key, without the line end', () => {
    const config = readConfig({
      ...outside,
      JWT_SECRET: undefined,
      JWT_SECRET_FILE: file('jwt', `${good}\n`),
      WS_PORT_FILE: file('port', '9001'),
    });
    expect(config.tokens.secret).toBe(good);
    expect(config.listen.port).toBe(9001);
  });

  it('come from CONFIG_FILE as well, and the environment wins', () => {
    const CONFIG_FILE = file('env', `# ours\nWS_PORT=9001\nHOST=::1\nJWT_SECRET_FILE=${file('jwt2', good)}\n`);
    const config = readConfig({ CONFIG_FILE, WS_PORT: '9002' });
    expect(config.listen).toMatchObject({ port: 9002, host: '::1' });
    expect(config.tokens.secret).toBe(good);
  });

  it.each([
    ['a file that is not there', { JWT_SECRET_FILE: join(folder, 'none') }, 'JWT_SECRET_FILE: '],
    ['a config file that is not there', { CONFIG_FILE: join(folder, 'none') }, 'CONFIG_FILE: '],
    ['a value and a file', { HOST: '::1', HOST_FILE: file('host', '::1') }, 'HOST: set it or HOST_FILE, not both'],
    ['a stray line in our file', { CONFIG_FILE: file('stray', 'PORT=9001') }, 'PORT: there is no such setting'],
    ['an oversized file', { HOST_FILE: file('big', 'a'.repeat(70_000)) }, 'HOST_FILE: '],
    ['a weak secret in a file', { JWT_SECRET_FILE: file('weak', 'changeme\n') }, 'JWT_SECRET: expected'],
  ])('refuse %s', (_what, env, problem) => {
    expect(problemsOf(env)).toEqual([expect.stringContaining(problem)]);
  });
});

describe('what is shown of the settings', () => {
  const canary = 'canary-7';
  it('holds no secret, right or wrong', () => {
    const env = {
      JWT_SECRET: `${canary}${good}`,
      JWT_SECRET_PREVIOUS: canary,
      DATABASE_URL: `postgres://u:${canary}@h/x?password=${canary}`,
      REDIS_URL: `redis://a,redis://:${canary}@h,rediss://u:${canary}@i:1`,
      TRUSTED_ISSUERS: `[{"issuer":"i","audience":"a","secret":"${canary}"}]`,
    };
    for (const given of [env, Object.fromEntries(Object.keys(env).map((name) => [name, canary]))]) {
      expect(JSON.stringify(settingsOf(given))).not.toContain(canary);
      const problems = problemsOf(given);
      expect(problems.length).toBeGreaterThan(1);
      expect(problems.join()).not.toContain(canary);
    }
  });

  it('names all servers of a database', () => {
    const DATABASE_URL = `postgres://u:${canary}@a:5432,b:5433/x?target_session_attrs=read-write`;
    const shown = settingsOf({ DATABASE_URL }).find(({ name }) => name === 'DATABASE_URL')?.shown;
    expect(shown).toBe('postgres://u:(hidden)@a:5432,b:5433/x?(hidden)');
  });

  it('says where each comes from', () => {
    const shown = settingsOf({ HOST: '::1', WS_PORT_FILE: file('port3', '9003') });
    const of = (name: string) => shown.find((setting) => setting.name === name);
    expect(of('HOST')).toMatchObject({ shown: '::1', origin: 'environment' });
    expect(of('WS_PORT')).toMatchObject({ shown: '9003', origin: 'file' });
    expect(of('METRICS_PORT')).toMatchObject({ shown: '8302', origin: 'default' });
    expect(of('REDIS_URL')).toMatchObject({ shown: undefined, origin: undefined });
  });

  it('explains every key, and docs/configuration.md is up to date', async () => {
    for (const name of keyNames) expect(keys[name].about, name).toMatch(/^.{10,}[.:]$/);
    await expect(configurationDocument()).toMatchFileSnapshot(
      join(import.meta.dirname, '../../../../docs/configuration.md'),
    );
  });
});
