import { beforeEach, expect, it } from 'vitest';
import { browserSession } from '../../clients/sdk/src/browser/browser-session.ts';
import { TestTabs } from '../support/tabs.ts';

const ann = '0193e49f-1111-7222-8333-444455556666';
const ben = '0193e49f-2222-7333-8444-555566667777';

/** A server and a browser's jar, whose cookie is out of reach for the pages. */
class CookieServer {
  cookie: { readonly userId: string } | undefined;
  tokens = 0;
  /** Paths, and the header, in the order in which they were asked. */
  readonly asked: string[] = [];
  down = false;
  #busy = 0;
  /** Requests that ran beside another one. */
  overlaps = 0;

  readonly fetch = (async (url: URL, init: RequestInit & { body: string }) => {
    const { pathname } = new URL(url);
    const headers = new Headers(init.headers);
    const life = headers.get('tertulia-session') ?? '';
    this.asked.push(`${pathname.split('/').at(-1)} ${life}`);
    if (this.down) throw new TypeError('fetch failed');
    if (this.#busy++ > 0) this.overlaps++;
    await new Promise((resolve) => setImmediate(resolve));
    this.#busy--;
    const body = JSON.parse(init.body) as { login?: string };
    return this.#answer(pathname, body);
  }) as unknown as typeof fetch; // as much of it as is used

  #answer(path: string, { login }: { login?: string }): Response {
    if (path.endsWith('/logout')) this.cookie = undefined;
    else if (path.endsWith('/refresh')) {
      if (!this.cookie) return Response.json({ code: 'unauthenticated', rule: 'bad_token' }, { status: 401 });
    } else {
      this.cookie = { userId: login === 'ben' ? ben : ann };
    }
    if (!this.cookie) return Response.json({});
    const accessTokenExpiresAt = new Date(Date.now() + 900_000).toISOString();
    const accessToken = `of ${this.cookie.userId} ${++this.tokens}`;
    return Response.json({ user: { id: this.cookie.userId }, accessToken, accessTokenExpiresAt });
  }
}

const notebook = () => {
  const notes = new Map<string, string>();
  return {
    getItem: (key: string) => notes.get(key) ?? null,
    setItem: (key: string, value: string) => void notes.set(key, value),
    removeItem: (key: string) => void notes.delete(key),
  };
};

let server: CookieServer;
let notes: ReturnType<typeof notebook>;
let tabs: TestTabs;
beforeEach(() => {
  [server, notes, tabs] = [new CookieServer(), notebook(), new TestTabs()];
});
const aPage = () => browserSession({ url: 'http://127.0.0.1:1', fetch: server.fetch, notes, locks: tabs.open().locks });
const credentials = { login: 'ann', password: 'a password', remember: true };

it('goes on after a reload, and asks for the same life of the cookie', async () => {
  expect(await aPage().resume()).toBeUndefined();
  expect(server.asked).toEqual([]);
  const session = await aPage().signIn(credentials);
  const token = await session.token();
  const resumed = await aPage().resume();
  expect(resumed?.userId).toBe(ann);
  expect(await resumed?.token()).not.toBe(token);
  await aPage().signIn({ ...credentials, remember: false });
  await aPage().resume();
  expect(server.asked).toEqual(['login remember', 'refresh remember', 'login browser', 'refresh browser']);
});

it('writes down nothing that lets anybody in', async () => {
  await aPage().signIn(credentials);
  expect(notes.getItem('tertulia-session')).toBe(JSON.stringify({ userId: ann, remember: true }));
});

it('shows the login when the server has ended it, and asks no more', async () => {
  await aPage().signIn(credentials);
  server.cookie = undefined;
  expect(await aPage().resume()).toBeUndefined();
  expect(await aPage().resume()).toBeUndefined();
  expect(server.asked).toHaveLength(2);
});

it('is there when the server can’t be asked, and renews later', async () => {
  await aPage().signIn(credentials);
  server.down = true;
  const session = await aPage().resume();
  expect(session?.userId).toBe(ann);
  await expect(session?.token()).rejects.toMatchObject({ name: 'Lost' });
  server.down = false;
  expect(await session?.token()).toMatch(ann);
});

it('renews in one tab at a time', async () => {
  await aPage().signIn(credentials);
  const sessions = await Promise.all(Array.from({ length: 5 }, () => aPage().resume()));
  const tokens = await Promise.all(sessions.map((session) => session!.token()));
  await Promise.all(sessions.map((session, i) => session!.token(tokens[i])));
  expect(server.asked.filter((path) => path.startsWith('refresh'))).toHaveLength(10);
  expect(server.overlaps).toBe(0);
});

it('ends in every tab when it is signed out in one', async () => {
  const [one, other] = [await aPage().signIn(credentials), (await aPage().resume())!];
  await one.signOut();
  expect(server.cookie).toBeUndefined();
  await expect(other.token(await other.token())).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await aPage().resume()).toBeUndefined();
});

it('never hands one user the token of another who signed in meanwhile', async () => {
  const session = await aPage().signIn(credentials);
  const [renewing, signing] = [session.token(await session.token()), aPage().signIn({ ...credentials, login: 'ben' })];
  expect(await renewing).toMatch(ann);
  expect((await signing).userId).toBe(ben);
  await expect(session.token(await renewing)).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await (await aPage().resume())?.token()).toMatch(ben);
});

it.each(['', 'x', '[]', 'null', '{}', '{"userId":7}', '{"userId":"../../x"}'])(
  'makes nothing of the note %j',
  async (note) => {
    notes.setItem('tertulia-session', note);
    expect(await aPage().resume()).toBeUndefined();
    expect(server.asked).toEqual([]);
  },
);

it('works where there are no locks', async () => {
  const page = browserSession({ url: 'http://127.0.0.1:1', fetch: server.fetch, notes, locks: undefined });
  await page.signIn(credentials);
  expect((await page.resume())?.userId).toBe(ann);
});
