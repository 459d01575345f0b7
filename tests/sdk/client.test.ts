import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Client, type Incoming, Refused } from '../../clients/sdk/src/index.ts';
import { eventually } from '../support/raw-socket.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});

const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

const clientOf = async (user: Pick<TestUser, 'token'>): Promise<Client> => {
  const client = createClient({ url: server.http, auth: user.token });
  clients.push(client);
  client.start();
  await client.ready;
  return client;
};

/** The conversation, as soon as this client has it. */
const conversationOf = (client: Client, id: string) =>
  eventually(() => client.conversations.get(id), `conversation ${id} is there`);

const texts = (messages: readonly { readonly text: string | undefined }[]) =>
  messages.flatMap(({ text }) => text ?? []);

describe('a client of a real server', () => {
  it('lists what is there, sends, and shows what others write', async () => {
    const [ann, bob] = await server.users(2);
    const id = await server.aGroup(ann!, [bob!]);
    const [here, there] = [await clientOf(ann!), await clientOf(bob!)];
    const [mine, theirs] = [await conversationOf(here, id), await conversationOf(there, id)];
    expect(theirs.view).toMatchObject({ title: 'A group', role: 'member', memberCount: 2, unread: { count: 0 } });
    await Promise.all([mine.open(), theirs.open()]);

    const queued = await mine.send('Hello');
    expect(queued).toMatchObject({ text: 'Hello', state: 'queued', mine: true });
    const sent = await mine.sent(queued.id);
    expect(sent).toMatchObject({ id: queued.id, seq: 2, state: 'sent' });
    await eventually(() => theirs.view.unread.count === 1, 'Bob sees that there is something');
    expect(texts(theirs.messages.messages)).toEqual(['Hello']);
    expect(theirs.messages.messages.at(-1)).toMatchObject({ id: queued.id, mine: false, state: undefined });
    await eventually(() => mine.messages.messages.at(-1)?.state === 'delivered', 'Ann sees that it has arrived');

    theirs.markRead();
    expect(theirs.view).toMatchObject({ unread: { count: 0 }, readSeq: 2 });
    await eventually(() => mine.messages.messages.at(-1)?.state === 'read', 'Ann sees that it was read');
  });

  it('edits, deletes, renames, and shows it to everybody', async () => {
    const [ann, bob] = await server.users(2);
    const id = await server.aGroup(ann!, [bob!]);
    const [here, there] = [await clientOf(ann!), await clientOf(bob!)];
    const [mine, theirs] = [await conversationOf(here, id), await conversationOf(there, id)];
    await theirs.open();
    const [first, second] = [await mine.send('first'), await mine.send('second')];
    await mine.sent(second.id);
    await mine.edit(first.id, 'First');
    await mine.delete(second.id);
    await mine.rename('Circle');
    await eventually(() => theirs.view.title === 'Circle', 'Bob sees the new name');
    const rows = theirs.messages.messages.filter(({ type }) => type === 'text');
    expect(rows).toMatchObject([
      { text: 'First', edited: true, deleted: false },
      { text: undefined, deleted: true },
    ]);
    expect(theirs.view.unread.count).toBe(1);
  });

  it('makes conversations, and the others hear of them with what was written', async () => {
    const [ann, bob, eve] = await server.users(3);
    const [here, there] = [await clientOf(ann!), await clientOf(bob!)];
    const heard: Incoming[] = [];
    there.on('message', (incoming) => heard.push(incoming));
    const pair = await here.conversations.with(bob!.userId);
    expect(await here.conversations.with(bob!.userId)).toBe(pair);
    await pair.sent((await pair.send('Psst')).id);
    const group = await here.conversations.create({ title: 'Circle', members: [bob!.userId] });
    await group.sent((await group.send('Welcome')).id);
    await eventually(() => heard.length === 2, 'Bob hears both');
    expect(texts(heard.map(({ message }) => message)).toSorted()).toEqual(['Psst', 'Welcome']);

    await group.addMembers([eve!.userId]);
    await group.loadMembers();
    await eventually(() => group.members.length === 3, 'Eve is a member');
    await group.setRole(bob!.userId, 'owner');
    await group.leave();
    await eventually(() => here.conversations.get(group.id) === undefined, 'Ann has left');
    await expect(group.send('Still here?')).rejects.toMatchObject({ code: 'not_found' });
    const left = there.conversations.get(group.id)!; // he wrote down that he heard of it
    await eventually(() => left.view.role === 'owner' && left.view.memberCount === 2, 'Bob owns it, with Eve in it');
  });

  it('pages back through the log to its beginning', async () => {
    const [ann, bob] = await server.users(2);
    const id = await server.aGroup(ann!, [bob!]);
    const here = await clientOf(ann!);
    const mine = await conversationOf(here, id);
    const all = Array.from({ length: 130 }, (_, at) => `message ${at}`);
    const views = await Promise.all(all.map((text) => mine.send(text)));
    await mine.sent(views.at(-1)!.id);

    const there = await clientOf(bob!);
    const theirs = await conversationOf(there, id);
    expect(theirs.messages).toMatchObject({ messages: [], loading: 'closed' });
    await theirs.open();
    expect(theirs.messages).toMatchObject({ loading: 'idle', complete: false });
    expect(texts(theirs.messages.messages)).toEqual(all.slice(-50));
    await theirs.loadOlder();
    expect(texts(theirs.messages.messages)).toEqual(all.slice(-100));
    await theirs.loadBackTo(1);
    expect(theirs.messages.complete).toBe(true);
    expect(texts(theirs.messages.messages)).toEqual(all);
    expect(theirs.view.unread).toEqual({ count: 130, more: false });
  });

  it('mutes and archives on all devices, and counts neither; what is deleted is gone for everybody', async () => {
    const [ann, bob] = await server.users(2);
    const id = await server.aGroup(ann!, [bob!]);
    const [here, phone, laptop] = [await clientOf(ann!), await clientOf(bob!), await clientOf(bob!)];
    const mine = await conversationOf(here, id);
    const [onPhone, onLaptop] = [await conversationOf(phone, id), await conversationOf(laptop, id)];
    await mine.sent((await mine.send('Hello')).id);
    await eventually(() => phone.conversations.unread === 1 && laptop.conversations.unread === 1, 'both have it');
    const until = new Date('2099-01-01T00:00:00.000Z');
    await onPhone.mute(until);
    await eventually(() => laptop.conversations.unread === 0, 'it is muted on the laptop');
    expect(onLaptop.view).toMatchObject({ mutedUntil: until, unread: { count: 1 } });
    await onLaptop.mute(undefined);
    await onLaptop.archive(true);
    await eventually(() => onPhone.view.archived && onPhone.view.mutedUntil === undefined, 'so it is on the phone');
    expect(phone.conversations.unread).toBe(0);
    onPhone.markRead();
    await eventually(() => onLaptop.view.unread.count === 0, 'it is read on the laptop');

    await mine.deleteForEverybody();
    await eventually(() => [here, phone, laptop].every((c) => c.conversations.get(id) === undefined), 'it is gone');
    await expect(onPhone.open()).rejects.toMatchObject({ code: 'not_found' });
  });

  it('comes back to a conversation, and sees of it what a later member may', async () => {
    const [ann, bob] = await server.users(2);
    const id = await server.aGroup(ann!, [bob!], { historyVisible: false });
    const [here, there] = [await clientOf(ann!), await clientOf(bob!)];
    const mine = await conversationOf(here, id);
    await (await conversationOf(there, id)).open();
    await mine.sent((await mine.send('before')).id);
    await mine.removeMember(bob!.userId);
    await eventually(() => there.conversations.get(id) === undefined, 'Bob is out');
    await mine.sent((await mine.send('between')).id);
    await mine.addMembers([bob!.userId]);
    const again = await conversationOf(there, id);
    await again.open();
    await mine.sent((await mine.send('after')).id);
    await eventually(() => again.view.unread.count === 1, 'Bob hears again');
    expect(texts(again.messages.messages)).toEqual(['after']);
    expect(again.messages.complete).toBe(true);
  });

  it('refuses what nobody would take, and keeps nothing of it', async () => {
    const ann = await server.aUser();
    const id = await server.aGroup(ann);
    const here = await clientOf(ann);
    const mine = await conversationOf(here, id);
    for (const [text, code] of [
      ['', 'invalid'],
      [' \n\u200b', 'invalid'],
      ['\ud800', 'invalid'],
      ['a\u0000', 'invalid'],
      ['x'.repeat(5_001), 'too_large'],
    ] as const) {
      const refusal = await mine.send(text).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(Refused);
      expect(refusal).toMatchObject({ code });
    }
    expect(here.pending).toBe(0);
    await mine.sent((await mine.send('😀'.repeat(5_000))).id);
  });

  it('knows names', async () => {
    const [ann, bob] = [await server.aUser('Ann'), await server.aUser('Bob')];
    const here = await clientOf(ann);
    await eventually(() => here.me?.displayName === 'Ann', 'one knows oneself');
    expect(here.users.get(bob.userId)).toBeUndefined();
    await eventually(() => here.users.get(bob.userId)?.displayName === 'Bob', 'and others');
    await here.call('user.update', { displayName: 'Anna' });
    expect(here.me?.displayName).toBe('Anna');
  });
});
