import { beforeAll, describe, expect, it } from 'vitest';
import { Messenger } from './messenger.ts';
import { type Account, Stage } from './stage.ts';

const stage = Stage.open();

let ann: Account;
let ben: Account;
let anns: Messenger;
let bens: Messenger;
beforeAll(async () => {
  [ann, ben] = await Promise.all([stage.account('Ann Archer'), stage.account('Ben Baker')]);
  const options = { kept: true, permissions: ['clipboard-read', 'clipboard-write'] };
  anns = new Messenger((await stage.enter(ann, options)).page);
  bens = new Messenger((await stage.enter(ben, options)).page);
  await Promise.all([anns.list.waitFor(), bens.list.waitFor()]);
});

/** A conversation of the test's own, that both look at. */
const together = async (title: string) => {
  const id = await stage.group(title, ann, [ben]);
  await Promise.all([anns.openChat(title), bens.openChat(title)]);
  return id;
};
const clipboard = ({ page }: Messenger) => page.evaluate(() => navigator.clipboard.readText());

describe('two people', () => {
  it('find each other by handle and talk', async () => {
    await anns.button('New conversation').click();
    await anns.page.getByRole('menuitem', { name: 'New chat' }).click();
    await anns.dialog.getByLabel('Handle').fill(ben.handle.toUpperCase());
    await anns.button('Open chat').click();
    await anns.send('Hello Ben');
    await bens.openChat('Ann Archer');
    await bens.message('Hello Ben').waitFor();
    await bens.send('Hello Ann');
    await anns.message('Hello Ann').waitFor();
    expect(await anns.texts('Hello')).toEqual(['Hello Ben', 'Hello Ann']);
    expect(await bens.texts('Hello')).toEqual(['Hello Ben', 'Hello Ann']);
  });

  it('are told when nobody has a handle', async () => {
    const { page } = anns;
    await anns.button('New conversation').click();
    await page.getByRole('menuitem', { name: 'New chat' }).click();
    await anns.dialog.getByLabel('Handle').fill('nobody_at_all');
    await anns.button('Open chat').click();
    await anns.text('Nobody here has this handle.').waitFor();
    await page.keyboard.press('Escape');
    await anns.dialog.waitFor({ state: 'detached' });
  });
});

describe('the marks of a message', () => {
  it('go from sent over delivered to read, as the other one comes in and looks', async () => {
    const cleo = await stage.account('Cleo Carver');
    const title = 'Marks';
    await stage.group(title, ann, [cleo]);
    await anns.openChat(title);
    await anns.send('Are you there?');
    await anns.mark('Are you there?', 'sent').waitFor();
    const cleos = new Messenger((await stage.enter(cleo)).page);
    await cleos.chat(title).waitFor();
    await anns.mark('Are you there?', 'delivered').waitFor();
    await cleos.openChat(title);
    await anns.mark('Are you there?', 'read').waitFor();
  });
});

describe('by context menu', () => {
  it('a message is edited', async () => {
    await together('Edit');
    await anns.send('teh first');
    await anns.choose('teh first', 'Edit');
    await anns.composer.fill('the first');
    await anns.composer.press('Enter');
    for (const app of [anns, bens]) {
      await app.message('the first').getByText('edited').waitFor();
      expect(await app.texts('teh')).toEqual([]);
    }
  });

  it('a message is deleted after a question, for both', async () => {
    await together('Delete');
    await anns.send('better not', 'this stays');
    await bens.message('better not').waitFor();
    await anns.choose('better not', 'Delete');
    await anns.confirm('Delete');
    for (const app of [anns, bens]) {
      await app.message('Message deleted').waitFor();
      await expect.poll(() => app.texts('better')).toEqual([]);
      expect(await app.texts('this')).toEqual(['this stays']);
    }
  });

  it('a message is copied as it was written', async () => {
    await together('Copy');
    await anns.composer.fill('  two\n\tlines <b>&amp; ');
    await anns.composer.press('Enter');
    await bens.message('lines').waitFor();
    await bens.choose('lines', 'Copy text');
    await expect.poll(() => clipboard(bens)).toBe('  two\n\tlines <b>&amp; ');
  });

  it('a message is answered with its quotation, which leads to it', async () => {
    const id = await together('Reply');
    await anns.send('Who brings the bread?');
    await bens.message('Who brings').waitFor();
    await bens.choose('Who brings', 'Reply');
    await bens.send('I do');
    const answer = anns.message('I do');
    await answer.getByText('Who brings the bread?').waitFor();
    await stage.say(
      ben,
      id,
      Array.from({ length: 60 }, (_, n) => `filler ${n}`),
    );
    await anns.message('filler 59').waitFor();
    const quotation = answer.getByTitle('Go to the quoted message');
    await anns.wheelTo(quotation);
    await quotation.click();
    await expect.poll(() => inView(anns, 'Who brings the bread?')).toBe(true);
  });

  it('offers no more than one may do', async () => {
    await together('Offers');
    await anns.send('mine');
    await bens.message('mine').click({ button: 'right' });
    const items = bens.page.getByRole('menuitem');
    await bens.hasFocus(bens.page.getByRole('menu'));
    expect(await items.allInnerTexts()).not.toContain('Edit');
    await bens.page.keyboard.press('Escape');
    await items.first().waitFor({ state: 'detached' });
  });
});

const inView = (app: Messenger, text: string) =>
  app.message(text).evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });

describe('by keyboard only', () => {
  /** From the composer to the last message, and its menu. */
  const menuOfLast = async (app: Messenger, steps = 1) => {
    const { page, composer } = app;
    await composer.focus();
    const onMessage = () => page.evaluate(() => document.activeElement?.matches('article, [role=article]'));
    for (let n = 0; n < 5 && !(await onMessage()); n++) await page.keyboard.press('Shift+Tab');
    for (let n = 1; n < steps; n++) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Shift+F10');
    await app.hasFocus(page.getByRole('menu'));
  };
  const pick = async ({ page }: Messenger, name: string) => {
    const item = page.getByRole('menuitem', { name, exact: true });
    for (let n = 0; n < 10; n++) {
      if (await item.evaluate((element) => element === document.activeElement)) break;
      await page.keyboard.press('ArrowDown');
    }
    await page.keyboard.press('Enter');
  };

  it('the last message is edited, answered, copied and deleted', async () => {
    await together('Keys');
    await anns.send('first', 'secnod');
    await anns.isSent('secnod');
    await menuOfLast(anns);
    await pick(anns, 'Edit');
    await anns.page.keyboard.press('ControlOrMeta+A');
    await anns.page.keyboard.type('second');
    await anns.page.keyboard.press('Enter');
    await bens.message('second').waitFor();

    await menuOfLast(bens);
    await pick(bens, 'Reply');
    await bens.page.keyboard.type('an answer');
    await bens.page.keyboard.press('Enter');
    await anns.message('an answer').getByText('second').waitFor();

    await menuOfLast(anns, 2);
    await pick(anns, 'Copy text');
    await expect.poll(() => clipboard(anns)).toBe('second');

    await menuOfLast(bens);
    await pick(bens, 'Delete');
    await bens.dialog.waitFor();
    await bens.page.keyboard.press('Enter');
    await anns.message('Message deleted').waitFor();
  });

  it('the newest own message is edited by the up arrow in an empty composer, and Escape gives it up', async () => {
    await together('Up');
    await anns.send('mine');
    await bens.send('his');
    await anns.message('his').waitFor();
    await anns.composer.press('ArrowUp');
    await expect.poll(() => anns.composer.inputValue()).toBe('mine');
    await anns.composer.press('Escape');
    await expect.poll(() => anns.composer.inputValue()).toBe('');
    await bens.message('mine').waitFor();
    expect(await bens.texts('mine')).toEqual(['mine']);
  });
});

describe('the composer', () => {
  it('takes several lines by Shift+Enter and by pasting, and sends them as they are', async () => {
    const id = await together('Lines');
    const { composer, page } = anns;
    await composer.focus();
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.evaluate(() => navigator.clipboard.writeText('two\n  three'));
    await page.keyboard.press('ControlOrMeta+V');
    await expect.poll(() => composer.inputValue()).toBe('one\ntwo\n  three');
    await composer.press('Enter');
    await bens.message('three').waitFor();
    expect(await stage.stored(ben, id)).toEqual(['one\ntwo\n  three']);
  });

  it('does not send while an input method composes', async () => {
    await together('Composing');
    await anns.composer.fill('にほん');
    await anns.composer.dispatchEvent('keydown', { key: 'Enter', code: 'Enter', isComposing: true });
    expect(await anns.composer.inputValue()).toBe('にほん');
    await anns.composer.press('Enter');
    await bens.message('にほん').waitFor();
  });

  it('does not send what shows nothing', async () => {
    const id = await together('Nothing');
    await anns.composer.fill('   \n ');
    await anns.composer.press('Enter');
    await anns.send('something');
    await bens.message('something').waitFor();
    expect(await stage.stored(ben, id)).toEqual(['something']);
  });

  it('says how much is too much', async () => {
    await together('Much');
    await anns.composer.fill('x'.repeat(5_003));
    await anns.text('3 characters too many').waitFor();
    await anns.composer.fill('');
  });

  it('takes no more of a book that is pasted than it can hold', async () => {
    await together('Books');
    await anns.composer.focus();
    const book = 'A line of a very long book.\n'.repeat(1_000);
    await anns.page.evaluate((text) => document.execCommand('insertText', false, text), book);
    await anns.text('15,000 characters too many').waitFor();
    await anns.composer.fill('');
  });

  it('keeps a draft for each conversation over a reload, and forgets it when it is sent', async () => {
    const id = await stage.group('Draft one', ann, [ben]);
    await stage.group('Draft two', ann, [ben]);
    await anns.openChat('Draft one');
    await anns.composer.fill('half a thought');
    await anns.openChat('Draft two');
    await expect.poll(() => anns.composer.inputValue()).toBe('');
    await anns.composer.fill('another');
    await anns.page.reload();
    await expect.poll(() => anns.composer.inputValue()).toBe('another');
    await anns.openChat('Draft one');
    await expect.poll(() => anns.composer.inputValue()).toBe('half a thought');
    await anns.composer.press('Enter');
    // Until it is kept elsewhere a page that goes away leaves the draft.
    await expect.poll(() => stage.stored(ben, id)).toEqual(['half a thought']);
    await anns.page.reload();
    await anns.message('half a thought').waitFor();
    expect(await anns.composer.inputValue()).toBe('');
  });
});

describe('addresses in a message', () => {
  it('are links that open elsewhere and tell nothing; other schemes stay text', async () => {
    await together('Links');
    await anns.send('see https://example.org/a?b=c#d. and javascript:alert(1)');
    const links = bens.message('see').getByRole('link');
    await links.first().waitFor();
    const found = await links.evaluateAll((all) =>
      all.map((link) => [link.getAttribute('href'), link.getAttribute('target'), link.getAttribute('rel')]),
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.slice(0, 2)).toEqual(['https://example.org/a?b=c#d', '_blank']);
    expect(found[0]?.[2]?.split(' ').sort()).toEqual(['nofollow', 'noopener', 'noreferrer']);
  });
});
