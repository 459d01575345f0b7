import { beforeAll, describe, expect, it } from 'vitest';
import { Messenger } from './messenger.ts';
import { type Account, Stage } from './stage.ts';

const stage = Stage.open();

let ann: Account;
let ben: Account;
let cleo: Account;
let anns: Messenger;
let bens: Messenger;
beforeAll(async () => {
  [ann, ben, cleo] = await Promise.all([stage.account('Ann'), stage.account('Ben'), stage.account('Cleo')]);
  anns = new Messenger((await stage.enter(ann, { kept: true })).page);
  bens = new Messenger((await stage.enter(ben, { kept: true })).page);
  await Promise.all([anns.list.waitFor(), bens.list.waitFor()]);
});

/** Ann owns it, Ben is in it; both have it and its details open. */
const aGroup = async (title: string) => {
  const id = await stage.group(title, ann, [ben]);
  for (const { page, details } of [anns, bens]) {
    await page.goto(`${stage.server.http}/c/${id}/details`);
    await details.waitFor();
  }
  return id;
};
const member = ({ details }: Messenger, name: string) => details.getByRole('listitem').filter({ hasText: name });
const act = async (app: Messenger, name: string, action: string) => {
  await app.details.getByRole('button', { name: `Actions for ${name}` }).click();
  await app.page.getByRole('menuitem', { name: action, exact: true }).click();
};

describe('a group', () => {
  it('is made with a name and people by handle', async () => {
    await anns.button('New conversation').click();
    await anns.page.getByRole('menuitem', { name: 'New group' }).click();
    await anns.dialog.getByLabel('Group name').fill('Choir');
    await anns.dialog.getByLabel('Members').fill(ben.handle);
    await anns.dialog.getByRole('button', { name: 'Add' }).click();
    await anns.dialog.getByText('Ben').waitFor();
    await anns.button('Create group').click();
    await anns.send('Welcome!');
    await bens.openChat('Choir');
    await bens.message('Welcome!').waitFor();
  });

  it('takes another name, which everybody reads in the list, the chat and the log', async () => {
    await aGroup('Old name');
    await anns.button('Change the name').click();
    await anns.page.getByRole('textbox', { name: 'Group name' }).fill('Brand new name');
    await anns.page.keyboard.press('Enter');
    for (const app of [anns, bens]) {
      await app.chat('Brand new name').waitFor();
      await app.page.getByRole('heading', { name: 'Brand new name' }).first().waitFor();
      await app.log.getByText('changed the name to').waitFor();
    }
  });

  it('takes people in and lets them go', async () => {
    await aGroup('Coming and going');
    await anns.details.getByLabel('Add a member by handle').fill(cleo.handle);
    await anns.details.getByRole('button', { name: 'Add', exact: true }).click();
    for (const app of [anns, bens]) await member(app, 'Cleo').waitFor();
    await act(anns, 'Cleo', 'Remove from group');
    await anns.confirm('Remove from group');
    for (const app of [anns, bens]) await member(app, 'Cleo').waitFor({ state: 'detached' });
    await bens.log.getByText(/Ann removed Cleo/).waitFor();
  });

  it('is gone at once for who is removed', async () => {
    await aGroup('Without Ben');
    await act(anns, 'Ben', 'Remove from group');
    await anns.confirm('Remove from group');
    await bens.chat('Without Ben').waitFor({ state: 'detached' });
    await bens.composer.waitFor({ state: 'detached' });
    await bens.page.locator('button:focus', { hasText: 'Back to the conversations' }).waitFor();
  });

  it('has roles, and each may what it may', async () => {
    await aGroup('Roles');
    await expect.poll(() => bens.details.getByRole('button', { name: 'Change the name' }).count()).toBe(0);
    await act(anns, 'Ben', 'Make admin');
    await member(bens, 'Ben').getByText('Admin').waitFor();
    await bens.details.getByRole('button', { name: 'Change the name' }).waitFor();
    await act(anns, 'Ben', 'Make ordinary member');
    await bens.details.getByRole('button', { name: 'Change the name' }).waitFor({ state: 'detached' });
  });

  it('keeps an owner: the last one is told what to do before leaving', async () => {
    await aGroup('Owners');
    await anns.text('You are the only owner.').waitFor();
    await act(anns, 'Ben', 'Make owner');
    await member(bens, 'Ben').getByText('Owner').waitFor();
    await anns.button('Leave group').click();
    await anns.confirm('Leave');
    await anns.chat('Owners').waitFor({ state: 'detached' });
    await bens.log.getByText('Ann left').waitFor();
  });

  it('is deleted for everybody by its owner', async () => {
    await aGroup('Short-lived');
    await anns.button('Delete group').click();
    await anns.confirm('Delete for everybody');
    for (const app of [anns, bens]) await app.chat('Short-lived').waitFor({ state: 'detached' });
  });
});

describe('a private chat', () => {
  it('is closed by a block, and opened by lifting it', async () => {
    await stage.say(ben, await stage.privateChat(ann, ben), ['hello']);
    await anns.openChat('Ben');
    await anns.openDetails();
    await anns.button('Block Ben').click();
    await anns.confirm('Block');
    await anns.text('You have blocked Ben.').waitFor();
    await anns.details.getByRole('button', { name: 'Unblock Ben' }).click();
    await anns.send('friends again');
  });
});
