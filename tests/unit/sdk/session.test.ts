import { describe, expect, it } from 'vitest';
import { Lost, Refused } from '../../../clients/sdk/src/link/failures.ts';
import { Session, type SessionParts } from '../../../clients/sdk/src/session/session.ts';
import { memorySessionStorage, type StoredSession } from '../../../clients/sdk/src/session/session-storage.ts';
import { signIn } from '../../../clients/sdk/src/session/sign-in.ts';

const NOW = Date.parse('2026-11-20T18:00:00.000Z');
const userId = '0193e49f-1111-7222-8333-444455556666';
const held: StoredSession = {
  userId,
  accessToken: 'access-1',
  accessTokenExpiresAt: NOW + 900_000,
  refreshToken: 'refresh-1',
};
const pair = (n: number) => ({
  user: { id: userId },
  session: { id: '0193e49f-9999-7222-8333-444455556666' },
  accessToken: `access-${n}`,
  accessTokenExpiresAt: '2026-11-20T18:15:00.000Z',
  refreshToken: `refresh-${n}`,
});
const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers });
const over = json(401, { code: 'unauthenticated', detail: 'the session is over', rule: 'bad_refresh' });

/** A server that answers what the test wrote down, one answer for each request, and keeps what it was asked. */
const scripted = (...answers: readonly (() => Response | Promise<Response>)[]) => {
  const requests: { path: string; body: unknown; headers: Headers; redirect: string | undefined }[] = [];
  const fetch = async (input: unknown, init?: RequestInit) => {
    const headers = new Headers(init?.headers);
    const body: unknown = JSON.parse(init?.body as string);
    requests.push({ path: new URL(String(input)).pathname, body, headers, redirect: init?.redirect });
    const answer = answers[requests.length - 1];
    if (!answer) throw new TypeError('fetch failed');
    return answer();
  };
  return { requests, fetch };
};
const aSession = async (parts: Partial<SessionParts> & Pick<SessionParts, 'fetch'>, session = held) => {
  const storage = parts.storage ?? memorySessionStorage();
  await storage.save(session);
  const made = await Session.resume({ url: 'https://chat.example', now: () => NOW, ...parts, storage });
  return { session: made!, storage };
};
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the token of a session', () => {
  it('is handed out as long as it is good for a minute', async () => {
    const { fetch, requests } = scripted();
    const { session } = await aSession({ fetch }, { ...held, accessTokenExpiresAt: NOW + 60_000 });
    expect(await session.token()).toBe('access-1');
    expect(requests).toEqual([]);
  });

  it('is renewed before that, and on demand', async () => {
    const { fetch, requests } = scripted(json(200, pair(2)), json(200, pair(3)));
    const { session } = await aSession({ fetch }, { ...held, accessTokenExpiresAt: NOW + 59_999 });
    expect(await session.token()).toBe('access-2');
    expect(await session.token('access-1')).toBe('access-2');
    expect(await session.token('access-2')).toBe('access-3');
    expect(requests.map(({ body }) => body)).toEqual([{ refreshToken: 'refresh-1' }, { refreshToken: 'refresh-2' }]);
  });

  it('is renewed once for all who ask at the same time', async () => {
    const { fetch, requests } = scripted(json(200, pair(2)), json(200, pair(3)));
    const { session } = await aSession({ fetch });
    const tokens = await Promise.all([session.token('access-1'), session.token('access-1'), session.token('access-1')]);
    expect(tokens).toEqual(['access-2', 'access-2', 'access-2']);
    expect(requests).toHaveLength(1);
  });

  it('lives by the clock of the server, whatever the clock of this device says', async () => {
    const { fetch, requests } = scripted(
      json(200, pair(2), { date: 'Fri, 20 Nov 2026 18:14:30 GMT' }),
      json(200, pair(3)),
    );
    const { session } = await aSession({ fetch, now: () => NOW + 999_999_999 });
    // thirty seconds are left of the second, so a third is fetched
    await session.token();
    await session.token();
    expect(requests).toHaveLength(2);
  });

  it('is good for two minutes when nobody knows the time', async () => {
    const { fetch, requests } = scripted(json(200, pair(2)));
    const { session } = await aSession({ fetch, now: () => NOW + 999_999_999 });
    expect([await session.token(), await session.token()]).toEqual(['access-2', 'access-2']);
    expect(requests).toHaveLength(1);
  });

  it('goes to the server and nowhere else', async () => {
    const { fetch, requests } = scripted(json(200, pair(2)));
    const { session } = await aSession({
      fetch,
      url: 'wss://chat.example',
      headers: { 'tertulia-session': 'remember' },
    });
    await session.token('access-1');
    expect(requests[0]).toMatchObject({ path: '/v1/session/refresh', redirect: 'error' });
    expect(requests[0]!.headers.get('tertulia-session')).toBe('remember');
  });

  it('is renewed without a token where a cookie holds that', async () => {
    const { refreshToken: _, ...cookie } = held;
    const { refreshToken: __, ...answer } = pair(2);
    const { fetch, requests } = scripted(json(200, answer));
    const { session, storage } = await aSession({ fetch }, cookie);
    expect(await session.token('access-1')).toBe('access-2');
    expect(requests[0]!.body).toEqual({});
    expect(await storage.load()).not.toHaveProperty('refreshToken');
  });
});

describe('a renewal', () => {
  it('is kept before it is used', async () => {
    const { fetch } = scripted(json(200, pair(2)));
    const kept = memorySessionStorage();
    let save = () => {};
    const saved = new Promise<void>((resolve) => (save = resolve));
    let slow = false;
    const storage = {
      ...kept,
      save: async (session: StoredSession) => {
        if (slow) await saved;
        await kept.save(session);
      },
    };
    const { session } = await aSession({ fetch, storage });
    slow = true;
    let got: string | undefined;
    const asked = session.token('access-1').then((token) => (got = token));
    await new Promise((resolve) => setImmediate(resolve));
    expect(got).toBeUndefined();
    save();
    expect(await asked).toBe('access-2');
    expect((await kept.load())?.refreshToken).toBe('refresh-2');
  });

  it('that could not be kept is kept with the next try, and not asked for again', async () => {
    const { fetch, requests } = scripted(json(200, pair(2)));
    const kept = memorySessionStorage();
    let full = false;
    const storage = {
      ...kept,
      save: (session: StoredSession) => (full ? Promise.reject(new Error('no space left')) : kept.save(session)),
    };
    const { session } = await aSession({ fetch, storage });
    full = true;
    await expect(session.token('access-1')).rejects.toThrow('no space left');
    full = false;
    expect(await session.token('access-1')).toBe('access-2');
    expect(requests).toHaveLength(1);
    expect((await kept.load())?.refreshToken).toBe('refresh-2');
  });

  it.each([
    ['nobody answers', () => Promise.reject(new TypeError('fetch failed')), Lost],
    ['something else answers', () => new Response('<html>Welcome to this hotel</html>'), Lost],
    ['the answer makes no sense', json(200, { accessToken: 7 }), Lost],
    ['the answer is an array', json(200, [pair(2)]), Lost],
    ['the server is busy', json(503, { code: 'unavailable', detail: 'later' }, { 'retry-after': '7' }), Refused],
    ['a proxy is busy', () => new Response('Bad gateway', { status: 502 }), Refused],
    ['it was too fast', json(429, { code: 'rate_limited', detail: 'slower', retryAfterMs: 1_200 }), Refused],
  ])('leaves the session as it was when %s', async (_what, answer, failure) => {
    const { fetch, requests } = scripted(answer, json(200, pair(2)));
    const { session, storage } = await aSession({ fetch });
    expect(await failureOf(session.token('access-1'))).toBeInstanceOf(failure);
    expect(await storage.load()).toEqual(held);
    expect(session.ended).toBe(false);
    expect(await session.token('access-1')).toBe('access-2');
    expect(requests[1]!.body).toEqual({ refreshToken: 'refresh-1' });
  });

  it('reads no answer without end', async () => {
    let pulled = 0;
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    const { fetch } = scripted(() => new Response(body));
    const { session } = await aSession({ fetch });
    expect(await failureOf(session.token('access-1'))).toBeInstanceOf(Lost);
    expect(cancelled).toBe(true);
    expect(pulled).toBeLessThan(20);
  });

  it('tells when to come back, by the body or by the header', async () => {
    const { fetch } = scripted(
      json(429, { code: 'rate_limited', detail: 'slower', retryAfterMs: 1_200 }, { 'retry-after': '2' }),
      () => new Response('', { status: 503, headers: { 'retry-after': '7' } }),
    );
    const { session } = await aSession({ fetch });
    expect(await failureOf(session.token('access-1'))).toMatchObject({ code: 'rate_limited', retryAfterMs: 1_200 });
    expect(await failureOf(session.token('access-1'))).toMatchObject({ code: 'unavailable', retryAfterMs: 7_000 });
  });

  it.each([
    ['refuses the token', over],
    ['says that it is no token', json(400, { code: 'invalid', detail: 'no token', errors: [] })],
  ])('ends the session when the server %s, and asks no more', async (_what, answer) => {
    const { fetch, requests } = scripted(answer);
    const { session, storage } = await aSession({ fetch });
    for (let i = 0; i < 3; i++)
      expect(await failureOf(session.token('access-1'))).toMatchObject({ code: 'unauthenticated' });
    expect(requests).toHaveLength(1);
    expect(session.ended).toBe(true);
    expect(await storage.load()).toBeUndefined();
  });

  it('takes what another tab has fetched meanwhile, under the lock', async () => {
    const { fetch, requests } = scripted();
    const storage = memorySessionStorage();
    const { session } = await aSession({
      ...{ fetch, storage },
      renewalLock: async (renew) => {
        await storage.save({ ...held, accessToken: 'access-9', refreshToken: 'refresh-9' });
        return renew();
      },
    });
    expect(await session.token('access-1')).toBe('access-9');
    expect(requests).toEqual([]);
  });

  it.each([
    ['signed out', undefined],
    ['signed in as somebody else', { ...held, userId: '0193e49f-2222-7222-8333-444455556666' }],
  ])('ends the session when another tab has %s, and touches nothing', async (_what, there) => {
    const { fetch, requests } = scripted();
    const storage = memorySessionStorage();
    const { session } = await aSession({ fetch, storage });
    if (there) await storage.save(there);
    else await storage.clear();
    expect(await failureOf(session.token('access-1'))).toMatchObject({ code: 'unauthenticated' });
    expect(requests).toEqual([]);
    expect(await storage.load()).toEqual(there);
  });
});

describe('signing in and out', () => {
  const credentials = { url: 'http://chat.example', login: 'ann', password: 'secret secret' };

  it('begins no session with an answer that makes no sense', async () => {
    for (const body of [{}, { ...pair(1), user: { id: 'ann' } }, { ...pair(1), accessTokenExpiresAt: 'soon' }]) {
      const { fetch } = scripted(json(200, body));
      expect(await failureOf(signIn({ ...credentials, fetch }))).toBeInstanceOf(Lost);
    }
  });

  it('shows the words of a refusal, never those of a page', async () => {
    const { fetch } = scripted(json(401, { code: 'nonsense', detail: 7, rule: ['x'], errors: 'all' }));
    const refusal = await failureOf(signIn({ ...credentials, fetch }));
    expect(refusal).toMatchObject({ code: 'unauthenticated', rule: undefined, details: [] });
  });

  it('signs out at the server first, and stays signed in when that is away', async () => {
    const { fetch, requests } = scripted(() => Promise.reject(new TypeError('fetch failed')), json(200, {}));
    const { session, storage } = await aSession({ fetch });
    expect(await failureOf(session.signOut())).toBeInstanceOf(Lost);
    expect(await session.token()).toBe('access-1');
    await session.signOut();
    await session.signOut();
    expect(requests.map(({ path }) => path)).toEqual(['/v1/session/logout', '/v1/session/logout']);
    expect(requests[1]!.headers.get('authorization')).toBe('Bearer access-1');
    expect(await storage.load()).toBeUndefined();
    expect(await failureOf(session.token())).toMatchObject({ code: 'unauthenticated' });
  });

  it('is signed out when the server knows the session no more', async () => {
    const { fetch } = scripted(over);
    const { session, storage } = await aSession({ fetch });
    await session.signOut();
    expect(session.ended).toBe(true);
    expect(await storage.load()).toBeUndefined();
  });
});
