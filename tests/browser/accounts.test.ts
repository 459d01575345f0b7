import { describe, expect, it } from 'vitest';
import { Messenger } from './messenger.ts';
import { type Account, PASSWORD, Stage } from './stage.ts';

const stage = Stage.open();
/** Chromium says so itself of every answer that is no success. */
const REFUSED = /the server responded with a status of 4\d\d/;

const somebodyAtTheDoor = async () => {
  const { profile, page } = await stage.chromium.tab();
  await page.goto(stage.server.http);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  return { profile, page, app: new Messenger(page) };
};
type Visitor = Awaited<ReturnType<typeof somebodyAtTheDoor>>;

const signIn = async ({ page, app }: Pick<Visitor, 'page' | 'app'>, account: Account, password = PASSWORD) => {
  await page.getByLabel('Handle').fill(account.handle);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await app.button('Sign in').click();
};
const seated = async (account: Account) => {
  const { profile, page } = await stage.enter(account);
  const app = new Messenger(page);
  await app.list.waitFor();
  return { profile, page, app };
};
const openSettings = async ({ page }: Pick<Visitor, 'page'>) => {
  await page.goto(`${stage.server.http}/settings`);
  // There once there is a connection; what is done before is refused.
  await page.getByText('This device', { exact: true }).waitFor();
};

describe('somebody without an account', () => {
  it('registers, is told what to do first, and is still there after a reload', async () => {
    const { page, app } = await somebodyAtTheDoor();
    await page.getByText('New here? Create an account').click();
    await page.getByLabel('Display name').fill('Ann of the Hills');
    await page.getByLabel('Handle').fill('ann_of_the_hills');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await app.button('Create account').click();
    await app.text('No conversations yet').waitFor();
    await page.reload();
    await app.text('No conversations yet').waitFor();
  });

  it('is told at each field what is wrong with it', async () => {
    const taken = await stage.account('Taken');
    const { profile, page, app } = await somebodyAtTheDoor();
    profile.expect(REFUSED);
    await page.getByText('New here? Create an account').click();
    await page.getByLabel('Handle').fill('no');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await app.button('Create account').click();
    for (const said of ['Please fill this in.', /Use 3 to 32 of the letters/, 'Use at least 8 characters.'])
      await app.text(said).waitFor();
    await page.getByLabel('Display name').fill('Somebody');
    await page.getByLabel('Handle').fill(taken.handle);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await app.button('Create account').click();
    await app.text('This handle belongs to somebody else.').waitFor();
    expect(await page.getByLabel('Handle').getAttribute('aria-invalid')).toBe('true');
  });
});

describe('somebody with an account', () => {
  it('gets in with the right password, and only with that', async () => {
    const visitor = await somebodyAtTheDoor();
    visitor.profile.expect(REFUSED);
    const account = await stage.account('Ben');
    await signIn(visitor, account, 'another sentence');
    await visitor.app.text('The handle or the password is wrong.').waitFor();
    await signIn(visitor, account);
    await visitor.app.list.waitFor();
  });

  it('is asked for the password again by a browser that was not to remember, once that was closed', async () => {
    const visitor = await somebodyAtTheDoor();
    const account = await stage.account('Cleo');
    await visitor.page.getByLabel('Remember me on this device').uncheck();
    await signIn(visitor, account);
    await visitor.app.list.waitFor();
    const lasting = (await visitor.profile.context.cookies()).filter(({ expires }) => expires > 0);
    expect(lasting).toEqual([]);
  });

  it('keeps no token where a script finds it', async () => {
    const { profile, page } = await seated(await stage.account('Dan'));
    const cookies = await profile.context.cookies();
    expect(cookies.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite }))).toEqual([
      { httpOnly: true, sameSite: 'Strict' },
    ]);
    const kept = await page.evaluate(async () => {
      const entries = await Promise.all(
        (await indexedDB.databases()).map(
          ({ name }) =>
            new Promise<string>((resolve, reject) => {
              const opening = indexedDB.open(name!);
              opening.onerror = () => reject(new Error(String(opening.error)));
              opening.onsuccess = () => resolve([name, ...opening.result.objectStoreNames].join(' '));
            }),
        ),
      );
      return [document.cookie, JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), ...entries];
    });
    expect(kept.join('\n')).not.toMatch(/eyJ|token/i);
  });

  it('signs out, and a reload does not bring them back', async () => {
    const { page, app } = await seated(await stage.account('Eve'));
    await openSettings({ page });
    await app.button('Sign out').click();
    await app.confirm('Sign out');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('shows nothing of who was there before, whose session has ended', async () => {
    const [account, next] = [await stage.account('Jo'), await stage.account('Kim')];
    await stage.group('Both are in it', account, [next]);
    const { profile, page, app } = await seated(account);
    profile.expect(REFUSED);
    await app.openChat('Both are in it');
    await app.composer.fill('Jo is writing');
    await profile.context.clearCookies();
    await page.reload();
    await signIn({ page, app }, next);
    await app.openChat('Both are in it');
    expect(await app.composer.inputValue()).toBe('');
    expect(await app.list.innerText()).not.toContain('Jo is writing');
  });

  it('is forgotten although the page was left before the server had answered the sign-out', async () => {
    const account = await stage.account('Lea');
    await stage.group('Left in a hurry', account);
    const { profile, page, app } = await seated(account);
    profile.expect(REFUSED); // it may get through at the very last, and then there is no session to go on with
    await app.openChat('Left in a hurry');
    await app.composer.fill('half a sentence');
    const kept = () => page.evaluate(() => JSON.stringify({ ...localStorage }));
    expect(await kept()).toContain('half a sentence');
    await page.route('**/v1/session/logout', () => {}); // never answered
    await openSettings({ page });
    await app.button('Sign out').click();
    await Promise.all([
      page.waitForRequest('**/v1/session/logout'),
      app.dialog.getByRole('button', { name: 'Sign out', exact: true }).click(),
    ]);
    await page.close();
    const again = await page.context().newPage();
    await again.goto(stage.server.http);
    await again.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await again.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain('half a sentence');
  });

  it('signs out without a connection: here at once, at the server when the page is next loaded', async () => {
    const account = await stage.account('Gil');
    const { profile, page, app } = await seated(account);
    profile.expect(/ERR_FAILED|Failed to load resource/);
    const sessions = async () => (await stage.server.command('session.list', {}, account.token)).sessions as unknown[];
    await openSettings({ page });
    const before = await sessions();
    await page.route('**/v1/session/logout', (route) => route.abort());
    await app.button('Sign out').click();
    await app.confirm('Sign out');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await sessions()).toHaveLength(before.length);
    await page.unroute('**/v1/session/logout');
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await sessions()).toHaveLength(before.length - 1);
  });
});

describe('sessions', () => {
  it('are listed; one that is ended lands on the login with a word why', async () => {
    const account = await stage.account('Fay');
    const [here, there] = [await seated(account), await seated(account)];
    await openSettings(here);
    await here.app.text('This device').waitFor();
    // One of account(), one of each browser.
    const ends = here.page.getByRole('button', { name: /^End session/ });
    await expect.poll(() => ends.count()).toBe(2);
    await here.app.button('End all others').click();
    await there.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await there.app.text('You were signed out, here or on another device.').waitFor();
    await expect.poll(() => ends.count()).toBe(0);
    await here.page.reload();
    await here.app.text('This device').waitFor();
  });

  it('all end by logging out everywhere, this one too', async () => {
    const account = await stage.account('Gil');
    const [here, there] = [await seated(account), await seated(account)];
    await openSettings(here);
    await here.app.button('Log out everywhere').click();
    await here.app.confirm('Log out everywhere');
    for (const { page } of [here, there]) await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    for (const { page, profile } of [here, there]) {
      profile.expect(REFUSED);
      await page.goto(stage.server.http);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    }
  });
});

describe('a profile', () => {
  it('shows its new name to others', async () => {
    const [ann, ben] = [await stage.account('Hal'), await stage.account('Ida')];
    await stage.say(ann, await stage.privateChat(ann, ben), ['hello']);
    const here = await seated(ann);
    await openSettings(here);
    await here.page.getByLabel('Display name').fill('Hal the Second');
    await here.page.getByRole('region', { name: 'Profile' }).getByRole('button', { name: 'Save' }).click();
    await here.app.text('Saved').waitFor();
    const there = await seated(ben);
    await there.app.chat('Hal the Second').waitFor();
  });

  it('takes a new password, signs the other devices out, and forgets the old one', async () => {
    const account = await stage.account('Jay');
    const [here, there] = [await seated(account), await seated(account)];
    await openSettings(here);
    await here.page.getByLabel('Current password').fill(PASSWORD);
    await here.page.getByLabel('New password').fill('another sentence');
    await here.app.button('Change password').click();
    await here.app.text('Password changed.').waitFor();
    await there.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    there.profile.expect(REFUSED);
    await signIn(there, account);
    await there.app.text('The handle or the password is wrong.').waitFor();
    await signIn(there, account, 'another sentence');
    await there.app.list.waitFor();
  });
});
