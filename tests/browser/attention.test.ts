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
  await stage.group('Elsewhere', ann);
  await anns.chat('Elsewhere').waitFor();
});

const lines = (count: number, word = 'line') => Array.from({ length: count }, (_, n) => `${word} ${n + 1}`);
const sounds = () => anns.page.evaluate(() => (globalThis as unknown as { soundsStarted: number }).soundsStarted);
const soundRests = () =>
  anns.page.evaluate(async () => {
    const { held = [], pending = [] } = await navigator.locks.query();
    return ![...held, ...pending].some(({ name }) => name === 'tertulia-sound');
  });
const icon = () => anns.page.locator('link[rel=icon]').first().getAttribute('href');
/** So that whatever comes is unread. */
const lookAway = () => anns.openChat('Elsewhere');

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
    await lookAway();
    await stage.say(ben, id, lines(40));
    await anns.unread('Divider', 40).waitFor();
    await anns.openChat('Divider');
    const divider = anns.log.getByText('New messages', { exact: true });
    await divider.waitFor();
    // In one look: the list may still be moving.
    const below = await divider.evaluate((line) => {
      const first = [...document.querySelectorAll('article')].find(({ textContent }) =>
        textContent.includes('line 1'),
      )!;
      return first.getBoundingClientRect().top - line.getBoundingClientRect().top;
    });
    expect(below).toBeGreaterThan(0);
    expect(below).toBeLessThan(120);
    // What lies further down was not read yet.
    await expect.poll(() => anns.unread('Divider').count()).toBe(1);
    await anns.button(/^Jump to the newest message/).click();
    await anns.message('line 40').waitFor();
    await expect.poll(() => anns.unread('Divider').count()).toBe(0);
    await anns.wheelTo(divider);
  });

  it('does not pull down who reads further up; a button does, and says how much is there', async () => {
    const id = await stage.group('Jump', ann, [ben]);
    await stage.say(ann, id, lines(80, 'old'));
    await anns.openChat('Jump');
    await anns.message('old 80').waitFor();
    await anns.wheelTo(anns.button('Jump to the newest message'), -1_500);
    // So far up that the rest of it is fetched.
    await anns.text('This is where the conversation begins.').waitFor({ state: 'attached' });
    const top = await atRest();
    await stage.say(ben, id, lines(3, 'new'));
    const jump = anns.button('Jump to the newest message, 3 unread');
    await jump.waitFor();
    expect(await atRest()).toBe(top);
    await jump.click();
    await anns.message('new 3').waitFor();
    await jump.waitFor({ state: 'detached' });
    await expect.poll(() => anns.unread('Jump').count()).toBe(0);
  });
});

/** The first row in view and where it stands, once nothing has moved for some frames. */
const atRest = () =>
  anns.log.evaluate(async (log) => {
    const look = () => {
      const { top } = log.parentElement!.getBoundingClientRect();
      const rows = [...log.querySelectorAll('article')];
      const first = rows.find((row) => row.getBoundingClientRect().bottom > top);
      return `${first?.querySelector('[data-testid=text]')?.textContent} at ${first?.getBoundingClientRect().top}`;
    };
    let now = look();
    for (let still = 0; still < 10; ) {
      await new Promise((next) => requestAnimationFrame(next));
      const before = now;
      now = look();
      still = now === before ? still + 1 : 0;
    }
    return now;
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
    await expect.poll(soundRests).toBe(true);
    const [title, heard] = [await anns.page.title(), await sounds()];
    await stage.say(ben, id, lines(2));
    await anns.unread('Muted one', 2).waitFor();
    await anns.chat('Muted one').getByText('Muted', { exact: true }).waitFor();
    expect(await anns.page.title()).toBe(title);
    expect(await sounds()).toBe(heard);
  });

  it('is so until its time is over: then it says so nowhere, and counts in the title', async () => {
    const dan = await stage.account('Dan');
    const id = await stage.group('Muted for a while', dan, [ben]);
    const { page } = await stage.enter(dan);
    const app = new Messenger(page);
    await page.clock.install();
    await page.goto(`${stage.server.http}/c/${id}/details`);
    await app.button('Mute').click();
    await page.getByRole('menuitem', { name: 'For 1 hour' }).click();
    const marks = page.getByText('Muted', { exact: true });
    await expect.poll(() => marks.count()).toBe(2); // in the list and above the messages
    await page.getByRole('link', { name: 'Settings' }).click();
    await stage.say(ben, id, lines(2));
    await app.unread('Muted for a while', 2).waitFor();
    expect(await page.title()).toBe('Tertulia');
    await page.clock.fastForward('01:00:01');
    await expect.poll(() => marks.count()).toBe(0);
    await expect.poll(() => page.title()).toBe('(2) Tertulia');
    await app.openChat('Muted for a while');
    await app.openDetails();
    await app.details.getByRole('button', { name: 'Mute', exact: true }).waitFor();
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
    await anns.openDetails();
    await anns.button('Move out of the archive').click();
    await lookAway();
    await anns.chat('Put away').waitFor();
  });
});

describe('a new message', () => {
  it('makes a sound, unless its conversation or everything is to be silent', async () => {
    const id = await stage.group('Loud', ann, [ben]);
    await anns.chat('Loud').waitFor();
    const hear = async (word: string, loud: boolean) => {
      await lookAway();
      // It is heard once a second at most.
      await expect.poll(soundRests).toBe(true);
      const before = await sounds();
      await stage.say(ben, id, [word]);
      await anns.chat('Loud').getByText(word).waitFor();
      if (loud) return expect.poll(sounds).toBeGreaterThan(before);
      await anns.announced('New message from Ben in Loud').waitFor();
      expect(await soundRests()).toBe(true);
      expect(await sounds()).toBe(before);
    };
    const turn = async (on: boolean) => {
      const one = anns.page.getByRole('switch', { name: 'Sound for new messages' });
      await one.setChecked(on);
    };
    const perChat = async (on: boolean) => {
      await anns.openChat('Loud');
      await anns.openDetails();
      await turn(on);
    };
    const forAll = async (on: boolean) => {
      await anns.page.getByRole('link', { name: 'Settings' }).click();
      await turn(on);
    };
    await hear('one', true);
    await perChat(false);
    await hear('two', false);
    await perChat(true);
    await hear('three', true);
    await forAll(false);
    await hear('four', false);
    await forAll(true);
    await hear('five', true);
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
    await anns.announced('New message from Ben in Standing out').waitFor();
  });
});
