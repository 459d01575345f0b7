import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Messenger } from './messenger.ts';
import { type Account, Stage } from './stage.ts';

const stage = Stage.open();

let ann: Account;
let group: string;
let chat: string;
beforeAll(async () => {
  const [ben, cleo] = [await stage.account('Ben Baker'), await stage.account('שרה לוי')];
  ann = await stage.account('Ann Archer');
  group = await stage.group('Book circle', ann, [ben, cleo]);
  chat = await stage.privateChat(ann, ben);
  await stage.say(ben, group, ['Has everybody read chapter three?', 'See https://example.org/three for notes']);
  await stage.say(ann, group, ['I have!', 'Twice.']);
  await stage.say(cleo, group, ['גם אני', 'The end\nis sad']);
  await stage.say(ben, chat, ['Unread, this one']);
});

/** Everything that a tool can find, by day and by night; it says which elements, and why. */
const expectAccessible = async (page: Page, view: string) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next))));
    const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] });
    // Only colours differ by night.
    const { violations } = await (colorScheme === 'dark' ? axe.withRules('color-contrast') : axe).analyze();
    const serious = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
    expect(serious, `${view}, ${colorScheme}`).toEqual([]);
  }
};

// Colours that are on their way from one to the other would be judged.
const still = { reducedMotion: 'reduce', traced: false } as const;

describe.each([
  ['a desktop', { ...still, viewport: { width: 1280, height: 800 } }],
  ['a phone', { ...still, viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
])('on %s', (_name, screen) => {
  it('the way in has no serious finding', async () => {
    const { page } = await stage.chromium.tab(screen);
    const app = new Messenger(page);
    await page.goto(stage.server.http);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await expectAccessible(page, 'login');
    await page.getByText('New here? Create an account').click();
    await app.button('Create account').click();
    await app.text('Please fill this in.').waitFor();
    await expectAccessible(page, 'registration with errors');
  });

  it('no view of the messenger has a serious finding', async () => {
    const { page } = await stage.enter(ann, screen);
    const app = new Messenger(page);
    await app.chat('Book circle').waitFor();
    await expectAccessible(page, 'list');
    await app.button('New conversation').click();
    await page.getByRole('menuitem', { name: 'New group' }).click();
    await app.dialog.waitFor();
    await expectAccessible(page, 'new group');
    await page.keyboard.press('Escape');
    await app.openChat('Book circle');
    await app.message('Twice.').waitFor();
    await expectAccessible(page, 'chat');
    await app.message('Twice.').click({ button: 'right' });
    await page.getByRole('menu').waitFor();
    await expectAccessible(page, 'menu');
    await page.getByRole('menuitem', { name: 'Reply' }).click();
    await app.openDetails();
    await app.details.getByText('Ben Baker').waitFor();
    await expectAccessible(page, 'members');
    await app.button('Delete group').click();
    await app.dialog.waitFor();
    await expectAccessible(page, 'question');
    await page.goto(`${stage.server.http}/settings`);
    await page.getByRole('heading', { name: 'Devices' }).waitFor();
    await app.text('This device').waitFor();
    await expectAccessible(page, 'settings');
  });
});

describe('the keyboard', () => {
  const seated = async () => {
    const { page } = await stage.enter(ann, { viewport: { width: 1280, height: 800 } });
    const app = new Messenger(page);
    await app.chat('Book circle').waitFor();
    return { page, app };
  };
  const focusIsVisible = (page: Page) =>
    page.evaluate(() => {
      const element = document.activeElement!;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      const ring = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1;
      const { width, height } = element.getBoundingClientRect();
      return (ring || boxShadow !== 'none') && width > 0 && height > 0;
    });

  it('walks through everything in order, always with a visible focus', async () => {
    const { page, app } = await seated();
    await app.openChat('Book circle');
    // From the very beginning of the page.
    await page.evaluate(() => {
      const beginning = document.createElement('button');
      document.body.prepend(beginning);
      beginning.focus();
      beginning.remove();
    });
    const walked: string[] = [];
    for (let n = 0; n < 30; n++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => {
        const element = document.activeElement!;
        return element === document.body
          ? ''
          : `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent}`;
      });
      if (stop === '') break;
      walked.push(stop);
      expect(await focusIsVisible(page), stop).toBe(true);
    }
    const position = (what: RegExp) => walked.findIndex((stop) => what.test(stop));
    const order = [/Skip to the conversation/, /Search conversations/, /Book circle/, /Details/, /TEXTAREA/].map(
      position,
    );
    expect(order, walked.join('\n')).toEqual([...order].sort((a, b) => a - b));
    expect(order[0], walked.join('\n')).toBe(0);
    expect(walked.length).toBeLessThan(30);
  });

  it('leads from the list to a sent message, without a mouse', async () => {
    const { page, app } = await seated();
    await page.keyboard.press('ControlOrMeta+K');
    await page.keyboard.type('Book');
    await app.tabTo(app.chat('Book circle'));
    await page.keyboard.press('Enter');
    await app.composer.waitFor();
    await app.tabTo(app.composer);
    await page.keyboard.type('by keys');
    await page.keyboard.press('Enter');
    await app.message('by keys').waitFor();
  });

  it('closes what is open by Escape, and gives the focus back', async () => {
    const { page, app } = await seated();
    await app.openChat('Book circle');
    await app.button('Details').focus();
    await page.keyboard.press('Enter');
    await app.hasFocus(app.details);
    await page.keyboard.press('Escape');
    await app.details.waitFor({ state: 'detached' });
    const opener = app.button('New conversation');
    await opener.focus();
    await page.keyboard.press('Enter');
    await app.hasFocus(page.getByRole('menu'));
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await expect.poll(() => opener.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it('goes from one conversation to the next by Alt and an arrow', async () => {
    const { page, app } = await seated();
    await app.chat('Ben Baker').waitFor(); // its name is fetched after the list
    const names = await app.list.getByRole('listitem').locator('a > span > span > bdi').allTextContents();
    await app.openChat(names[0]!);
    await page.keyboard.press('Alt+ArrowDown');
    await page.getByRole('heading', { name: names[1]!, exact: true }).waitFor();
    await page.keyboard.press('Alt+ArrowUp');
    await page.getByRole('heading', { name: names[0]!, exact: true }).waitFor();
  });
});
