/** Takes the pictures of docs/images: people who have talked for days, and a browser that looks at it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { launchChromium } from '../tests/support/chromium.ts';
import { DEMO_PASSWORD, DemoServer } from './demo-server.ts';
import { withPalette } from './palette-png.ts';

const folder = join(import.meta.dirname, '../docs/images');
const LARGEST_BYTES = 250 * 1024;
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const HIKERS = 0;
const OMAR = 1;
const BEN = 2;

/** A place on Earth where it is five in the afternoon, so that people were talking today. */
const afternoon = (): string => {
  const hours = 17 - new Date().getUTCHours();
  const offset = hours > 14 ? hours - 24 : hours;
  // These names count westwards.
  return `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`;
};

await mkdir(folder, { recursive: true });
const demo = await DemoServer.start();
const browser = await launchChromium();

const ana = async (
  options: BrowserContextOptions,
  path: string,
  prepare?: (page: Page) => Promise<void>,
): Promise<Page> => {
  const context = await browser.newContext({
    ...{ deviceScaleFactor: 1.5, locale: 'en-GB', timezoneId: afternoon(), reducedMotion: 'reduce' },
    ...options,
  });
  const page = await context.newPage();
  await prepare?.(page);
  await page.goto(demo.server.http + path);
  await page.getByLabel('Handle').fill('ana');
  await page.getByLabel('Password', { exact: true }).fill(DEMO_PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  // The whole list has come; on a phone it may lie behind the chat.
  await page.locator('nav [role=listitem]:not([aria-setsize="-1"])').first().waitFor({ state: 'attached' });
  return page;
};
const chat = (talk: number) => `/c/${demo.conversationIds[talk]}`;
const inLog = (page: Page, text: string) => page.getByRole('feed').getByText(text).last();

const take = async (page: Page, name: string): Promise<void> => {
  await page.mouse.move(0, 0);
  await page.evaluate('document.fonts.ready');
  const picture = withPalette(await page.screenshot({ animations: 'disabled', caret: 'hide' }));
  await page.context().close();
  process.stdout.write(`${name}.png ${Math.round(picture.length / 1024)} KB\n`);
  if (picture.length > LARGEST_BYTES) throw new Error(`${name}.png is too large`);
  await writeFile(join(folder, `${name}.png`), picture);
};

const PROGRAMME = 'Here is the programme for all of December.';
/** As a server with narrower limits would, to show what a failed message looks like. */
const refuseProgramme = (page: Page): Promise<void> =>
  page.routeWebSocket(/\/v1\/ws$/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((frame) => {
      const { id, type, data } = JSON.parse(frame.toString()) as {
        id: number;
        type: string;
        data: { content?: string };
      };
      if (type !== 'message.send' || data.content !== PROGRAMME) return server.send(frame);
      socket.send(JSON.stringify({ id, ok: false, error: { code: 'too_large', message: 'too large' } }));
    });
  });

try {
  const light = await ana({ ...DESKTOP, colorScheme: 'light' }, chat(HIKERS));
  await inLog(light, 'И кофе.').waitFor();
  await take(light, 'desktop-light');

  const dark = await ana({ ...DESKTOP, colorScheme: 'dark' }, chat(BEN), refuseProgramme);
  await inLog(dark, 'the stove').waitFor();
  await dark.getByRole('textbox', { name: 'Message' }).fill(PROGRAMME);
  await dark.keyboard.press('Enter');
  await inLog(dark, 'Not sent.').waitFor();
  await take(dark, 'desktop-dark');

  const list = await ana({ ...PHONE, colorScheme: 'light' }, '/');
  await take(list, 'phone-list-light');

  const phone = await ana({ ...PHONE, colorScheme: 'dark' }, chat(OMAR));
  await inLog(phone, 'Luna').waitFor();
  await take(phone, 'phone-chat-dark');

  const members = await ana({ ...DESKTOP, colorScheme: 'light' }, `${chat(HIKERS)}/details`);
  await members.getByRole('complementary', { name: 'Details' }).getByText('@maximilian').waitFor();
  await inLog(members, 'И кофе.').waitFor();
  await take(members, 'members');

  const door = await browser.newContext({ deviceScaleFactor: 1.5, locale: 'en-GB', ...DESKTOP });
  const login = await door.newPage();
  await login.goto(demo.server.http);
  await login.getByRole('heading', { name: 'Sign in' }).waitFor();
  await take(login, 'login');

  const offline = await ana({ ...DESKTOP, colorScheme: 'light' }, chat(BEN));
  await inLog(offline, 'the stove').waitFor();
  await demo.server.kill();
  await offline.getByText('Connecting…').first().waitFor();
  for (const text of ['Just checked: the stove is in the cellar.', 'I’ll bring it, you bring the coffee!']) {
    await offline.getByRole('textbox', { name: 'Message' }).fill(text);
    await offline.keyboard.press('Enter');
    await inLog(offline, text).waitFor();
  }
  await offline.getByText('2 messages wait').first().waitFor();
  await take(offline, 'offline');
} finally {
  await browser.close();
  await demo.stop();
}
