import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { command } from '#app/interfaces/commands/command.ts';
import { nothing } from '#app/interfaces/protocol/primitives.ts';
import { bodyOf, NOW, Surface } from './support.ts';

const tokens = v.object({ user: v.string(), refreshToken: v.string(), refreshTokenExpiresAt: v.string() });
const WEEK = 604_800;
const given = (refreshToken: string) => ({
  user: 'ann',
  refreshToken,
  refreshTokenExpiresAt: new Date(NOW + WEEK * 1_000 + 999).toISOString(),
});

/** The three commands that have to do with it; `exchanged` are the tokens that were presented. */
const aSurface = () => {
  const exchanged: string[] = [];
  const anyone = { summary: 'For tests.', access: 'anyone', limit: 'login' } as const;
  const more = [
    command({
      ...{ ...anyone, type: 'session.begin', input: nothing, output: tokens, sessionCookie: 'begin' },
      run: async () => given('tr_first'),
    }),
    command({
      ...{ ...anyone, type: 'session.renew', output: tokens, sessionCookie: 'renew' },
      input: v.object({ refreshToken: v.string() }),
      run: async ({ refreshToken }) => {
        exchanged.push(refreshToken);
        if (refreshToken === 'away') throw new Refusal('unavailable', 'database', 'try again');
        if (refreshToken !== 'tr_first') throw new Refusal('unauthenticated', 'bad_token', 'no');
        return given('tr_second');
      },
    }),
    command({
      ...{ ...anyone, type: 'session.end', access: 'user', input: nothing, output: nothing, sessionCookie: 'end' },
      run: async () => ({}),
    }),
  ];
  const surface = new Surface({ more });
  const ask = (type: string, headers: Record<string, string> = {}, body = '{}') => {
    const json = { 'content-type': 'application/json', authorization: 'Bearer ann' };
    return surface.ask(`POST /v1/commands/session.${type}`, { ...json, ...headers }, body);
  };
  return { surface, ask, exchanged };
};
const remember = { 'tertulia-session': 'remember' };
const https = { 'x-forwarded-proto': 'https' };

describe('the cookie of a session', () => {
  it('is not set for who does not ask for it', async () => {
    const { ask } = aSurface();
    const answer = await ask('begin');
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(bodyOf(answer)).toMatchObject({ refreshToken: 'tr_first' });
  });

  it.each([
    ['over TLS', https, '__Host-tertulia=tr_first; Path=/; HttpOnly; SameSite=Strict; Secure; '],
    ['on this machine', { host: 'localhost:8301' }, 'tertulia=tr_first; Path=/; HttpOnly; SameSite=Strict; '],
    ['in a LAN', { host: '192.168.1.5:8301' }, 'tertulia=tr_first; Path=/; HttpOnly; SameSite=Strict; '],
  ])('holds the token instead of the body, %s', async (_where, headers, cookie) => {
    const answer = await aSurface().ask('begin', { ...remember, ...headers });
    expect(answer.headers?.['set-cookie']).toBe(`${cookie}Max-Age=${WEEK}`);
    expect(bodyOf(answer)).toEqual({ user: 'ann', refreshTokenExpiresAt: given('').refreshTokenExpiresAt });
  });

  it('ends with the browser where that is asked for', async () => {
    const answer = await aSurface().ask('begin', { 'tertulia-session': 'browser' });
    expect(answer.headers?.['set-cookie']).toBe('tertulia=tr_first; Path=/; HttpOnly; SameSite=Strict');
  });

  it.each([
    [{}, 'tertulia'],
    [https, '__Host-tertulia'],
  ])('is exchanged for the next (%j)', async (headers, name) => {
    const { ask, exchanged } = aSurface();
    const cookie = `theme=dark; ${name}=tr_first; other=x`;
    const answer = await ask('renew', { ...remember, ...headers, cookie });
    expect(exchanged).toEqual(['tr_first']);
    expect(answer.headers?.['set-cookie']).toMatch(new RegExp(`^${name}=tr_second; `));
    expect(String(answer.body)).not.toContain('tr_');
  });

  it('is not looked at without the header', async () => {
    const { ask, exchanged } = aSurface();
    const answer = await ask('renew', { cookie: 'tertulia=tr_first' });
    expect([answer.status, exchanged]).toEqual([400, []]);
  });

  it('counts only under the name that belongs to the way it came', async () => {
    const { ask, exchanged } = aSurface();
    const answer = await ask('renew', { ...remember, ...https, cookie: 'tertulia=tr_first' });
    expect([answer.status, exchanged]).toEqual([401, []]);
  });

  it('is taken away when it is worth nothing, or when the session ends', async () => {
    const gone = 'tertulia=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0';
    for (const [type, cookie, status] of [
      ['renew', 'tertulia=tr_spent', 401],
      ['renew', '', 401],
      ['end', 'tertulia=tr_first', 200],
    ] as const) {
      const answer = await aSurface().ask(type, { ...remember, cookie });
      expect([type, answer.status, answer.headers?.['set-cookie']]).toEqual([type, status, gone]);
    }
  });

  it('stays when the server can not say now whether it is good', async () => {
    const { surface, ask } = aSurface();
    const away = await ask('renew', { ...remember, cookie: 'tertulia=away' });
    surface.limit = () => ({ allowed: false, retryAfterMs: 1 });
    const tooFast = await ask('renew', { ...remember, cookie: 'tertulia=tr_first' });
    expect([away.status, tooFast.status]).toEqual([503, 429]);
    for (const { headers } of [away, tooFast]) expect(headers).not.toHaveProperty('set-cookie');
  });

  it.each([
    ['a foreign page', { origin: 'https://evil.example' }, 403],
    ['a page that may call us otherwise', { origin: 'https://app.example' }, 403],
    ['another port of this host', { origin: 'http://chat.example:81' }, 403],
    ['another life', { 'tertulia-session': 'for ever' }, 400],
    ['two of them', { 'tertulia-session': 'remember, browser' }, 400],
  ])('is refused to %s', async (_who, headers, status) => {
    const { ask, exchanged } = aSurface();
    for (const type of ['begin', 'renew', 'end']) {
      const answer = await ask(type, { ...remember, cookie: 'tertulia=tr_first', ...headers });
      expect(answer.status).toBe(status);
      expect(answer.headers).not.toHaveProperty('set-cookie');
    }
    expect(exchanged).toEqual([]);
  });

  it('is open to our own page', async () => {
    const { ask } = aSurface();
    expect((await ask('begin', { ...remember, origin: 'http://chat.example' })).status).toBe(200);
    expect((await ask('begin', { ...remember, ...https, origin: 'https://chat.example' })).status).toBe(200);
  });

  it('is never mixed with a token in the body', async () => {
    const { ask, exchanged } = aSurface();
    const answer = await ask('renew', { ...remember, cookie: 'tertulia=tr_first' }, '{"refreshToken":"tr_other"}');
    expect([answer.status, exchanged]).toEqual([400, []]);
    expect((await ask('renew', { ...remember, cookie: 'tertulia=tr_first' }, '[]')).status).toBe(400);
  });

  it('does not concern other commands', async () => {
    const { surface } = aSurface();
    const answer = await surface.asAnn('POST /v1/conversations/private', { with: 'bob' }, { 'tertulia-session': 'x' });
    expect(answer.status).toBe(200);
  });

  it('is no header that a foreign page is told it may send', async () => {
    const { surface } = aSurface();
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
    const answer = await surface.ask('OPTIONS /v1/commands/session.begin', headers);
    expect(answer.headers?.['access-control-allow-headers']).toBe('authorization, content-type');
  });
});
