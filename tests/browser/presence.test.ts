import { beforeAll, expect, it } from 'vitest';
import { Messenger } from './messenger.ts';
import { type Account, Stage } from './stage.ts';

const stage = Stage.open();

let ann: Account;
let ben: Account;
let anns: Messenger;
beforeAll(async () => {
  [ann, ben] = await Promise.all([stage.account('Ann Archer'), stage.account('Ben Baker')]);
  await stage.privateChat(ann, ben);
  anns = new Messenger((await stage.enter(ann)).page);
  await anns.list.waitFor();
});

it('shows who is there, that they type, and when they were last there unless they hide it', async () => {
  await anns.openChat('Ben Baker');
  const header = anns.page.getByRole('main').locator('header');
  const dots = anns.page.getByTestId('presence');
  await header.getByText(`@${ben.handle}`).waitFor();
  expect(await dots.count()).toBe(0);

  const seat = await stage.enter(ben);
  const bens = new Messenger(seat.page);
  await bens.openChat('Ann Archer');
  await header.getByText('online').first().waitFor();
  await expect.poll(() => dots.count()).toBe(2); // in the list and above the messages
  expect(await dots.first().getAttribute('data-status')).toBe('online');

  const line = anns.chat('Ben Baker');
  const lastMessage = line.getByText('No messages yet');
  await lastMessage.waitFor();
  await expect
    .poll(
      async () => {
        await bens.page.getByLabel('Message', { exact: true }).pressSequentially('h');
        // Above the messages, and in the list in place of the last one.
        const places = [header.getByText('typing…'), line.getByText('typing…'), lastMessage];
        return Promise.all(places.map((place) => place.count()));
      },
      { interval: 500 },
    )
    .toEqual([1, 1, 0]);
  await bens.page.keyboard.press('Enter');
  await header.getByText('typing…').waitFor({ state: 'detached' });
  await line.getByText('typing…').waitFor({ state: 'detached' });
  await line.getByText(/^h+$/).waitFor();

  await seat.page.close();
  await header.getByText(/last seen/).waitFor({ timeout: 60_000 });
  await expect.poll(() => dots.count()).toBe(0);
});

it('lets each hide when they were last there', async () => {
  const seat = await stage.enter(ben, {}, '/settings');
  const shown = seat.page.getByLabel('Show when I was last here');
  await shown.uncheck();
  // What a page has not said yet when it goes away was never said.
  await expect.poll(() => stage.server.command('user.me', {}, ben.token)).toMatchObject({ lastSeenVisible: false });
  await seat.page.reload();
  await shown.waitFor();
  await expect.poll(() => shown.isChecked()).toBe(false);
});

it('shows of a long name as much as leaves room for what its owner does', async () => {
  const cleo = await stage.account('Cleopatra-Maximiliana '.repeat(3).slice(0, 64));
  const id = await stage.group('Circle', ann, [cleo]);
  const app = new Messenger((await stage.enter(ann, { viewport: { width: 760, height: 500 } }, `/c/${id}`)).page);
  const cleos = new Messenger((await stage.enter(cleo, {}, `/c/${id}`)).page);
  const sentence = app.chat('Circle').getByText('is typing…');
  const isCut = async () => {
    await cleos.composer.pressSequentially('h');
    return sentence.evaluateAll((found) =>
      found.flatMap((one) => [one, one.querySelector('bdi')!].map((part) => part.scrollWidth > part.clientWidth)),
    );
  };
  // The sentence is not, the name in it is.
  await expect.poll(isCut, { interval: 500 }).toEqual([false, true]);
});
