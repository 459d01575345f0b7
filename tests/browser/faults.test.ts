import { beforeEach, describe, expect, it } from 'vitest';
import { NetworkLab } from '../support/network-lab.ts';
import { Messenger } from './messenger.ts';
import { type Account, type Seat, Stage } from './stage.ts';

const stage = Stage.open();
/** Chromium says so itself of every connection that fails. */
const NO_CONNECTION = /WebSocket connection to .* failed|net::ERR_|Failed to fetch/;

interface Person extends Seat {
  readonly app: Messenger;
}
let ann: Account;
let ben: Account;
let conversationId: string;
let title: string;
let number = 0;
beforeEach(async () => {
  [ann, ben] = await Promise.all([stage.account('Ann'), stage.account('Ben')]);
  title = `Storm ${number++}`;
  conversationId = await stage.group(title, ann, [ben]);
});

/** So high that no message of a test is out of the page. */
const TALL = { viewport: { width: 1_000, height: 3_500 } };

/** In the conversation, at the server or what leads there. */
const comes = async (account: Account, origin = stage.server.http): Promise<Person> => {
  const seat = await stage.enter(account, TALL, origin);
  seat.profile.expect(NO_CONNECTION);
  const app = new Messenger(seat.page);
  await app.openChat(title);
  return { ...seat, app };
};
/** The text of a message is on the device's disk: from here on no crash takes it away. */
const isKept = ({ page }: Pick<Messenger, 'page'>, text: string) =>
  expect
    .poll(() =>
      page.evaluate(async () => {
        const result = <T>(request: IDBRequest<T>) =>
          new Promise<T>((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(new Error(String(request.error)));
          });
        const kept: unknown[] = [];
        for (const { name } of await indexedDB.databases()) {
          const database = await result(indexedDB.open(name!)); // they have names
          for (const store of database.objectStoreNames)
            kept.push(...(await result(database.transaction(store).objectStore(store).getAll())));
          database.close();
        }
        return JSON.stringify(kept);
      }),
    )
    .toContain(JSON.stringify(text));
const series = (word: string, count: number) => Array.from({ length: count }, (_, n) => `${word} ${n + 1}`);
const banner = ({ app }: Pick<Person, 'app'>, text: string | RegExp) => app.page.getByRole('status').getByText(text);
/** Tries are further and further apart, up to half a minute. */
const isOnline = ({ app }: Pick<Person, 'app'>) =>
  app.page.getByTestId('connecting').waitFor({ state: 'detached', timeout: 60_000 });
/** Whose next try is far off presses the button; who is back already finds none. */
const comesBack = async (person: Pick<Person, 'app'>) => {
  await Promise.any([person.app.button('Try now').click(), isOnline(person)]);
  await isOnline(person);
};
/** Everybody, and the database, have the same, each once. */
const expectAgreement = async (expected: readonly string[], ...people: readonly Pick<Person, 'app'>[]) => {
  for (const { app } of people) {
    await expect.poll(async () => [...(await app.texts(''))].sort()).toEqual([...expected].sort());
    await expect.poll(() => app.log.getByText('waiting to be sent', { exact: true }).count()).toBe(0);
  }
  const stored = await stage.stored(ann, conversationId);
  expect([...stored].sort()).toEqual([...expected].sort());
  for (const { app } of people) await expect.poll(() => app.texts('')).toEqual(stored);
  return stored;
};
const only = (texts: readonly string[], word: string) => texts.filter((text) => text.startsWith(`${word} `));

describe('a server that is killed', () => {
  it('in mid-conversation, and started again: what waited goes out in order, each exactly once', async () => {
    const [here, there] = [await comes(ann), await comes(ben)];
    await here.app.send('before 1');
    await there.app.message('before 1').waitFor();
    await here.app.isSent('before 1');
    await stage.server.kill();
    await Promise.all([here, there].map((person) => banner(person, /^Connecting/).waitFor()));
    await here.app.send(...series('ann', 5));
    await there.app.send(...series('ben', 3));
    await here.app.mark('ann 5', 'waiting to be sent').waitFor();
    await banner(here, '5 messages wait to be sent').waitFor();
    await stage.server.start();
    // Nobody has to wait for the next try.
    await Promise.all([here, there].map(comesBack));
    const stored = await expectAgreement(['before 1', ...series('ann', 5), ...series('ben', 3)], here, there);
    expect(only(stored, 'ann')).toEqual(series('ann', 5));
    expect(only(stored, 'ben')).toEqual(series('ben', 3));
    await here.app.mark('ann 5', 'read').waitFor();
  });

  it('while both are writing as fast as they can', async () => {
    const [here, there] = [await comes(ann), await comes(ben)];
    const writing = Promise.all([here.app.send(...series('ann', 20)), there.app.send(...series('ben', 20))]);
    await here.app.message('ann 8').waitFor();
    await stage.server.kill();
    await writing;
    await stage.server.start();
    await Promise.all([here, there].map(comesBack));
    const stored = await expectAgreement([...series('ann', 20), ...series('ben', 20)], here, there);
    expect(only(stored, 'ann')).toEqual(series('ann', 20));
    expect(only(stored, 'ben')).toEqual(series('ben', 20));
  });
});

describe('a tab', () => {
  it('that dies while it sends loses and doubles nothing: the next one sends the rest', async () => {
    const [here, there] = [await comes(ann), await comes(ben)];
    await here.app.send(...series('ann', 3));
    // What is sent from here on may have reached the server or not: nobody knows when the tab dies.
    stage.server.suspend();
    await here.app.send(...series('late', 5));
    await isKept(here, 'late 5');
    const died = here.page.waitForEvent('crash');
    const devtools = await here.profile.context.newCDPSession(here.page);
    devtools.send('Page.crash').catch(() => {}); // it never answers
    await died;
    stage.server.resume();
    const page = await here.profile.context.newPage();
    await page.goto(`${stage.server.http}/c/${conversationId}`);
    const stored = await expectAgreement(
      [...series('ann', 3), ...series('late', 5)],
      { app: new Messenger(page) },
      there,
    );
    expect(stored).toEqual([...series('ann', 3), ...series('late', 5)]);
  });

  it('that is closed while there is no server leaves what waits to the next one', async () => {
    const [here, there] = [await comes(ann), await comes(ben)];
    await stage.server.kill();
    await here.app.send(...series('kept', 4));
    await isKept(here, 'kept 4');
    await here.page.close();
    await stage.server.start();
    await comesBack(there);
    const page = await here.profile.context.newPage();
    await page.goto(`${stage.server.http}/c/${conversationId}`);
    expect(await expectAgreement(series('kept', 4), { app: new Messenger(page) }, there)).toEqual(series('kept', 4));
  });

  it('that is loaded anew while nothing gets through keeps what waits', async () => {
    const lab = await NetworkLab.start(stage.server.port);
    const [here, there] = [await comes(ann, lab.http), await comes(ben)];
    const address = here.page.url();
    lab.refuse(true);
    lab.drop();
    await here.app.send(...series('patient', 3));
    await here.app.mark('patient 3', 'waiting to be sent').waitFor();
    await isKept(here, 'patient 3');
    await here.page.goto('about:blank');
    lab.heal();
    await here.page.routeWebSocket(/\/v1\/ws/, (socket) => socket.close({ code: 1012 }));
    await here.page.goto(address);
    await banner(here, /^Connecting/).waitFor();
    expect(await stage.stored(ann, conversationId)).toEqual([]);
    await here.page.close();
    const page = await here.profile.context.newPage();
    await page.goto(address);
    expect(await expectAgreement(series('patient', 3), { app: new Messenger(page) }, there)).toEqual(
      series('patient', 3),
    );
    await lab.close();
  });
});

describe('two tabs of one person', () => {
  it('hold one socket, show the same, and the other goes on when the one that held it is closed', async () => {
    const first = await comes(ann);
    await expect.poll(() => stage.server.metric('connections')).toBe(1);
    const page = await first.profile.context.newPage();
    await page.goto(`${stage.server.http}/c/${conversationId}`);
    const second = { app: new Messenger(page) };
    await second.app.composer.waitFor();
    await second.app.send('from the second');
    await first.app.message('from the second').waitFor();
    await first.app.send('from the first');
    await second.app.message('from the first').waitFor();
    expect(await stage.server.metric('connections')).toBe(1);
    await first.page.close();
    await stage.say(ben, conversationId, ['and now?']);
    await second.app.message('and now?').waitFor();
    await second.app.send('still here');
    await second.app.mark('still here', 'sent').waitFor();
    expect(await stage.stored(ann, conversationId)).toEqual([
      'from the second',
      'from the first',
      'and now?',
      'still here',
    ]);
    await expect.poll(() => stage.server.metric('connections')).toBe(1);
  });
});

describe('a network that is away', () => {
  it('keeps no menu, no details and no settings from opening', async () => {
    const lab = await NetworkLab.start(stage.server.port);
    const here = await comes(ann, lab.http);
    const fetched = () =>
      here.page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1)));
    for (const part of [/^MenuBox-.*js$/, /^Details-.*js$/, /^Settings-.*js$/])
      await expect.poll(async () => (await fetched()).some((name) => name && part.test(name))).toBe(true);
    lab.refuse(true);
    lab.drop();
    await banner(here, /^Connecting/).waitFor();
    await here.app.send('unsent');
    await here.app.message('unsent').click({ button: 'right' });
    await here.page.getByRole('menuitem', { name: 'Copy text' }).waitFor();
    await here.page.keyboard.press('Escape');
    await here.app.openDetails();
    await here.page.getByRole('link', { name: 'Settings' }).click();
    await here.page.getByRole('heading', { name: 'Devices' }).waitFor();
    await lab.close();
  });

  it('lets what was written go out, in order, when it is back', async () => {
    const lab = await NetworkLab.start(stage.server.port);
    const [here, there] = [await comes(ann, lab.http), await comes(ben)];
    lab.refuse(true);
    lab.drop();
    await banner(here, /^Connecting/).waitFor();
    await here.app.send(...series('offline', 5));
    await here.app.mark('offline 5', 'waiting to be sent').waitFor();
    expect(await there.app.texts('offline')).toEqual([]);
    await there.app.send('meanwhile');
    lab.heal();
    await isOnline(here);
    const stored = await expectAgreement(['meanwhile', ...series('offline', 5)], here, there);
    expect(stored).toEqual(['meanwhile', ...series('offline', 5)]);
    await lab.close();
  });
});

describe('a message that the server refuses', () => {
  it('says so, and is sent again or discarded as one likes', async () => {
    const here = await comes(ann);
    let refuses = true;
    await here.page.routeWebSocket(/\/v1\/ws/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((frame) => {
        const { id, type } = JSON.parse(frame.toString()) as { id: number; type: string };
        if (!refuses || type !== 'message.send') return server.send(frame);
        socket.send(JSON.stringify({ id, ok: false, error: { code: 'too_large', message: 'too large' } }));
      });
    });
    await here.page.reload();
    await here.app.send('unwanted', 'dear to me');
    const refused = (text: string) => here.app.message(text).getByText('Not sent. This is too large.');
    await Promise.all([refused('unwanted').waitFor(), refused('dear to me').waitFor()]);
    await here.app.message('unwanted').getByRole('button', { name: 'Discard' }).click();
    await here.app.message('unwanted').waitFor({ state: 'detached' });
    refuses = false;
    await here.app.message('dear to me').getByRole('button', { name: 'Retry' }).click();
    await here.app.mark('dear to me', 'sent').waitFor();
    await here.page.reload();
    expect(await expectAgreement(['dear to me'], here)).toEqual(['dear to me']);
  });
});
