import * as v from 'valibot';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RateLimiter, Taken } from '#app/application/ports/rate-limiter.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { UserId } from '#app/domain/shared/ids.ts';
import { callCommand } from '#app/interfaces/commands/call.ts';
import { command, type AnyCommand, type Caller, type Stranger } from '#app/interfaces/commands/command.ts';
import { integer } from '#app/interfaces/protocol/primitives.ts';

const userId = UserId('0193e4a0-0000-7000-8000-000000000001');
const stranger: Stranger = { address: '2001:db8:1:2:3:4:5:6' };
const caller: Caller = { address: '192.0.2.7', userId };

let runs: unknown[];
let taken: [string, string][];
let faults: string[];
let counted: unknown[];
let answer: Taken | Promise<Taken>;
const limiter: RateLimiter = {
  take: (kind, key) => {
    taken.push([kind, key]);
    return answer;
  },
};
const guards = {
  limiter,
  metrics: { count: (name: string, labels = {}) => void counted.push([name, labels]) },
  journal: {
    fault: (error: unknown, where: string) => {
      faults.push(`${where}: ${String(error)}`);
      return 'f-1';
    },
  },
};

const count = (access: 'anyone' | 'user', run: (input: { n: number }) => Promise<{ twice: number }>): AnyCommand =>
  command({
    type: 'number.double',
    summary: 'Doubles a number.',
    access,
    limit: 'read',
    input: v.object({ n: integer(1, 9) }),
    output: v.object({ twice: v.number() }),
    run: (input) => {
      runs.push(input);
      return run(input);
    },
  });
const double = (access: 'anyone' | 'user') => count(access, async ({ n }) => ({ twice: 2 * n }));
const failing = (error: unknown) => count('user', () => Promise.reject(error));

describe('callCommand', () => {
  beforeEach(() => {
    runs = [];
    taken = [];
    faults = [];
    counted = [];
    answer = { allowed: true };
  });

  it('answers what the command says, and hands it only what the schema knows', async () => {
    const reply = await callCommand(double('user'), { n: 3, role: 'owner' }, caller, guards);
    expect(reply).toEqual({ ok: true, data: { twice: 6 } });
    expect(runs).toEqual([{ n: 3 }]);
  });

  it('enters the command before it returns, so that calls keep their order', () => {
    void callCommand(double('user'), { n: 1 }, caller, guards);
    expect(runs).toHaveLength(1);
  });

  it('waits for a limiter that has to ask elsewhere', async () => {
    answer = Promise.resolve({ allowed: true });
    const reply = callCommand(double('user'), { n: 1 }, caller, guards);
    expect(runs).toHaveLength(0);
    expect(await reply).toEqual({ ok: true, data: { twice: 2 } });
  });

  it('counts users by id, and strangers by address block', async () => {
    await callCommand(double('user'), { n: 1 }, caller, guards);
    await callCommand(double('anyone'), { n: 1 }, stranger, guards);
    await callCommand(double('anyone'), { n: 1 }, caller, guards);
    expect(taken).toEqual([
      ['read', userId],
      ['read', '2001:db8:1:2::/64'],
      ['read', '192.0.2.7'],
    ]);
  });

  it('refuses a stranger at a command of users, without looking further', async () => {
    const reply = await callCommand(double('user'), { n: 1 }, stranger, guards);
    expect(reply).toMatchObject({ ok: false, error: { code: 'unauthenticated' } });
    expect([...runs, ...taken]).toEqual([]);
  });

  it('refuses who calls too fast and says when to come back', async () => {
    answer = { allowed: false, retryAfterMs: 1.2 };
    const reply = await callCommand(double('user'), { n: 1 }, caller, guards);
    expect(reply).toMatchObject({ ok: false, error: { code: 'rate_limited', rule: 'rate', retryAfterMs: 2 } });
    expect(runs).toEqual([]);
    expect(counted).toEqual([['rate_limited_total', { class: 'read' }]]);
  });

  it.each([[{}], [{ n: '3' }], [{ n: 10 }], [null], [[]], [{ n: Number.NaN }]])(
    'refuses %j with the path of what is wrong, and runs nothing',
    async (input) => {
      const reply = await callCommand(double('user'), input, caller, guards);
      expect(reply).toMatchObject({ ok: false, error: { code: 'invalid', rule: 'invalid_input' } });
      expect(runs).toEqual([]);
      expect(taken).toHaveLength(1);
    },
  );

  it('passes a refusal on and reports no fault', async () => {
    const reply = await callCommand(failing(new Refusal('conflict', 'last_owner', 'no')), { n: 1 }, caller, guards);
    expect(reply).toEqual({ ok: false, error: { code: 'conflict', rule: 'last_owner', message: 'no' } });
    expect(faults).toEqual([]);
  });

  it.each([
    ['a rejection', failing(new Error('relation "secret" does not exist'))],
    [
      'a throw',
      count('user', () => {
        throw new Error('secret');
      }),
    ],
  ])('reports %s and tells nothing but where to look it up', async (_what, broken) => {
    const reply = await callCommand(broken, { n: 1 }, caller, guards);
    expect(reply).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(JSON.stringify(reply)).toContain('f-1');
    expect(JSON.stringify(reply)).not.toContain('secret');
    expect(faults).toHaveLength(1);
  });
});
