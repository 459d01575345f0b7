import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../clients/sdk/src/index.ts';
import { BrowserOfFile } from '../support/browser-of-file.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { outboxSentences, sharedSentences } from '../sdk/outbox-storage.contract.ts';
import type { PageOfSdk } from './sdk-page.ts';

/** Of the page; only what is evaluated there may use it. */
declare const sdk: PageOfSdk;

const chromium = BrowserOfFile.open();
let server: RunningServer;
let script: string;

beforeAll(async () => {
  [server, script] = await Promise.all([RunningServer.start(), bundled()]);
});

const bundled = async (): Promise<string> => {
  const input = join(import.meta.dirname, 'sdk-page.ts');
  const built = await build({
    ...{ configFile: false, logLevel: 'silent' },
    build: { write: false, minify: false, modulePreload: false, rolldownOptions: { input } },
  });
  const [result] = [built].flat();
  const chunk = result && 'output' in result ? result.output[0] : undefined;
  if (!chunk) throw new Error('nothing was built');
  return chunk.code;
};

/** A page of the server's own origin that is nothing but the SDK: its documents allow no such script. */
const aProfile = async (kept = false): Promise<BrowserContext> => {
  const { context } = await chromium.profile({ traced: false, bypassCSP: true, kept });
  await context.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
  return context;
};
const aPage = async (context: BrowserContext): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(`${server.http}/healthz`);
  await withSdk(page);
  return page;
};
const withSdk = async (page: Page): Promise<void> => {
  await page.addScriptTag({ type: 'module', content: script });
  await page.waitForFunction(() => 'sdk' in window);
};

describe('OutboxStorage contract: IndexedDB', () => {
  let page: Page;
  beforeAll(async () => {
    page = await aPage(await aProfile(true));
  });

  it.each(Object.keys({ ...outboxSentences, ...sharedSentences }))('%s', async (sentence) => {
    const { seen, promised } = await page.evaluate((one) => sdk.judged(one), sentence);
    expect(seen).toEqual(promised);
  });

  it('refuses more than a user may keep, and goes on with what fits', async () => {
    const { seen, promised } = await page.evaluate(() => sdk.filled());
    expect(seen).toEqual(promised);
  });

  it('says that the device is full, and keeps what it has', async () => {
    // In a profile of its own: what an origin may store is asked once and remembered.
    const fresh = await aPage(await aProfile());
    const cdp = await fresh.context().newCDPSession(fresh);
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: server.http, quotaSize: 8 * 1_048_576 });
    expect(await fresh.evaluate(() => sdk.fillsUp())).toBe('OutboxFull true');
  });

  it('begins anew when the user clears the site’s data', async () => {
    expect(await page.evaluate(() => sdk.cleared())).toEqual(['after']);
  });
});

describe('tabs of one user', () => {
  /** Two tabs, the first of which leads, and what the server holds of their talk. */
  const twoTabs = async () => {
    const user = await server.aUser();
    const group = await server.aGroup(user);
    const context = await aProfile();
    await expect.poll(sockets).toBe(0); // those of the test before are gone
    const [leader, follower] = [await aTab(context, user), await aTab(context, user)];
    expect(await Promise.all([leader, follower].map(stateOf))).toEqual([
      { status: 'online', leads: true, pending: 0 },
      { status: 'online', leads: false, pending: 0 },
    ]);
    return { user, group, context, leader, follower };
  };
  const sockets = () => server.metric('connections');
  const aTab = async (context: BrowserContext, { token, userId }: TestUser) => {
    const page = await aPage(context);
    await page.evaluate(([url, token, name]) => sdk.open(url, token, name), [server.http, token, userId] as const);
    return page;
  };
  const stateOf = (page: Page) => page.evaluate(() => sdk.state());
  const send = (page: Page, group: string, texts: readonly string[]) =>
    page.evaluate(([to, all]) => sdk.send(to, all), [group, texts] as const);
  const shownBy = (page: Page, group: string) => page.evaluate((id) => sdk.shown(id), group);
  const stored = async (user: TestUser, group: string) => {
    const { messages } = await server.as(user, 'message.history', { conversationId: group, limit: 100 });
    return (messages as { type: string; content: string }[])
      .filter(({ type }) => type === 'text')
      .map(({ content }) => content);
  };
  const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i}`);

  it('have one socket, and see and send the same', async () => {
    const { user, group, leader, follower } = await twoTabs();
    expect(await sockets()).toBe(1);
    await send(follower, group, numbered('follower', 5));
    await expect.poll(() => stored(user, group)).toEqual(numbered('follower', 5));
    await send(leader, group, ['leader']);
    const all = [...numbered('follower', 5), 'leader'];
    for (const tab of [leader, follower]) await expect.poll(() => shownBy(tab, group)).toEqual(all);
    for (const tab of [leader, follower]) await expect.poll(async () => (await stateOf(tab)).pending).toBe(0);
    const other = createClient({ url: server.http, auth: user.token });
    other.start();
    await other.ready;
    await other.conversations.get(group)!.send('from elsewhere'); // its list is complete
    for (const tab of [leader, follower]) await expect.poll(() => shownBy(tab, group)).toContain('from elsewhere');
    other.close();
  });

  it.each([
    ['closed', async (page: Page) => page.close()],
    [
      'crashed',
      async (page: Page) => {
        const crashed = page.waitForEvent('crash');
        const cdp = await page.context().newCDPSession(page);
        void cdp.send('Page.crash').catch(() => {}); // nobody is left to answer
        await crashed;
      },
    ],
  ])('go on when the leader is %s in the middle of sending, each message exactly once', async (_how, end) => {
    const { user, group, leader, follower } = await twoTabs();
    const byFollower = send(follower, group, numbered('follower', 40));
    await send(leader, group, numbered('leader', 10));
    const leading = send(leader, group, numbered('never all', 400)).catch(() => {});
    await end(leader);
    await Promise.all([byFollower, leading]);
    await expect.poll(() => stateOf(follower)).toEqual({ status: 'online', leads: true, pending: 0 });
    await expect.poll(sockets).toBe(1);
    const all: string[] = [];
    for (let before: number | undefined; before !== 1; ) {
      const page = await server.as(user, 'message.history', {
        ...{ conversationId: group, limit: 100 },
        ...(before !== undefined && { before }),
      });
      const rows = page['messages'] as { seq: number; type: string; content: string }[];
      all.unshift(...rows.filter(({ type }) => type === 'text').map(({ content }) => content));
      before = rows[0]!.seq; // seq 1 is the beginning
    }
    expect(all.filter((text) => text.startsWith('follower'))).toEqual(numbered('follower', 40));
    expect(all.filter((text) => text.startsWith('leader'))).toEqual(numbered('leader', 10));
    const written = all.filter((text) => text.startsWith('never all'));
    expect(written).toEqual(numbered('never all', written.length));
  });

  it('go on when the leader hangs, which follows once it is itself again', async () => {
    const { user, group, context, leader, follower } = await twoTabs();
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await context.route('**/hang', async (route) => {
      await released;
      await route.fulfill({ status: 204 });
    });
    // A request that the whole page waits for.
    const hung = leader.evaluate(() => {
      const request = new XMLHttpRequest();
      request.open('GET', '/hang', false);
      request.send();
    });
    await expect.poll(() => stateOf(follower)).toMatchObject({ status: 'online', leads: true });
    await send(follower, group, ['while it hangs']);
    await expect.poll(() => stored(user, group)).toEqual(['while it hangs']);
    release();
    await hung;
    await expect.poll(() => stateOf(leader)).toEqual({ status: 'online', leads: false, pending: 0 });
    await expect.poll(sockets).toBe(1);
    await expect.poll(() => shownBy(leader, group)).toEqual(['while it hangs']);
  });
});

describe('a browser’s session', () => {
  it('outlives a reload without a token that scripts can read, and ends in all tabs at once', async () => {
    const context = await aProfile();
    const page = await aPage(context);
    const began = await page.evaluate(async (url) => {
      const session = await sdk.browserSession({ url }).signInAsGuest({ displayName: 'Ann', remember: true });
      return { userId: session.userId, readable: document.cookie + JSON.stringify({ ...localStorage }) };
    }, server.http);
    expect(began.readable).toBe(
      JSON.stringify({ 'tertulia-session': JSON.stringify({ userId: began.userId, remember: true }) }),
    );
    await page.reload();
    await withSdk(page);
    const resume = (one: Page) =>
      one.evaluate(async (url) => {
        const session = await sdk.browserSession({ url }).resume();
        return session && { userId: session.userId, token: (await session.token()).length > 20 };
      }, server.http);
    const tabs = [page, await aPage(context), await aPage(context)];
    expect(await Promise.all(tabs.map(resume))).toEqual(Array(3).fill({ userId: began.userId, token: true }));
    await page.evaluate(async (url) => (await sdk.browserSession({ url }).resume())?.signOut(), server.http);
    expect(await Promise.all(tabs.map(resume))).toEqual(Array(3).fill(undefined));
    expect(await context.cookies()).toEqual([]);
  });
});
