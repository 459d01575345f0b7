import { beforeEach, describe, expect, it } from 'vitest';
import { AddMembers } from '#app/application/chat/add-members.ts';
import { BlockUser } from '#app/application/chat/block-user.ts';
import { ChangeRole } from '#app/application/chat/change-role.ts';
import { CreateGroup } from '#app/application/chat/create-group.ts';
import { DeleteConversation } from '#app/application/chat/delete-conversation.ts';
import { DeleteMessage } from '#app/application/chat/delete-message.ts';
import { EditMessage } from '#app/application/chat/edit-message.ts';
import { LeaveConversation } from '#app/application/chat/leave-conversation.ts';
import { ListReceipts } from '#app/application/chat/list-receipts.ts';
import { LIVE_RECEIPTS_UP_TO, MarkDelivered, MarkRead } from '#app/application/chat/mark-read.ts';
import { OpenPrivate } from '#app/application/chat/open-private.ts';
import { ReadHistory } from '#app/application/chat/read-history.ts';
import { RemoveMember } from '#app/application/chat/remove-member.ts';
import { SendMessage } from '#app/application/chat/send-message.ts';
import { SetMembership } from '#app/application/chat/set-membership.ts';
import { UpdateConversation } from '#app/application/chat/update-conversation.ts';
import { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import { MessageText } from '#app/domain/chat/message-content.ts';
import type { ConversationEvent } from '#app/domain/chat/chat-events.ts';
import { Rev, Seq } from '#app/domain/shared/counters.ts';
import { ConnectionId, type ConversationId, type UserId } from '#app/domain/shared/ids.ts';
import {
  aConversationId,
  aDraft,
  aGroup,
  aMemoryWorld,
  aMessageId,
  type ChatWorld,
} from '../../../support/chat-world.ts';
import { random, RecordingBus } from '../../../support/identity.ts';
import { refuses } from '../../../support/refusals.ts';
import { seenBy } from '../../../support/seen-by.ts';

const origin = ConnectionId('the one that asked');
const policies = { membersCanInvite: false, historyVisible: true };

let world: ChatWorld;
let bus: RecordingBus;
let ann: UserId;
let ben: UserId;
let cleo: UserId;
let id: ConversationId;

beforeEach(async () => {
  [world, bus] = [await aMemoryWorld(), new RecordingBus()];
  [ann, ben, cleo] = [await world.aUser(), await world.aUser(), await world.aUser()];
  id = await aGroup(world, ann, [ben]);
});

/** What was announced, each with the counter that it took. */
const announced = () =>
  bus.events.map((event) => `${event.type} ${'actorId' in event ? event.rev : 'urev' in event ? event.urev : '-'}`);
const changing = () => [world.conversations, bus, random] as const;
const send = (more: object = {}) =>
  new SendMessage(world.log, bus).execute({ ...aDraft({ conversationId: id, senderId: ann }), origin, ...more });
/** Refused, and nothing was announced or left behind. */
const refusesWithoutATrace = async (
  attempt: () => Promise<unknown>,
  ...how: [Parameters<typeof refuses>[1], string?]
) => {
  const before = await seenBy(world, id, ann);
  await refuses(attempt(), ...how);
  expect(bus.events).toEqual([]);
  expect(await seenBy(world, id, ann)).toEqual(before);
};

describe('SendMessage', () => {
  it('announces what was stored, with what the log gave it and who asked', async () => {
    const draft = aDraft({ conversationId: id, senderId: ann, text: 'words' });
    const sent = await new SendMessage(world.log, bus).execute({ ...draft, origin });
    expect(sent).toMatchObject({ seq: 2, rev: 2, duplicate: false });
    expect(bus.events).toEqual([
      {
        ...{ type: 'message.sent', conversationId: id, rev: 2, at: sent.sentAt, actorId: ann, origin },
        message: {
          ...{ conversationId: id, id: draft.id, seq: 2, rev: 2, senderId: ann, type: 'text', content: 'words' },
          ...{ replyTo: undefined, sentAt: sent.sentAt, editedAt: undefined, deletedAt: undefined },
        },
      },
    ]);
    expect((await seenBy(world, id, ben)).history.at(-1)).toEqual((bus.events[0] as { message?: object }).message);
  });

  it('announces a message that is sent again no second time', async () => {
    const same = { id: aMessageId() };
    const [first, again] = [await send(same), await send(same)];
    expect(again).toEqual({ ...first, duplicate: true });
    expect(bus.events).toHaveLength(1);
  });

  it('announces nothing that was refused', () => refusesWithoutATrace(() => send({ senderId: cleo }), 'not_found'));
});

describe('EditMessage and DeleteMessage', () => {
  const edit = (messageId = aMessageId(), text = 'other', more: object = {}) =>
    new EditMessage(world.conversations, bus).execute({
      ...{ userId: ann, conversationId: id, id: messageId, content: MessageText(text), origin, ...more },
    });
  const remove = (messageId = aMessageId()) =>
    new DeleteMessage(world.conversations, bus).execute({ userId: ann, conversationId: id, id: messageId, origin });

  it('announce each change once, with who asked, and answer the message as it is', async () => {
    const one = aDraft({ conversationId: id, senderId: ann });
    await world.log.append(one);
    expect(await edit(one.id)).toMatchObject({ content: 'other', rev: 3 });
    expect(await edit(one.id)).toMatchObject({ content: 'other', rev: 3 }); // the same words again
    expect(await remove(one.id)).toMatchObject({ content: undefined, rev: 4 });
    expect(await remove(one.id)).toMatchObject({ rev: 4 });
    expect(announced()).toEqual(['message.edited 3', 'message.deleted 4']);
    expect(bus.events.every((event) => 'origin' in event && event.origin === origin)).toBe(true);
  });

  it('know nothing of a message that is not there, or of another state than is known', async () => {
    await refusesWithoutATrace(edit, 'not_found', 'message_not_found');
    await refusesWithoutATrace(remove, 'not_found', 'message_not_found');
    const one = aDraft({ conversationId: id, senderId: ann });
    await world.log.append(one);
    await refusesWithoutATrace(() => edit(one.id, 'x', { knownRev: Rev(1) }), 'conflict', 'stale_rev');
  });
});

describe('CreateGroup', () => {
  const create = (more: object = {}, limit = 10) =>
    new CreateGroup(world.conversations, world.reader, bus, random, limit).execute({
      ...{ userId: ann, id: aConversationId(), title: ConversationTitle('Tuesdays'), users: [ben, ann, ben, cleo] },
      ...policies,
      ...more,
    });

  it('makes members of everybody named, once, and tells the circle and each of them', async () => {
    const line = await create();
    expect(line).toMatchObject({ role: 'owner', conversation: { memberCount: 3, seq: 1, rev: 1 } });
    expect(announced()).toEqual(['conversation.created 1', ...[2, 2, 1].map((urev) => `membership.joined ${urev}`)]);
  });

  it('finds what the first try made, also where that filled the user’s last place', async () => {
    const group = { id: aConversationId() };
    const first = await create(group, 2);
    bus.events.length = 0;
    expect(await create(group, 2)).toEqual(first);
    expect(bus.events).toEqual([]);
    await refuses(create({}, 2), 'too_large', 'conversations_per_user');
    await refuses(create({ ...group, userId: ben }, 10), 'conflict');
  });

  it('is full before anything is made', () =>
    refusesWithoutATrace(() => create({}, 1), 'too_large', 'conversations_per_user'));

  it('takes nobody who is in too many already', async () => {
    const asDora = { userId: await world.aUser() };
    await refusesWithoutATrace(() => create(asDora, 1), 'too_large', 'conversations_per_member');
    expect(await create({ ...asDora, users: [cleo] }, 1)).toMatchObject({ conversation: { memberCount: 2 } });
  });
});

describe('OpenPrivate', () => {
  const open = (userId: UserId, otherId: UserId, limit = 10) =>
    new OpenPrivate(world.conversations, world.reader, bus, random, limit).execute({ userId, otherId });

  it('makes it once, tells both, and finds it from either side', async () => {
    const { conversation } = await open(ann, ben);
    expect(announced()).toHaveLength(3);
    expect((await open(ben, ann)).conversation.id).toBe(conversation.id);
    expect(await Promise.all([open(ann, ben), open(ben, ann)])).toHaveLength(2);
    expect(announced()).toHaveLength(3);
  });

  it('finds it also when there is room for no other one', async () => {
    await open(ann, ben, 2);
    await open(ann, ben, 2);
    await refuses(open(ann, cleo, 2), 'too_large', 'conversations_per_user');
  });

  it('is not for oneself, nor with nobody', async () => {
    await refusesWithoutATrace(() => open(ann, ann), 'invalid', 'private_with_oneself');
    await refusesWithoutATrace(() => open(ann, aConversationId() as unknown as UserId), 'not_found');
  });
});

describe('members', () => {
  const add = (users: readonly UserId[], userId = ann, limit = 10, perUser = 10) =>
    new AddMembers(...changing(), { membersPerGroup: limit, conversationsPerUser: perUser }).execute({
      userId,
      conversationId: id,
      users,
    });
  const remove = (memberId: UserId, userId = ann) =>
    new RemoveMember(...changing()).execute({ userId, conversationId: id, memberId });
  const leave = (userId: UserId) => new LeaveConversation(...changing()).execute({ userId, conversationId: id });
  const changeRole = (memberId: UserId, role: 'owner' | 'admin' | 'member', userId = ann) =>
    new ChangeRole(...changing()).execute({ userId, conversationId: id, memberId, role });

  it('come and go under one rev each: the circle hears of it first, then whom it concerns', async () => {
    expect((await add([cleo, ben, cleo])).map(({ userId }) => userId)).toEqual([cleo]);
    await changeRole(cleo, 'admin');
    await remove(ben, cleo);
    await leave(cleo);
    expect(announced()).toEqual([
      ...['members.added 2', 'membership.joined 1', 'member.role_changed 3'],
      ...['member.removed 4', 'membership.left 2', 'member.left 5', 'membership.left 2'],
    ]);
    const notices = (await seenBy(world, id, ann)).history.map(({ content }) => (content as { event: string }).event);
    expect(notices).toEqual([
      'conversation.created',
      'members.added',
      'member.role_changed',
      'member.removed',
      'member.left',
    ]);
  });

  it('that are there already change nothing', async () => {
    expect(await add([ben], ann, 10, 1)).toEqual([]);
    expect(await changeRole(ben, 'member')).toMatchObject({ userId: ben, role: 'member' });
    expect(bus.events).toEqual([]);
  });

  it.each([
    ['a stranger adds', () => add([cleo], cleo), 'not_found', 'conversation_not_found'],
    ['a member adds', () => add([cleo], ben), 'forbidden', undefined],
    ['nobody is added', () => add([cleo, aConversationId() as unknown as UserId]), 'not_found', 'user_not_found'],
    ['too many are added', () => add([cleo], ann, 2), 'too_large', 'members_per_group'],
    ['a stranger adds one who is full', () => add([ben], cleo, 10, 1), 'not_found', 'conversation_not_found'],
    ['a member removes', () => remove(ann, ben), 'forbidden', undefined],
    ['a stranger is removed', () => remove(cleo), 'not_found', 'member_not_found'],
    ['one removes oneself', () => remove(ann), 'invalid', 'remove_self'],
    ['the last owner leaves', () => leave(ann), 'conflict', 'last_owner'],
    ['a stranger leaves', () => leave(cleo), 'not_found', 'conversation_not_found'],
    ['a member promotes', () => changeRole(ben, 'owner', ben), 'forbidden', undefined],
    ['a stranger is promoted', () => changeRole(cleo, 'admin'), 'not_found', 'member_not_found'],
    ['the last owner steps down', () => changeRole(ann, 'member'), 'conflict', 'last_owner'],
  ] as const)('%s: refused, without a trace', (_what, attempt, kind, rule) =>
    refusesWithoutATrace(attempt, kind, ...(rule === undefined ? [] : [rule])),
  );
});

describe('one who is in as many conversations as one may be', () => {
  it('is added to no other, and nobody with them', async () => {
    await aGroup(world, cleo);
    const dora = await world.aUser();
    const add = new AddMembers(...changing(), { membersPerGroup: 10, conversationsPerUser: 1 });
    const all = { userId: ann, conversationId: id, users: [dora, cleo] };
    await refusesWithoutATrace(() => add.execute(all), 'too_large', 'conversations_per_member');
    expect(await add.execute({ ...all, users: [dora] })).toHaveLength(1);
  });
});

describe('UpdateConversation and DeleteConversation', () => {
  const update = (change: object) =>
    new UpdateConversation(...changing()).execute({ userId: ann, conversationId: id, ...change });

  it('tell of a new title with an entry, of new policies without', async () => {
    await update({ title: ConversationTitle('Wednesdays') });
    await update({ membersCanInvite: true });
    await update({ membersCanInvite: true, title: ConversationTitle('Wednesdays') }); // nothing new
    expect(announced()).toEqual(['conversation.updated 2', 'conversation.updated 3']);
    expect(
      bus.events.map((event) => (event as ConversationEvent & { message?: object }).message !== undefined),
    ).toEqual([true, false]);
  });

  it('end a group for each of its members', async () => {
    const end = (userId: UserId) =>
      new DeleteConversation(world.conversations, bus).execute({ userId, conversationId: id });
    await refusesWithoutATrace(() => end(ben), 'forbidden');
    await end(ann);
    expect(bus.events.map(({ type }) => type)).toEqual(['conversation.deleted', 'membership.left', 'membership.left']);
    await refuses(end(ann), 'not_found');
  });
});

describe('what only one user sees', () => {
  const read = (seq: number, userId = ben) =>
    new MarkRead(world.ownState, bus).execute({ userId, conversationId: id, seq: Seq(seq), origin });
  const delivered = (seq: number) =>
    new MarkDelivered(world.ownState, bus).execute({ userId: ben, conversationId: id, seq: Seq(seq), origin });
  const set = (change: object) =>
    new SetMembership(world.ownState, bus).execute({ userId: ben, conversationId: id, origin, ...change });

  it('reading tells one’s own devices and the others, once for each step forward', async () => {
    for (let n = 0; n < 3; n++) await world.log.append(aDraft({ conversationId: id, senderId: ann }));
    expect(await read(3)).toMatchObject({ readSeq: 3, unread: { count: 1, more: false } });
    expect(await read(2)).toMatchObject({ readSeq: 3 });
    expect(announced()).toEqual(['membership.changed 2', 'message.read -']);
    expect(bus.events.every((event) => 'origin' in event && event.origin === origin)).toBe(true);
  });

  it('receiving tells the others alone', async () => {
    await delivered(1);
    await delivered(1);
    expect(announced()).toEqual(['message.delivered -']);
  });

  it.each([
    [LIVE_RECEIPTS_UP_TO, ['membership.changed', 'message.read']],
    [LIVE_RECEIPTS_UP_TO + 1, ['membership.changed']],
  ])('of %i members the others hear what was read: %j', async (members, types) => {
    const users = await Promise.all(Array.from({ length: members - 2 }, () => world.aUser()));
    const limits = { membersPerGroup: 1_000, conversationsPerUser: 10 };
    await new AddMembers(...changing(), limits).execute({ userId: ann, conversationId: id, users });
    bus.events.length = 0;
    await read(1);
    expect(bus.events.map(({ type }) => type)).toEqual(types);
  });

  it('muting and archiving tell one’s own devices, when something differs', async () => {
    await set({ archived: true });
    await set({ archived: true });
    await set({ mutedUntil: null });
    expect(announced()).toEqual(['membership.changed 2']);
  });

  it('blocking tells nobody but oneself, when something differs', async () => {
    const block = (blockedId: UserId, blocked: boolean) =>
      new BlockUser(world.blocks, bus).execute({ userId: ben, blockedId, blocked });
    await block(ann, false);
    await block(ann, true);
    await block(ann, true);
    expect(bus.events).toMatchObject([{ type: 'block.changed', userId: ben, blockedId: ann, blocked: true, urev: 2 }]);
    bus.events.length = 0;
    await refusesWithoutATrace(() => block(ben, true), 'invalid', 'block_oneself');
  });

  it('is refused to strangers like everything else', async () => {
    await refusesWithoutATrace(() => read(1, cleo), 'not_found', 'conversation_not_found');
  });
});

describe('reading', () => {
  it('of a window goes one way', async () => {
    const history = (page: object) =>
      new ReadHistory(world.reader).execute({ userId: ann, conversationId: id, limit: 10, ...page });
    expect(await history({})).toHaveLength(1);
    await refuses(history({ before: Seq(1), after: Seq(1) }), 'invalid');
  });

  it('of receipts takes a member', async () => {
    const receipts = (userId: UserId) =>
      new ListReceipts(world.reader).execute({ userId, conversationId: id, limit: 10 });
    expect(await receipts(ben)).toHaveLength(2);
    await refuses(receipts(cleo), 'not_found');
  });
});
