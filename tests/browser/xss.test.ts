import { Client } from 'pg';
import { v7 } from 'uuid';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import { DisplayName } from '#app/domain/identity/display-name.ts';
import type { Locator } from 'playwright-core';
import type { Profile } from '../support/chromium.ts';
import { Messenger } from './messenger.ts';
import { type Account, Stage } from './stage.ts';
import { corpus } from './xss-corpus.ts';

// That nothing ran and no policy was violated is asked after each test, of every profile.
const stage = Stage.open();
const TALL = { width: 1280, height: 3_000 };

let ann: Account;
let profile: Profile;
let anns: Messenger;
beforeAll(async () => {
  ann = await stage.account('Ann');
  const seat = await stage.enter(ann, { kept: true, viewport: TALL, traced: false });
  profile = seat.profile;
  anns = new Messenger(seat.page);
  await anns.list.waitFor();
});

const accepts = (rule: (text: string) => string) => (text: string) => {
  try {
    return rule(text) === text;
  } catch {
    return false;
  }
};
const titles = corpus.filter(accepts(ConversationTitle));
const names = corpus.filter(accepts(DisplayName));
/** What a person would do: look at it, point at it. */
const roam = async () => {
  for (let y = 50; y < TALL.height; y += 250) await anns.page.mouse.move(400 + (y % 7) * 60, y);
};
/** All of a list of which only a part is in the document: seen as the wheel turns. */
const gather = async (rows: Locator, wanted: readonly string[], turn: number) => {
  const missing = new Set(wanted);
  let turned = 0;
  await expect
    .poll(
      async () => {
        for (const row of await rows.allTextContents()) missing.delete(row);
        // There and back: it may not have begun at an end.
        await anns.page.mouse.wheel(0, Math.floor(turned++ / 40) % 2 === 0 ? turn : -turn);
        return [...missing];
      },
      { interval: 20 },
    )
    .toEqual([]);
};
/** Types them one after the other, as fast as the page takes it. @returns what the field held after each */
const typeEach = (field: Locator, texts: readonly string[], submit = false) =>
  field.evaluate(
    async (element, [all, submits]) => {
      const prototype =
        element instanceof HTMLInputElement ? HTMLInputElement.prototype : HTMLTextAreaElement.prototype;
      const { set } = Object.getOwnPropertyDescriptor(prototype, 'value')!;
      const held: string[] = [];
      for (const text of all) {
        set!.call(element, text); // as typing does, and unlike React's own
        element.dispatchEvent(new Event('input', { bubbles: true }));
        if (submits) (element as HTMLInputElement).form?.requestSubmit();
        await new Promise((next) => setTimeout(next));
        held.push((element as HTMLInputElement).value);
      }
      return held;
    },
    [texts, submit] as const,
  );
const onOneLine = corpus.filter((text) => !/[\r\n]/.test(text));

describe('the corpus', () => {
  it('has at least 200 different payloads, and most fit into every field', () => {
    expect(new Set(corpus).size).toBeGreaterThanOrEqual(200);
    expect(titles.length).toBeGreaterThanOrEqual(200);
    expect(names.length).toBeGreaterThanOrEqual(200);
  });

  it('would be noticed if it ran', async () => {
    const seat = await stage.chromium.tab();
    await seat.page.setContent(corpus.slice(0, 40).join('\n'));
    await expect.poll(() => seat.profile.executions.length).toBeGreaterThan(10);
    await seat.page.close(); // some of it would run only now
    seat.profile.executions.length = 0;
    seat.profile.problems.length = 0;
  });
});

describe('in a message', () => {
  it('is text, byte for byte, in the log and in the list', async () => {
    const id = await stage.group('Payloads', ann);
    await stage.say(ann, id, corpus);
    await anns.openChat('Payloads');
    await anns.pointAtLog();
    await gather(anns.log.locator('[data-testid=text]'), corpus, -1_500);
    await roam();
  });

  it('is quoted and edited as text', async () => {
    const id = await stage.group('Quoted', ann);
    const sample = corpus.filter((_, n) => n % 12 === 0);
    await stage.say(ann, id, sample);
    await anns.openChat('Quoted');
    for (const text of sample.slice(-5)) {
      await anns.log.locator('[data-testid=text]').getByText(text, { exact: true }).last().click({ button: 'right' });
      await anns.page.getByRole('menuitem', { name: 'Edit' }).click();
      expect(await anns.composer.inputValue()).toBe(text.replaceAll(/\r\n?/g, '\n'));
      await anns.composer.press('Escape');
    }
  });
});

describe('where one types', () => {
  it('is text in the search box, and in a draft that comes back after a reload', async () => {
    const search = anns.page.getByRole('searchbox', { name: 'Search conversations' });
    await anns.page.goto(stage.server.http);
    expect(await typeEach(search, onOneLine)).toEqual(onOneLine);
    await search.fill('Payloads');
    await anns.openChat('Payloads');
    expect(await typeEach(anns.composer, corpus)).toEqual(corpus);
    const all = corpus.join('\n').slice(0, 4_900);
    await anns.composer.fill(all);
    await anns.page.reload();
    await expect.poll(() => anns.composer.inputValue()).toBe(all);
    await anns.composer.fill('');
  });
});

describe('in an address', () => {
  const addressOf = (text: string) => {
    const part = encodeURIComponent(text);
    return `/c/${part}?next=${part}&q=${part}#${text}`;
  };

  it('does nothing when the page goes there by itself', async () => {
    await anns.page.goto(stage.server.http);
    await anns.list.waitFor();
    const goThere = async (addresses: readonly string[]) => {
      for (const address of addresses) {
        history.pushState({}, '', address);
        dispatchEvent(new PopStateEvent('popstate'));
        location.hash = address;
        await new Promise((next) => setTimeout(next));
      }
    };
    await anns.page.evaluate(goThere, corpus.map(addressOf));
  });

  it('does nothing when it is opened anew', async () => {
    profile.expect(/status of 40\d/);
    for (const text of corpus.filter((_, n) => n % 15 === 0)) {
      await anns.page.goto(stage.server.http + addressOf(text));
      await anns.list.waitFor();
    }
  });
});

// Last: with so many conversations everything takes longer.
describe('in a name', () => {
  it('of a person is text: at messages, in the list and among the members', async () => {
    const id = await stage.group('Names', ann);
    const people: Account[] = [];
    for (let n = 0; n < names.length; n += 20)
      people.push(...(await Promise.all(names.slice(n, n + 20).map((name) => stage.guest(name)))));
    for (let n = 0; n < people.length; n += 100) {
      const users = people.slice(n, n + 100).map(({ userId }) => userId);
      await stage.server.command('member.add', { conversationId: id, users }, ann.token);
    }
    for (let n = 0; n < people.length; n += 20)
      await Promise.all(
        people
          .slice(n, n + 20)
          .map(({ token }) =>
            stage.server.command('message.send', { conversationId: id, id: v7(), content: 'hi' }, token),
          ),
      );
    await anns.openChat('Names');
    // It opens where the unread ones begin.
    await anns.pointAtLog();
    await gather(anns.log.locator('article > div > bdi'), names, 1_500);
    await anns.openDetails();
    await anns.button('Show more').click();
    await gather(anns.details.getByRole('listitem').locator('bdi'), names, 0);
    await roam();
  });

  it('of a group is text, in the list and above the chat', async () => {
    for (let n = 0; n < titles.length; n += 4)
      await Promise.all(titles.slice(n, n + 4).map((title) => stage.group(title, ann)));
    await anns.page.goto(stage.server.http);
    await anns.list.waitFor();
    const lines = anns.list.locator('a[href^="/c/"]');
    await lines.first().hover(); // so that the wheel turns the list
    await gather(lines.locator(':scope > span > span > bdi'), titles, 1_500);
    await anns.page.reload();
    await lines.nth(10).waitFor();
    for (let n = 0; n < 10; n++) {
      const line = lines.nth(n);
      const name = await line.locator('bdi').first().textContent();
      await line.click();
      await expect.poll(() => anns.page.getByRole('main').locator('h2 bdi').textContent()).toBe(name);
    }
  });

  it('of a device is text, among the sessions', async () => {
    const SHOWN = 90; // of one account at a time
    const client = new Client({ connectionString: stage.databaseUrl });
    await client.connect();
    for (let n = 0; n < corpus.length; n += SHOWN) {
      const devices = corpus.slice(n, n + SHOWN);
      await client.query(
        `update sessions set ended_at = now(), ended_by = 'user' where user_id = $1 and device_name like '%xss%'`,
        [ann.userId],
      );
      for (const device of devices)
        await client.query(
          `insert into sessions (id, user_id, kind, device_name, device_platform, device_version, expires_at)
           values ($1, $2, 'session', $3, $3, $3, now() + interval '1 day')`,
          [v7(), ann.userId, device],
        );
      await anns.page.goto(`${stage.server.http}/settings`);
      const shown = anns.page.getByRole('region', { name: 'Devices' }).locator('li p:first-child > bdi');
      await expect.poll(() => shown.count()).toBeGreaterThanOrEqual(devices.length);
      const texts = (await shown.allTextContents()).join('\n');
      expect(devices.filter((device) => !texts.includes(device))).toEqual([]);
    }
    await client.end();
  });

  it('of a handle is refused in words, and shown as it was typed', async () => {
    profile.expect(/status of 40\d/);
    await anns.page.goto(stage.server.http);
    await anns.button('New conversation').click();
    await anns.page.getByRole('menuitem', { name: 'New chat' }).click();
    const field = anns.dialog.getByLabel('Handle');
    expect(await typeEach(field, onOneLine, true)).toEqual(onOneLine);
    await anns.dialog.getByRole('alert').first().waitFor();
  });
});
