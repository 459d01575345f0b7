import type { Locator, Page } from 'playwright-core';

/** The messenger in one tab, in the words of who uses it: by roles and names, as a screen reader finds them. */
export class Messenger {
  constructor(readonly page: Page) {}

  // The parts of the page.
  get list(): Locator {
    return this.page.getByRole('navigation', { name: 'Conversations' });
  }
  get log(): Locator {
    return this.page.getByRole('feed', { name: 'Messages' });
  }
  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }
  get details(): Locator {
    return this.page.getByRole('complementary', { name: 'Details' });
  }
  get dialog(): Locator {
    return this.page.locator('dialog[open]');
  }

  /** A line of the list. */
  chat(name: string | RegExp): Locator {
    const title = this.page.locator(':scope > span > span > bdi').and(this.page.getByText(name, { exact: true }));
    return this.list.getByRole('link').filter({ has: title });
  }
  /** How many messages a line of the list says to be unread. */
  unread(chat: string, count?: number): Locator {
    return this.chat(chat).getByText(count === undefined ? /^\d+ unread/ : new RegExp(`^${count} unread`));
  }
  /** The first message in the log with this text. */
  message(text: string): Locator {
    return this.log.getByRole('article').filter({ hasText: text }).first();
  }
  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }
  text(text: string | RegExp): Locator {
    return this.page.getByText(text).first();
  }

  /** So that the wheel turns the log. */
  async pointAtLog(): Promise<void> {
    const { x, y, width, height } = (await this.log.locator('..').boundingBox())!; // it is shown
    await this.page.mouse.move(x + width / 2, y + height / 2);
  }

  /** Turns the wheel until it is there. */
  async wheelTo(target: Locator, step = -400): Promise<void> {
    await this.pointAtLog();
    while (!(await target.isVisible())) {
      await this.page.mouse.wheel(0, step);
      await this.page.evaluate(() => new Promise((next) => requestAnimationFrame(next)));
    }
  }

  async openChat(name: string | RegExp): Promise<void> {
    await this.chat(name).click();
    await this.composer.waitFor();
  }

  async send(...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      await this.composer.fill(text);
      await this.composer.press('Enter');
      await this.message(text.split('\n')[0]!).waitFor(); // split never gives an empty array
    }
  }

  /** The texts on the screen that begin so, from top to bottom. */
  async texts(prefix: string): Promise<readonly string[]> {
    const all = await this.log.getByRole('article').locator('[data-testid=text]').allInnerTexts();
    return all.filter((text) => text.startsWith(prefix));
  }

  /** The mark beside a message of one's own. */
  mark(text: string, state: 'waiting to be sent' | 'sent' | 'delivered' | 'read' | 'not sent'): Locator {
    return this.message(text).getByText(state, { exact: true });
  }

  /** Until then a message of one's own can be neither changed nor answered. */
  async isSent(text: string): Promise<void> {
    await this.mark(text, 'waiting to be sent').waitFor({ state: 'detached' });
  }

  /** Has the focus: a key that is pressed when it is merely seen goes to what had it before. */
  async hasFocus(part: Locator): Promise<void> {
    await part.and(this.page.locator(':focus-within')).waitFor();
  }

  /** By the pointer. */
  async choose(text: string, action: string): Promise<void> {
    await this.isSent(text);
    await this.message(text).click({ button: 'right' });
    await this.page.getByRole('menuitem', { name: action, exact: true }).click();
  }

  async confirm(action: string): Promise<void> {
    await this.dialog.getByRole('button', { name: action, exact: true }).click();
    await this.dialog.waitFor({ state: 'detached' });
  }

  /** What a screen reader was told last. */
  announced(text: string): Locator {
    return this.page.getByRole('log').getByText(text, { exact: true }).last();
  }

  async openDetails(): Promise<void> {
    await this.button('Details').click();
    await this.details.waitFor();
  }

  /** Focus by Tab, as who has no mouse gets there. @throws when it is not among the next `limit` stops */
  async tabTo(target: Locator, limit = 40): Promise<void> {
    for (let n = 0; n < limit; n++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not reach ${String(target)}`);
  }

  /** What is wider than the room it has. */
  overflowing(): Promise<readonly string[]> {
    return this.page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll('body, body *')]
        .filter((element) => element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1)
        .filter((element) => !['hidden', 'clip'].includes(getComputedStyle(element).overflowX))
        .filter((element) => getComputedStyle(element).display !== 'inline')
        .map((element) => `${element.tagName}.${element.className} ${element.scrollWidth} > ${element.clientWidth}`),
    );
  }
}
