import type { Locator } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Messenger } from './messenger.ts';
import { type Account, Stage } from './stage.ts';

const stage = Stage.open();
const MESSAGES = 10_000;
/** One turn of the wheel. */
const TURN = 300;
const DESKTOP = { width: 1280, height: 800 };

let ann: Account;
let anns: Messenger;
beforeAll(async () => {
  const ben = await stage.account('Ben');
  ann = await stage.account('Ann');
  const id = await stage.group('Long story', ann, [ben]);
  await stage.say(
    ben,
    id,
    Array.from({ length: MESSAGES }, (_, n) => `${n + 1}. ${words(n)}`),
  );
  const { page } = await stage.enter(ann, { kept: true, traced: false, viewport: DESKTOP });
  anns = new Messenger(page);
  await anns.list.waitFor();
}, 300_000);

/** Of one line or many, so that no row's height tells another's. */
const words = (n: number) => 'and so on, and so forth, '.repeat(1 + ((n * 7919) % 23));

interface Frame {
  readonly height: number;
  /** Where the rows in view end: one that comes in at the top may still find its height, upwards. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Looks at each frame until it is asked. */
const watchFrames = (log: Locator) =>
  log.evaluate((element) => {
    const frames: Frame[] = [];
    const longTasks: number[] = [];
    const observer = new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((one) => one.duration)));
    observer.observe({ entryTypes: ['longtask'] });
    let going = true;
    const scroller = element.parentElement!;
    const view = scroller.getBoundingClientRect();
    const look = () => {
      const rows: Record<string, number> = {};
      for (const row of element.querySelectorAll('article, [role=article]')) {
        const { bottom } = row.getBoundingClientRect();
        const number = /\d+\. /.exec(row.textContent ?? '')?.[0];
        if (number !== undefined && bottom > view.top && bottom < view.bottom) rows[number] = bottom;
      }
      frames.push({ height: scroller.scrollHeight, rows });
      if (going) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    (globalThis as unknown as { watched: object }).watched = {
      stop: () => {
        going = false;
        longTasks.push(...observer.takeRecords().map((one) => one.duration));
        observer.disconnect();
        return { frames, longTasks };
      },
    };
  });
const framesOf = (log: Locator) =>
  log.evaluate(() =>
    (globalThis as unknown as { watched: { stop(): { frames: Frame[]; longTasks: number[] } } }).watched.stop(),
  );

const turnUp = async (turns: number, by = TURN) => {
  await anns.pointAtLog();
  for (let n = 0; n < turns; n++) {
    await anns.page.mouse.wheel(0, -by);
    await anns.page.evaluate(() => new Promise((next) => requestAnimationFrame(next)));
  }
};
const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!; // never empty

describe('10,000 messages', () => {
  it('open at the newest', async () => {
    await anns.openChat('Long story');
    await anns.message(`${MESSAGES}. `).waitFor();
  });

  it('scroll back over many pages: no row ever goes the other way, or further than the wheel was turned', async ({
    annotate,
  }) => {
    await watchFrames(anns.log);
    await turnUp(150);
    const { frames } = await framesOf(anns.log);
    // A row that comes in at the top has a frame to find its height; from then on it stays where it is.
    const moves = frames.slice(2).flatMap((frame, n) =>
      Object.entries(frame.rows).flatMap(([row, bottom]) => {
        const [first, before] = [frames[n]!.rows[row], frames[n + 1]!.rows[row]]; // the two frames before
        return first === undefined || before === undefined ? [] : [bottom - before];
      }),
    );
    const pages = new Set(frames.map(({ height }) => height)).size;
    await annotate(`${frames.length} frames, ${moves.length} moves, ${pages} heights of the whole`);
    expect(moves.length).toBeGreaterThan(1_000);
    expect(Math.min(...moves)).toBeGreaterThan(-2);
    expect(Math.max(...moves)).toBeLessThanOrEqual(TURN + 2);
  });

  it('scroll smoothly', async ({ annotate }) => {
    const longest: number[] = [];
    for (let scroll = 0; scroll < 5; scroll++) {
      await watchFrames(anns.log);
      await turnUp(40);
      longest.push(Math.max(0, ...(await framesOf(anns.log)).longTasks));
    }
    await annotate(`the longest task of each scroll: ${longest.map((ms) => Math.round(ms)).join(', ')} ms`);
    expect(median(longest)).toBeLessThan(100);
  });

  it('are never in the document all at once, and end where the conversation begins', async () => {
    let most = 0;
    const begin = anns.text('This is where the conversation begins.');
    while (!(await begin.isVisible())) {
      await turnUp(10, 5_000);
      most = Math.max(most, await anns.log.getByRole('article').count());
    }
    await anns.message('1. ').waitFor();
    expect(most).toBeLessThan(200);
    await expect
      .poll(async () => (await anns.texts('')).slice(0, 3).map((text) => Number.parseInt(text, 10)))
      .toEqual([1, 2, 3]);
  });

  it('are left by one press of a button', async () => {
    await anns.button(/^Jump to the newest message/).click();
    await anns.message(`${MESSAGES}. `).waitFor();
  });
});

describe('the keys', () => {
  it('walk through what is loaded, to the oldest though it was never shown', async () => {
    const own = 120;
    const id = await stage.group('Short story', ann);
    await stage.say(
      ann,
      id,
      Array.from({ length: own }, (_, n) => `${n + 1}. ${words(n)}`),
    );
    await anns.openChat('Short story');
    const focused = () =>
      anns.page.evaluate(() => {
        const message = document.activeElement?.closest('article');
        return Number.parseInt(message?.querySelector('[data-testid=text]')?.textContent ?? '', 10);
      });
    await anns.message(`${own}. `).focus();
    await expect.poll(focused).toBe(own);
    await anns.page.keyboard.press('Home');
    await expect.poll(focused).toBeLessThan(own - 30);
    const oldest = await focused();
    await anns.page.keyboard.press('ArrowDown');
    await expect.poll(focused).toBe(oldest + 1);
    await anns.page.keyboard.press('End');
    await expect.poll(focused).toBe(own);
  });
});
