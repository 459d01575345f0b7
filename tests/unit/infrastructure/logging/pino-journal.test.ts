import { beforeEach, describe, expect, it } from 'vitest';
import { InProcessEventBus } from '#app/application/in-process-event-bus.ts';
import type { DomainEvent } from '#app/domain/shared/domain-event.ts';
import { explained } from '#app/infrastructure/logging/explained.ts';
import { traceEvents } from '#app/infrastructure/logging/event-trace.ts';
import { PinoJournal } from '#app/infrastructure/logging/pino-journal.ts';
import { CryptoRandom } from '#app/infrastructure/system/crypto-random.ts';

let written: string[];
let now: number;
const journalIn = (format: 'json' | 'text', level: 'debug' | 'info' | 'warn' | 'error' = 'info') =>
  new PinoJournal({
    level,
    format,
    node: 'node-1',
    random: new CryptoRandom(),
    clock: { now: () => 0, monotonic: () => now },
    destination: { write: (line) => void written.push(line) },
  });
let journal: PinoJournal;
const records = () => written.map((line) => JSON.parse(line) as Record<string, unknown>);

beforeEach(() => {
  [written, now] = [[], 0];
  journal = journalIn('json');
});

const userId = '01890000-0000-7000-8000-000000000001';

describe('the journal', () => {
  it('writes one JSON object a line, with process, node, level and time', () => {
    journal.info('server.started', { port: 8301, address: '127.0.0.1:8301' });
    journal.warn('send.slow', { userId, ms: 12.5, duplicate: false });
    expect(written.every((line) => line.endsWith('}\n'))).toBe(true);
    expect(records()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.+Z$/),
        pid: process.pid,
        node: 'node-1',
        event: 'server.started',
        port: 8301,
        address: '127.0.0.1:8301',
      },
      expect.objectContaining({ level: 'warn', event: 'send.slow', userId, ms: 12.5, duplicate: false }),
    ]);
  });

  /** As JavaScript calls it. */
  const untyped = () => journal as { info(event: string, fields: object): void };

  it('leaves out fields that are not on the list, and says how many', () => {
    untyped().info('x', { userId, text: 'hello', password: 'p', constructor: 'c', port: undefined });
    expect(records()[0]).toMatchObject({ userId, omitted: 3 });
    expect(written.join()).not.toContain('hello');
  });

  it.each([
    ['a text in an id', { userId: 'Dear diary, today' }],
    ['a text in a word', { command: 'hello,\nworld' }],
    ['a text in a number', { port: 'eighty' }],
    ['no number', { ms: Number.NaN }],
    ['an oversized id', { userId: 'x'.repeat(65) }],
  ])('leaves out %s', (_what, fields) => {
    untyped().info('x', fields);
    expect(records()[0]).toMatchObject({ omitted: 1 });
  });

  it('keeps every line one line that reads the same to machines and to terminals', () => {
    const nasty = 'a\n{"level":"fatal"}\r\u001b[31m\u0000\u0085\u009b\u2028\u2029\u202e\u2066\u200f\ufeff\ud800b';
    for (const format of ['json', 'text'] as const) {
      const into = journalIn(format);
      into.info(`event ${nasty}`, { address: nasty });
      into.fault(Object.assign(new Error(nasty), { name: nasty, code: nasty }), nasty);
    }
    for (const line of written) {
      expect(line.replaceAll('\n    ', '').indexOf('\n')).toBe(line.replaceAll('\n    ', '').length - 1);
      expect(line.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(line.isWellFormed()).toBe(true);
      expect(line).not.toContain('\n{"level":"fatal"}');
    }
    expect(written).toHaveLength(4);
  });

  it('notes a fault with its stack, under the id that it answers', () => {
    const id = journal.fault(new TypeError('x is not a function', { cause: new RangeError('deep') }), 'message.send');
    expect(id).toMatch(/^[0-9a-f]{12}$/);
    expect(records()[0]).toMatchObject({
      level: 'error',
      event: 'fault',
      correlationId: id,
      where: 'message.send',
      error: {
        name: 'TypeError',
        message: 'x is not a function',
        stack: expect.arrayContaining([expect.stringContaining('pino-journal.test.ts')]),
        cause: { name: 'RangeError' },
      },
    });
    expect(journal.fault(new Error(), 'x')).not.toBe(id);
  });

  it.each([
    ['nothing', undefined, 'a thrown undefined'],
    ['null', null, 'a thrown null'],
    ['a string', 'canary', 'a thrown string'],
    [
      'an object that bites',
      new Proxy(new Error(), {
        get: () => {
          throw new Error('bite');
        },
      }),
      'an error that can not be read',
    ],
    [
      'an error that causes itself',
      (() => {
        const error = new Error('round');
        error.cause = error;
        return error;
      })(),
      'Error',
    ],
  ])('survives %s being thrown', (_what, thrown, name) => {
    journal.fault(thrown, 'x');
    expect(records()[0]).toMatchObject({ error: { name } });
    expect(written[0]!.length).toBeLessThan(20_000);
    expect(written[0]).not.toContain('canary');
  });

  it('keeps a flood short, and tells every fault its id', () => {
    const ids = Array.from({ length: 60 }, () => journal.fault(new Error('flood'), 'x'));
    expect(records().map((record) => record.correlationId)).toEqual(ids);
    expect(written[49]).toContain('stack');
    expect(records()[50]!.error).toEqual({ name: 'Error' });
    now = 1_000;
    journal.fault(new Error('later'), 'x');
    expect(written.at(-1)).toContain('stack');
  });

  it.each(['json', 'text'] as const)('changes its level at run time (%s)', (format) => {
    const into = journalIn(format, 'warn');
    const seen: string[] = [];
    into.onLevel((level) => seen.push(level));
    into.info('hidden');
    expect([into.turn(), into.turn(), into.turn(), into.turn()]).toEqual(['info', 'debug', 'error', 'warn']);
    into.setLevel('debug');
    into.debug('shown');
    expect(written).toHaveLength(1);
    expect(written[0]).toContain('shown');
    expect(seen).toEqual(['warn', 'info', 'debug', 'error', 'warn', 'debug']);
  });

  it('can be read by people', () => {
    const into = journalIn('text');
    into.info('server.started', { port: 8301, warning: 'two words' });
    into.fault(new Error('no luck'), 'x');
    expect(written[0]).toMatch(/^\S+Z INFO {2}server\.started port=8301 warning="two words"\n$/);
    expect(written[1]).toMatch(/ERROR fault correlationId=\w+ where=x\n {4}\{\n[^]*no luck/);
  });
});

describe('secrets', () => {
  const canary = 'Canary-7f3a91c2e5d84b60';
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl';
  /** Looks like nothing, so only the road it comes by can keep it out. */
  const word = 'ossifrage';
  const parseError = (() => {
    try {
      return JSON.parse(`{"password": "he said "${canary}" aloud`) as Error;
    } catch (error) {
      return error as Error;
    }
  })();
  const cases: [string, () => void][] = [
    [
      'fields of any other name',
      () => {
        for (const name of [
          'password',
          'token',
          'refreshToken',
          'text',
          'content',
          'body',
          'handle',
          'displayName',
          'email',
          'title',
          'secret',
          'authorization',
          'pushToken',
          'data',
        ])
          journal.info('x', { [name]: canary });
      },
    ],
    [
      'a token where an id belongs',
      () => journal.info('x', { userId: `tk_${canary}`, sessionId: jwt, trace: canary.repeat(2).replaceAll('-', '') }),
    ],
    ['the password of a URL', () => journal.warn('x', { url: `postgres://u:${canary}@h/x` })],
    ['a bearer in a text', () => journal.warn('x', { cause: `Authorization: Bearer ${canary}` })],
    ['a message that quotes', () => journal.fault(new Error(`invalid input syntax for type uuid: "${canary}"`), 'x')],
    [
      'a message that quotes quotations',
      () => journal.fault(new Error(`can't read "she said "${canary}", and 'left'" at all`), 'x'),
    ],
    ['a parser’s message', () => journal.fault(parseError, 'x')],
    ['a token in a message', () => journal.fault(new Error(`bad token ${jwt} and tr_${canary} of ${canary}`), 'x')],
    [
      'a detail of PostgreSQL',
      () =>
        journal.fault(
          Object.assign(new Error('duplicate key'), {
            code: '23505',
            detail: `Key (email)=(${canary}) exists`,
            hint: canary,
            where: canary,
            internalQuery: canary,
            parameters: [canary],
            table: 'users',
          }),
          'x',
        ),
    ],
    ['a name or code', () => journal.fault(Object.assign(new Error('x'), { name: canary, code: canary }), 'x')],
    ['a cause', () => journal.fault(new Error('x', { cause: new Error(`"${canary}"`) }), 'x')],
    ['a cause that is no error', () => journal.fault(new Error('x', { cause: { password: canary } }), 'x')],
    ['many errors', () => journal.fault(new AggregateError([new Error(`'${canary}'`), canary], `"${canary}"`), 'x')],
    [
      'a message that looks like a stack',
      () => journal.fault(new Error(`"x\n    at ${canary} (file:///${canary}:1:1)"`), 'x'),
    ],
    ['quotations of plain words', () => journal.fault(new Error(`"she said "${word}" aloud"`), 'x')],
    [
      'plain words that look like a stack',
      () => journal.fault(new Error(`"x\n    at ${word} (file:///${word}:1:1)\n"`), 'x'),
    ],
    ['a short bearer', () => journal.fault(new Error(`failed with Bearer ${word}`), 'x')],
    ['a thrown text', () => journal.fault(canary, 'x')],
    ['a thrown object', () => journal.fault({ message: canary, stack: canary }, 'x')],
  ];

  it.each(cases)('do not get into the log through %s', (_path, act) => {
    for (const format of ['json', 'text'] as const) {
      journal = journalIn(format, 'debug');
      act();
    }
    expect(written.length).toBeGreaterThan(1);
    expect(written.join('')).not.toMatch(/canary-|7f3a91c2|eyJhbGci|c2lnbmF0|ossifrage/i);
  });

  it('do not take along what operators need', () => {
    journal.fault(
      Object.assign(new Error('duplicate key value violates unique constraint "users_handle_key"'), {
        code: '23505',
        constraint: 'users_handle_key',
        table: 'users',
      }),
      'x',
    );
    journal.info('x', { userId, connectionId: `${userId}-17`, file: '/var/lib/tertulia/data/postgres/log' });
    expect(records()[0]).toMatchObject({
      error: {
        code: '23505',
        constraint: 'users_handle_key',
        table: 'users',
        message: expect.stringContaining('duplicate key'),
      },
    });
    expect(records()[1]).toMatchObject({
      userId,
      connectionId: `${userId}-17`,
      file: '/var/lib/tertulia/data/postgres/log',
    });
  });
});

describe('the trace of events', () => {
  const opened: DomainEvent = {
    type: 'connection.changed',
    connectionId: 'c-1' as never,
    at: 5,
    from: 'new',
    to: 'authenticated',
  };

  it('is there at debug, and costs nothing otherwise', () => {
    const bus = new InProcessEventBus(journal, { count: () => {}, gauge: () => {}, observe: () => {} });
    traceEvents(bus, journal);
    expect(bus.hears('connection.changed')).toBe(false);
    bus.publish(opened);
    journal.setLevel('debug');
    bus.publish(opened);
    bus.publish({
      type: 'profile.changed',
      userId: userId as never,
      urev: 3 as never,
      handle: 'ada',
      displayName: 'Ada',
    });
    journal.setLevel('info');
    expect(bus.hears('connection.changed')).toBe(false);
    expect(records()).toEqual([
      expect.objectContaining({
        level: 'debug',
        event: 'connection.changed',
        connectionId: 'c-1',
        from: 'new',
        to: 'authenticated',
      }),
      expect.objectContaining({ event: 'profile.changed', userId, urev: 3 }),
    ]);
    expect(written.join()).not.toMatch(/Ada|ada|omitted/);
  });
});

describe('a fault at start', () => {
  it('is explained in one line, with what lies behind it, without secrets', () => {
    const refused = new AggregateError([
      new Error('connect ECONNREFUSED ::1:5432'),
      new Error('connect ECONNREFUSED 127.0.0.1:5432'),
    ]);
    expect(explained(refused)).toBe(
      'AggregateError; connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432',
    );
    expect(explained(new Error('can\n"x"', { cause: new Error('postgres://u:canary@h/x') }))).toBe(
      'can\\u{a}"x"; postgres://[hidden]@h/x',
    );
    expect(explained('canary')).not.toContain('canary');
  });
});
