import { beforeAll, describe, expect, it } from 'vitest';
import { Messenger } from './messenger.ts';
import { type Account, Stage } from './stage.ts';

const stage = Stage.open();
const CHATS = 1_000;
/** More than a high screen shows. */
const MOST_IN_PAGE = 60;

let ann: Account;
let anns: Messenger;
beforeAll(async () => {
  ann = await stage.account('Ann');
  // One by one: each takes the lock of its owner.
  for (let n = 1; n <= CHATS; n++) await stage.group(`Chat ${n}`, ann);
  anns = new Messenger((await stage.enter(ann, { kept: true, traced: false })).page);
}, 300_000);

const rows = () => anns.list.getByRole('listitem');
const inPage = () => rows().count();
const places = () =>
  rows().evaluateAll((all) =>
    all.map((row) => ['aria-posinset', 'aria-setsize'].map((name) => row.getAttribute(name))),
  );
const isComplete = () =>
  expect.poll(async () => (await places()).some(([, size]) => size === String(CHATS))).toBe(true);
const isShown = (name: string, app = anns) =>
  expect
    .poll(() =>
      app.chat(name).evaluateAll(([row]) => {
        const view = row?.closest('nav')?.querySelector('[role=list]')?.parentElement?.getBoundingClientRect();
        const { top = 0, bottom = 0 } = row?.getBoundingClientRect() ?? {};
        return view !== undefined && bottom > view.top && top < view.bottom;
      }),
    )
    .toBe(true);
const hasFocus = (name: string) =>
  expect.poll(() => anns.chat(name).evaluateAll(([row]) => row === document.activeElement)).toBe(true);

describe('1,000 conversations', () => {
  it('are there soon, and all of them, with few rows in the page', async ({ annotate }) => {
    await anns.page.reload();
    await rows().first().waitFor();
    const first = await sinceLoad();
    await isComplete();
    await annotate(`the first row after ${first} ms, the whole list after ${await sinceLoad()} ms`);
    expect(await inPage()).toBeLessThan(MOST_IN_PAGE);
    const begun = await sinceLoad();
    await anns.list.locator('[role=list]').evaluate(({ parentElement }) => {
      const scroller = parentElement!;
      scroller.scrollTop = scroller.scrollHeight;
    });
    const last = String(CHATS);
    await expect.poll(async () => (await places()).some(([place]) => place === last)).toBe(true);
    await annotate(`from the first to the last in ${(await sinceLoad()) - begun} ms`);
    expect(await inPage()).toBeLessThan(MOST_IN_PAGE);
    // In their order, each once.
    const numbers = (await places()).map(([place]) => Number(place));
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it('are walked through by the keys', async () => {
    await anns.page.reload();
    await isComplete();
    const names = await orderedNames();
    await anns.chat(names[0]!).focus();
    await anns.page.keyboard.press('End');
    await hasFocus(names.at(-1)!);
    await isShown(names.at(-1)!);
    await anns.page.keyboard.press('ArrowUp');
    await hasFocus(names.at(-2)!);
    await anns.page.keyboard.press('Home');
    await hasFocus(names[0]!);
    await isShown(names[0]!);
    await anns.page.keyboard.press('ArrowDown');
    await hasFocus(names[1]!);
    // What has the focus keeps it, however far away one scrolls.
    await anns.list.locator('[role=list]').evaluate(({ parentElement }) => parentElement!.scrollTo(0, 30_000));
    await expect.poll(async () => (await places()).some(([place]) => Number(place) > 400)).toBe(true);
    await hasFocus(names[1]!);
    await anns.page.keyboard.press('Enter');
    await anns.page.getByRole('heading', { name: names[1]!, exact: true }).waitFor();
  });

  it('are opened by a click while the list is still rolling', async () => {
    const { page } = anns;
    await page.goto(stage.server.http);
    await isComplete();
    await anns.chat((await orderedNames())[5]!).hover();
    for (let turn = 0; turn < 3; turn++) {
      await page.mouse.wheel(0, 400);
      await page.evaluate(() => new Promise((next) => requestAnimationFrame(next)));
    }
    await page.mouse.down();
    await page.mouse.up();
    await anns.composer.waitFor();
  });

  it('are searched, and Enter opens the first that is found', async () => {
    const search = anns.page.getByRole('searchbox', { name: 'Search conversations' });
    await search.fill('chat 77');
    await expect.poll(inPage).toBe(11); // 77, and 770 to 779
    await anns.page.keyboard.press('Enter');
    const first = (await anns.list.locator('a bdi').first().textContent())!;
    await anns.page.getByRole('heading', { name: first, exact: true }).waitFor();
    await search.fill('');
    await isComplete();
    await isShown(first);
    // Showing it is over at once: who scrolls on is not taken back to it.
    const top = anns.list.locator('[role=list]').evaluate(async ({ parentElement }) => {
      parentElement!.scrollTo(0, 0);
      for (let frame = 0; frame < 20; frame++) await new Promise((next) => requestAnimationFrame(next));
      return parentElement!.scrollTop;
    });
    expect(await top).toBe(0);
  });

  it('come to the top when something is new in them, though their row was far from the page', async () => {
    const far = (await orderedNames()).at(-1)!;
    const [id] = (await idsOf(far)) as [string];
    const ben = await stage.account('Ben');
    await stage.server.command('member.add', { conversationId: id, users: [ben.userId] }, ann.token);
    await anns.list.locator('[role=list]').evaluate(({ parentElement }) => parentElement!.scrollTo(0, 0));
    await stage.say(ben, id, ['from far away']);
    await anns.unread(far, 1).waitFor();
    await isShown(far);
    await expect.poll(async () => (await rows().first().textContent())?.includes('from far away')).toBe(true);

    // Who reads further down keeps what they read in its place.
    const names = await orderedNames();
    const read = anns.chat(names[300]!);
    const scrollsTo = async () => {
      await anns.list.locator('[role=list]').evaluate(({ parentElement }) => parentElement!.scrollTo(0, 300 * 66));
      return read.count();
    };
    await expect.poll(scrollsTo).toBe(1);
    await isShown(names[300]!);
    const place = await read.boundingBox();
    const [next] = (await idsOf(names.at(-1)!)) as [string];
    await stage.server.command('member.add', { conversationId: next, users: [ben.userId] }, ann.token);
    await stage.say(ben, next, ['from as far']);
    await expect.poll(() => read.evaluate((row) => row.closest('[role=listitem]')?.ariaPosInSet)).toBe('302');
    expect(await read.boundingBox()).toEqual(place);
  });
});

describe('on a phone', () => {
  it('the list is where it was when one comes back to it', async () => {
    const screen = { viewport: { width: 360, height: 740 }, traced: false };
    const app = new Messenger((await stage.enter(ann, screen)).page);
    const far = (await orderedNames())[500]!;
    const line = app.chat(far);
    const scrollsTo = async () => {
      await app.list.locator('[role=list]').evaluate(({ parentElement }) => parentElement!.scrollTo(0, 33_000));
      return line.count();
    };
    await expect.poll(scrollsTo).toBe(1);
    await line.click();
    await app.composer.waitFor();
    await line.waitFor({ state: 'hidden' });
    await app.page.goBack();
    await isShown(far, app);
  });
});

const sinceLoad = () => anns.page.evaluate(() => Math.round(performance.now()));
const listed = async () => {
  const all: { id: string; title: string }[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await stage.server.command('conversation.list', { limit: 100, ...(after && { after }) }, ann.token);
    const { conversations, next } = page as {
      conversations: { conversation: { id: string; title: string } }[];
      next?: string;
    };
    all.push(...conversations.map(({ conversation }) => conversation));
    more = next !== undefined;
    after = next;
  }
  return all;
};
const orderedNames = async () => (await listed()).map(({ title }) => title);
const idsOf = async (title: string) => (await listed()).filter((one) => one.title === title).map(({ id }) => id);
