import { beforeAll, describe, expect, it } from 'vitest';
import { Messenger } from './messenger.ts';
import { type Account, Stage } from './stage.ts';

const stage = Stage.open();

/** Counts what is started, in place of hearing it. */
const COUNT_SOUNDS = `
  globalThis.soundsStarted = 0;
  for (const node of [OscillatorNode, AudioBufferSourceNode]) {
    const { start } = node.prototype;
    node.prototype.start = function (...given) {
      globalThis.soundsStarted++;
      return start.apply(this, given);
    };
  }
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    globalThis.soundsStarted++;
    return play.call(this);
  };`;

let ann: Account;
let ben: Account;
let anns: Messenger;
beforeAll(async () => {
  [ann, ben] = await Promise.all([stage.account('Ann'), stage.account('Ben')]);
  const { page, profile } = await stage.enter(ann, { kept: true });
  await profile.context.addInitScript({ content: COUNT_SOUNDS });
  await page.reload();
  anns = new Messenger(page);
  await anns.list.waitFor();
});

const lines = (count: number, word = 'line') => Array.from({ length: count }, (_, n) => `${word} ${n + 1}`);
const sounds = () => anns.page.evaluate(() => (globalThis as unknown as { soundsStarted: number }).soundsStarted);
const icon = () => anns.page.locator('link[rel=icon]').first().getAttribute('href');
/** Looks at nothing, so that whatever comes is unread. */
const lookAway = async () => {
  await anns.page.goto(stage.server.http);
  await anns.list.waitFor();
};

describe('what was not read', () => {
  it('is counted exactly, in the list and in the title, and no more once it was', async () => {
    const [one, two] = [await stage.group('Count one', ann, [ben]), await stage.group('Count two', ann, [ben])];
    await lookAway();
    const before = await icon();
    await stage.say(ben, one, lines(3));
    await stage.say(ben, two, lines(2));
    await anns.unread('Count one', 3).waitFor();
    await anns.unread('Count two', 2).waitFor();
    await expect.poll(() => anns.page.title()).toMatch(/^\(5\) /);
    await expect.poll(icon).not.toBe(before);
    await anns.openChat('Count one');
    await expect.poll(() => anns.unread('Count one').count()).toBe(0);
    await expect.poll(() => anns.page.title()).toMatch(/^\(2\) /);
    await anns.openChat('Count two');
    await expect.poll(() => anns.page.title()).not.toMatch(/^\(/);
    await expect.poll(icon).toBe(before);
  });

  it('is not counted for one’s own messages, nor for those deleted meanwhile', async () => {
    const id = await stage.group('Count three', ann, [ben]);
    await lookAway();
    const [, second] = await stage.say(ben, id, lines(3));
    await stage.say(ann, id, ['mine']);
    await anns.unread('Count three', 3).waitFor();
    await stage.server.command('message.delete', { conversationId: id, id: second }, ben.token);
    await anns.unread('Count three', 2).waitFor();
  });

  it('begins under a divider, which stays while one reads', async () => {
    const id = await stage.group('Divider', ann, [ben]);
    await stage.say(ann, id, ['mine']);
    await stage.say(ben, id, lines(40));
    await lookAway();
    await anns.openChat('Divider');
    const divider = anns.log.getByText('New messages', { exact: true });
    await divider.waitFor();
    const [line, first] = await Promise.all([divider.boundingBox(), anns.message('line 1').boundingBox()]);
    expect(line!.y).toBeLessThan(first!.y);
    expect(first!.y - line!.y).toBeLessThan(120);
    await expect.poll(() => anns.unread('Divider').count()).toBe(0);
    await divider.waitFor();
    await anns.button(/^Jump to the newest message/).click();
    await anns.message('line 40').waitFor();
  });

  it('does not pull down who reads further up; a button does, and says how much is there', async () => {
    const id = await stage.group('Jump', ann, [ben]);
    await stage.say(ann, id, lines(80, 'old'));
    await anns.openChat('Jump');
    await anns.message('old 80').waitFor();
    await anns.pointAtLog();
    await anns.page.mouse.wheel(0, -1_500);
    await anns.button('Jump to the newest message').waitFor();
    const top = await firstVisible();
    await stage.say(ben, id, lines(3, 'new'));
    const jump = anns.button('Jump to the newest message, 3 unread');
    await jump.waitFor();
    expect(await firstVisible()).toBe(top);
    await jump.click();
    await anns.message('new 3').waitFor();
    await jump.waitFor({ state: 'detached' });
  });
});

const firstVisible = () =>
  anns.log.evaluate((log) => {
    const { top } = log.parentElement!.getBoundingClientRect();
    const rows = [...log.querySelectorAll('[role=article], article')];
    return rows.find((row) => row.getBoundingClientRect().bottom > top)?.textContent;
  });

describe('a muted conversation', () => {
  it('counts, but neither in the title nor by a sound', async () => {
    const id = await stage.group('Muted one', ann, [ben]);
    await anns.openChat('Muted one');
    await anns.openDetails();
    await anns.button('Mute').click();
    await anns.page.getByRole('menuitem', { name: 'For 1 hour' }).click();
    await anns.details.getByText(/^Muted until/).waitFor();
    await lookAway();
    const [title, heard] = [await anns.page.title(), await sounds()];
    await stage.say(ben, id, lines(2));
    await anns.unread('Muted one', 2).waitFor();
    await anns.chat('Muted one').getByText('Muted', { exact: true }).waitFor();
    expect(await anns.page.title()).toBe(title);
    expect(await sounds()).toBe(heard);
  });
});

describe('an archived conversation', () => {
  it('lies apart, can be opened there, and comes back', async () => {
    await stage.group('Put away', ann, [ben]);
    await anns.openChat('Put away');
    await anns.openDetails();
    await anns.button('Archive').click();
    await anns.chat('Put away').waitFor({ state: 'detached' });
    await anns.list.getByText(/Archived|archived conversation/).click();
    await anns.openChat('Put away');
    await anns.button('Move out of the archive').click();
    await lookAway();
    await anns.chat('Put away').waitFor();
  });
});

describe('a new message', () => {
  it('makes a sound once, unless its conversation or everything is to be silent', async () => {
    const id = await stage.group('Loud', ann, [ben]);
    await stage.group('Elsewhere', ann, [ben]);
    await anns.openChat('Loud');
    await anns.openDetails();
    const perChat = anns.details.getByRole('switch', { name: 'Sound for new messages' });
    const hear = async (word: string) => {
      await anns.openChat('Elsewhere');
      const before = await sounds();
      await stage.say(ben, id, [word]);
      await anns.chat('Loud').getByText(word).waitFor();
      return (await sounds()) - before;
    };
    expect(await hear('loud')).toBe(1);
    await anns.openChat('Loud');
    await perChat.uncheck();
    expect(await hear('silent chat')).toBe(0);
    await anns.openChat('Loud');
    await perChat.check();
    expect(await hear('loud again')).toBe(1);
  });

  it('stands out in the list, and is told to who can’t see it', async () => {
    const id = await stage.group('Standing out', ann, [ben]);
    await lookAway();
    const weight = () =>
      anns
        .chat('Standing out')
        .getByText('Standing out')
        .evaluate((element) => Number(getComputedStyle(element).fontWeight));
    const before = await weight();
    await stage.say(ben, id, ['look here']);
    await anns.unread('Standing out', 1).waitFor();
    expect(await weight()).toBeGreaterThan(before);
    await expect
      .poll(() => anns.page.locator('[aria-live]:not([role=log])').allInnerTexts())
      .toContainEqual('New message from Ben in Standing out');
  });
});
