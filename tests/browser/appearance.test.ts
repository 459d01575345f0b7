import { beforeAll, describe, expect, it } from 'vitest';
import { Messenger } from './messenger.ts';
import { type Account, Stage } from './stage.ts';

const stage = Stage.open();
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
const ARABIC = 'مرحبا بالجميع، كيف حالكم اليوم؟';
const HEBREW = 'שלום לכולם (hello) 123!';

let ann: Account;
let ben: Account;
beforeAll(async () => {
  [ann, ben] = [await stage.account('Ann'), await stage.account('عمر حداد')];
  const longest = await stage.account('W'.repeat(64));
  const id = await stage.group(LONG.slice(0, 128).padEnd(128, 'x'), ann, [ben, longest]);
  await stage.say(longest, id, [LONG.repeat(3), `https://example.org/${'a'.repeat(400)}`, '😀'.repeat(300)]);
  await stage.say(ben, id, [ARABIC, HEBREW, 'plain and left']);
  await stage.say(ann, id, [ARABIC, '漢字'.repeat(300), 'mine']);
});

const seated = async (options: Parameters<Stage['enter']>[1], path?: string) => {
  const { page, profile } = await stage.enter(ann, options, path);
  const app = new Messenger(page);
  return { page, profile, app };
};
const luminance = (page: Messenger['page']) =>
  page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d')!;
    canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
    return (r! + g! + b!) / 3;
  });

describe('long words and names', () => {
  it.each([
    ['a desktop', { viewport: { width: 1280, height: 800 } }],
    ['a narrow window', { viewport: { width: 700, height: 500 } }],
    ['a phone', PHONE],
    ['a very small phone', { ...PHONE, viewport: { width: 320, height: 568 } }],
  ])('stick out nowhere on %s', async (_where, options) => {
    const { page, app } = await seated(options);
    await app.chat(/^Donau/).waitFor();
    await expect.poll(() => app.overflowing()).toEqual([]);
    await app.openChat(/^Donau/);
    await app.message('mine').waitFor();
    await expect.poll(() => app.overflowing()).toEqual([]);
    await app.openDetails();
    await app.details.getByText('WWWW').waitFor();
    await expect.poll(() => app.overflowing()).toEqual([]);
    await page.goto(`${stage.server.http}/settings`);
    await app.text('This device').waitFor();
    await expect.poll(() => app.overflowing()).toEqual([]);
  });
});

describe('texts and names from right to left', () => {
  it('run from right to left in their bubble; who spoke stays where it was', async () => {
    const { app } = await seated({ viewport: { width: 1280, height: 800 } });
    await app.openChat(/^Donau/);
    await app.message('mine').waitFor();
    const directionOf = (text: string) =>
      app.log
        .getByText(text, { exact: true })
        .last()
        .evaluate((element) => getComputedStyle(element).direction);
    expect(await directionOf(ARABIC)).toBe('rtl');
    expect(await directionOf(HEBREW)).toBe('rtl');
    expect(await directionOf('plain and left')).toBe('ltr');
    const edges = (text: string) =>
      app.log
        .getByText(text, { exact: true })
        .last()
        .evaluate((element) => {
          const { left, right } = element.getBoundingClientRect();
          return { left, right };
        });
    const log = (await app.log.boundingBox())!;
    const [his, mine] = [await edges(HEBREW), await edges(ARABIC)];
    expect(his.left - log.x).toBeLessThan(log.x + log.width - his.right);
    expect(mine.left - log.x).toBeGreaterThan(log.x + log.width - mine.right);
  });

  it('turn nothing around them: a name of other direction is isolated', async () => {
    const id = await stage.group('Isolation', ann, [ben]);
    await stage.server.command('member.set_role', { conversationId: id, userId: ben.userId, role: 'admin' }, ann.token);
    const { app } = await seated({});
    await app.openChat('Isolation');
    const notice = app.log.getByText(/made .* an admin/);
    // Names are fetched after the notice.
    await expect.poll(() => notice.locator('bdi').allInnerTexts()).toContain(ben.displayName);
  });
});

describe('a phone', () => {
  it('shows one thing at a time, and the way back', async () => {
    const { page, app } = await seated(PHONE);
    await app.chat(/^Donau/).tap();
    await app.composer.waitFor();
    await app.list.waitFor({ state: 'hidden' });
    await app
      .button('Back to the conversations')
      .or(page.getByRole('link', { name: 'Back to the conversations' }))
      .tap();
    await app.list.waitFor();
    await app.composer.waitFor({ state: 'hidden' });
    await app.chat(/^Donau/).tap();
    await app.composer.waitFor();
    await page.goBack();
    await app.list.waitFor();
  });

  it('sends by the button, and opens the menu of a message by a long press', async () => {
    const id = await stage.group('By touch', ann, [ben]);
    const { page, app } = await seated(PHONE, `/c/${id}`);
    await app.composer.fill('by thumb');
    await app.button('Send').tap();
    const bubble = app.message('by thumb').getByText('by thumb');
    await bubble.tap({ trial: true }); // it stands still
    const box = (await bubble.boundingBox())!;
    const devtools = await page.context().newCDPSession(page);
    const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    await devtools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] });
    await page.getByRole('menu').waitFor();
    await devtools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await page.getByRole('menuitem', { name: 'Copy text' }).waitFor();
  });
});

describe('a desktop', () => {
  it('shows list, chat and details side by side', async () => {
    const { app } = await seated({ viewport: { width: 1280, height: 800 } });
    await app.openChat(/^Donau/);
    await app.openDetails();
    const [list, log, details] = await Promise.all(
      [app.list, app.log.locator('..'), app.details].map((part) => part.boundingBox()),
    );
    expect(list!.x + list!.width).toBeLessThanOrEqual(log!.x + 1);
    expect(log!.x + log!.width).toBeLessThanOrEqual(details!.x + 1);
    expect(log!.width).toBeGreaterThan(300);
  });
});

describe('the theme', () => {
  it('follows the system until one is chosen, and is kept', async () => {
    const { page, app } = await seated({ colorScheme: 'light' }, '/settings');
    await app.text('Appearance').waitFor();
    await expect.poll(() => luminance(page)).toBeGreaterThan(180);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(() => luminance(page)).toBeLessThan(70);
    await page.getByRole('radio', { name: 'Light' }).check();
    await expect.poll(() => luminance(page)).toBeGreaterThan(180);
    await page.reload();
    await app.text('Appearance').waitFor();
    await expect.poll(() => luminance(page)).toBeGreaterThan(180);
  });
});

describe('another language', () => {
  /** Latin letters that belong: our name, and what languages call themselves. */
  const BELONGS = /Tertulia|English|Chrome|Chromium|Linux|macOS|Windows|Android|\b[au]_[a-z0-9]+\b/g;
  /** All that is read or read out, without what people wrote. */
  const wordsOf = (page: Messenger['page']) =>
    page.evaluate(() => {
      const texts: string[] = [document.title];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node instanceof Element)
          for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description', 'aria-roledescription'])
            texts.push(node.getAttribute(name) ?? '');
        else if (!node.parentElement?.closest('script, style, noscript')) texts.push(node.textContent ?? '');
      }
      return texts;
    });
  const leftInEnglish = async (page: Messenger['page']) =>
    (await wordsOf(page)).filter((text) => /[A-Za-z]{2,}/.test(text.replaceAll(BELONGS, '')));

  it.each([
    ['ru-RU', 'Анна', 'Книги', /Вход|Войти/],
    ['zh-CN', '小安', '读书会', /登录/],
  ])('%s leaves nothing in English, from the way in to the settings', async (locale, name, title, way) => {
    const outside = await stage.chromium.tab({ locale });
    await outside.page.goto(stage.server.http);
    await outside.page.getByRole('heading', { name: way }).waitFor();
    expect(await leftInEnglish(outside.page)).toEqual([]);

    const [one, other] = [await stage.account(name), await stage.account(`${name}二`)];
    const id = await stage.group(title, one, [other]);
    await stage.say(other, id, ['1', '2', '3']);
    await stage.server.command(
      'member.set_role',
      { conversationId: id, userId: other.userId, role: 'admin' },
      one.token,
    );
    await stage.server.command('conversation.update', { conversationId: id, title: `${title} 2` }, one.token);
    const { page } = await stage.enter(one, { locale, viewport: { width: 1280, height: 800 } });
    await page.getByText(`${title} 2`).first().waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(locale.slice(0, 2));
    expect(await leftInEnglish(page)).toEqual([]);
    await page.goto(`${stage.server.http}/c/${id}`);
    await page.getByText('3', { exact: true }).last().waitFor();
    expect(await leftInEnglish(page)).toEqual([]);
    await page.goto(`${stage.server.http}/settings`);
    await page.getByText(name).first().waitFor({ state: 'attached' });
    expect(await leftInEnglish(page)).toEqual([]);
  });

  it('is chosen in the settings, at once and for good', async () => {
    const { page } = await seated({}, '/settings');
    await page.getByRole('combobox', { name: 'Language' }).selectOption('ru');
    await page.getByRole('heading', { name: 'Настройки' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Настройки' }).waitFor();
  });
});
