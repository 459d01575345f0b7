import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 } from 'uuid';
import * as v from 'valibot';
import { everyCommand } from '../support/every-command.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import type { WsClient } from '../support/ws-client.ts';
import {
  authorisation,
  handleOf,
  type OfConversation,
  type OfSelf,
  type OfThing,
  type OfUser,
  type Outcome,
  PASSWORD,
  type Row,
  type Target,
} from './authorisation-rows.ts';
import { Stored } from './stored.ts';

interface Actor extends TestUser {
  readonly socket: WsClient;
}

/** An answer without what differs from call to call: ids, and the id of the request. */
interface Told {
  readonly outcome: string;
  readonly overSocket: string;
  readonly overHttp: string | undefined;
}

const commands = await everyCommand();
const types = commands.map(({ type }) => type);
const outputs = new Map(commands.map(({ type, output }) => [type, output]));
const bound = new Set(commands.filter(({ overHttp }) => overHttp === false).map(({ type }) => type));

const rowsOf = <Kind extends Row['of']>(kind: Kind) =>
  Object.entries(authorisation).flatMap(([type, rows]) =>
    rows.flatMap((row, at) =>
      row.of === kind ? [[`${type} ${at}`, type, row as Extract<Row, { of: Kind }>] as const] : [],
    ),
  );

let cells = 0;
let running: RunningServer;
let stored: Stored;
let epoch: string;
/** Of conversations: who is what in them. `blocked` is blocked by the owner and in none of them. */
let owner: Actor, admin: Actor, member: Actor, second: Actor, former: Actor, never: Actor, blocked: Actor;
/** Acts for `member`. */
let robot: Actor;

const anActor = async (user?: TestUser): Promise<Actor> => {
  const known = user ?? (await running.aUser());
  return { ...known, socket: await running.connectAs(known) };
};

const aRobot = async (user: TestUser): Promise<Actor> => {
  const { secret } = await running.post('api_key.create', { name: 'robot' }, user);
  return anActor({ ...user, token: secret as string });
};

beforeAll(async () => {
  running = await RunningServer.start({ settings: { LIMIT_SOCKETS_PER_USER: '1000' } });
  stored = await Stored.of(running.databaseUrl);
  const seven = await Promise.all(Array.from({ length: 7 }, () => anActor()));
  [owner, admin, member, second, former, never, blocked] = seven as [Actor, Actor, Actor, Actor, Actor, Actor, Actor];
  robot = await aRobot(member);
  await running.as(owner, 'block.set', { userId: blocked.userId, blocked: true });
  epoch = (await owner.socket.auth(owner.token)).data!.epoch as string;
});

afterAll(() => process.stderr.write(`authorisation: ${cells} cells over ${types.length} commands\n`));

const aTarget = async (): Promise<Target> => {
  const conversationId = await running.aGroup(owner, [admin, member, second, former]);
  await running.as(owner, 'member.set_role', { conversationId, userId: admin.userId, role: 'admin' });
  await running.as(owner, 'member.remove', { conversationId, userId: former.userId });
  const messageId = v7();
  await running.as(owner, 'message.send', { conversationId, id: messageId, content: 'the owner’s words' });
  return { conversationId, messageId, memberId: second.userId, strangerId: never.userId, epoch };
};

/** A private conversation of the owner and the member, into which nobody else sees. */
const aPrivateTarget = async (): Promise<Target> => {
  const { conversation } = await running.as(owner, 'conversation.open_private', { userId: member.userId });
  const conversationId = (conversation as { id: string }).id;
  const messageId = v7();
  await running.as(owner, 'message.send', { conversationId, id: messageId, content: 'between us' });
  return { conversationId, messageId, memberId: member.userId, strangerId: never.userId, epoch };
};

const aDeletedTarget = async (): Promise<Target> => {
  const target = await aTarget();
  await running.as(owner, 'conversation.delete', { conversationId: target.conversationId });
  return target;
};

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const withoutIds = (text: string) => text.replaceAll(UUID, 'ID');

/** Over WebSocket, and over HTTP too where that can't change what a second call finds. */
const ask = async (type: string, by: Actor, input: object, onceOnly = false): Promise<Told> => {
  cells++;
  const reply = await by.socket.call(type, input);
  const overSocket = withoutIds(JSON.stringify({ ...reply, id: 0 }));
  const outcome = reply.ok ? 'ok' : reply.error!.code; // a reply that is not ok has one
  // Nothing but what the schema says leaves the server: a schema strips what it does not know.
  if (reply.ok) expect([type, v.parse(outputs.get(type)!, reply.data)]).toEqual([type, reply.data]);
  if (onceOnly || reply.ok || bound.has(type)) return { outcome, overSocket, overHttp: undefined };
  const { status, headers, body, text } = await running.request('POST', `/v1/commands/${type}`, {
    user: by,
    body: input,
  });
  expect([type, body.code, body.rule]).toEqual([type, outcome, reply.error?.rule]);
  const shown = [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'date');
  return { outcome, overSocket, overHttp: withoutIds(JSON.stringify([status, shown, text])) };
};

/** The call is refused in these words and changes nothing. */
const refused = async (work: () => Promise<Told>): Promise<Told> => {
  const before = await stored.now();
  const told = await work();
  expect(await stored.now()).toEqual(before);
  return told;
};

it('says of every command who may call it', () => {
  expect(Object.keys(authorisation).toSorted()).toEqual(types.toSorted());
});

describe('conversations', () => {
  it.each(rowsOf('conversation'))('%s: by role', async (_name, type, row: OfConversation) => {
    let target = await aTarget();
    const expected: readonly (readonly [Actor, Outcome])[] = [
      [owner, row.owner],
      [admin, row.admin],
      [member, row.member],
      [robot, row.member],
    ];
    for (const [actor, outcome] of expected) {
      const call = () => ask(type, actor, row.input(target), outcome === 'ok');
      const told = outcome === 'ok' ? await call() : await refused(call);
      expect(told.outcome).toBe(outcome);
      if (outcome === 'ok') target = await aTarget();
    }
  });

  it.each(rowsOf('conversation'))('%s: outsiders see what is not there', async (_name, type, row: OfConversation) => {
    const [group, priv, gone] = [await aTarget(), await aPrivateTarget(), await aDeletedTarget()];
    const nowhere: Target = { ...group, conversationId: v7(), messageId: v7() };
    const cases: readonly (readonly [Target, readonly Actor[]])[] = [
      [group, [former, never, blocked]],
      [priv, [admin, never, blocked]],
      [gone, [owner, admin, member, robot, former, never, blocked]],
    ];
    for (const [target, actors] of cases)
      for (const actor of actors) {
        const absent = await ask(type, actor, row.input(nowhere));
        expect(absent.outcome).toBe(row.outsider ?? 'not_found');
        expect(await refused(() => ask(type, actor, row.input(target)))).toEqual(absent);
      }
  });

  it.each(['message.edit', 'message.delete'])('%s: a message of elsewhere is as absent as none', async (type) => {
    const [mine, theirs] = [await aTarget(), await aPrivateTarget()];
    const content = type === 'message.edit' ? { content: 'other words' } : {};
    const { conversationId } = mine;
    for (const actor of [admin, second]) {
      const absent = await ask(type, actor, { conversationId, id: v7(), ...content });
      expect(absent.outcome).toBe('not_found');
      expect(await refused(() => ask(type, actor, { conversationId, id: theirs.messageId, ...content }))).toEqual(
        absent,
      );
    }
  });

  it('keeps what was written before from who joins a group without visible history', async () => {
    const { conversationId, messageId } = await aTarget();
    await running.as(owner, 'conversation.update', { conversationId, historyVisible: false });
    await running.as(owner, 'member.add', { conversationId, users: [never.userId] });
    const absent = await ask('message.delete', never, { conversationId, id: v7() });
    expect(absent.outcome).toBe('not_found');
    for (const type of ['message.delete', 'message.edit']) {
      const told = await refused(() => ask(type, never, { conversationId, id: messageId, content: 'x' }));
      expect(told.overSocket).toBe(absent.overSocket);
    }
    const reply = await ask('message.send', never, { conversationId, id: v7(), content: 'x', replyTo: 2 });
    expect(reply.outcome).toBe('invalid');
    for (const [type, input] of [
      ['message.history', { conversationId }],
      ['message.history', { conversationId, after: 0 }],
      ['sync', { epoch, urev: 0, cursors: [[conversationId, 0]] }],
      ['conversation.list', {}],
    ] as const)
      expect((await ask(type, never, input)).overSocket).not.toContain('the owner’s words');
    // What happens to it later is told without its words, live too.
    const edit = { conversationId, id: messageId, content: 'the owner’s words, edited' };
    await running.as(owner, 'message.edit', edit);
    await never.socket.until(
      ({ type, data }) => type === 'conversation.advanced' && data.conversationId === conversationId,
    );
    await running.as(owner, 'message.delete', { conversationId, id: messageId });
    await running.as(owner, 'message.send', { conversationId, id: v7(), content: 'for all' });
    await never.socket.until(({ data }) => JSON.stringify(data).includes('for all'));
    expect(JSON.stringify(never.socket.events)).not.toContain('the owner’s words');
    await running.as(never, 'conversation.leave', { conversationId });
  });

  it('tells of an id that is taken only that it is taken', async () => {
    const [group, priv] = [await aTarget(), await aPrivateTarget()];
    const told = await Promise.all(
      [group, priv].map(({ conversationId: id }) => ask('conversation.create', never, { id, title: 'Mine' })),
    );
    expect(told.map(({ outcome }) => outcome)).toEqual(['conflict', 'conflict']);
    expect(told[0]).toEqual(told[1]);
  });

  it('ignores what a caller says of who they are, and of what only the server decides', async () => {
    const { conversationId } = await aTarget();
    const id = v7();
    const claims = {
      senderId: owner.userId,
      userId: owner.userId,
      seq: 1,
      rev: 1,
      role: 'owner',
      sentAt: '2000-01-01',
    };
    await member.socket.call('message.send', { conversationId, id, content: 'mine', ...claims });
    const [row] = await stored.rows<{ sender_id: string; seq: string }>('select * from messages where id = $1', [id]);
    expect(row).toMatchObject({ sender_id: member.userId });
    expect(Number(row?.seq)).toBeGreaterThan(1);
    await member.socket.call('conversation.settings', { conversationId, archived: true, role: 'owner' });
    await member.socket.call('user.update', { displayName: 'Member', id: owner.userId, userId: owner.userId });
    expect((await ask('conversation.delete', member, { conversationId })).outcome).toBe('forbidden');
    const [unchanged] = await stored.rows<{ display_name: string }>('select * from users where id = $1', [
      owner.userId,
    ]);
    expect(unchanged?.display_name).toBe('Somebody');
  });
});

describe('what belongs to one user', () => {
  it.each(rowsOf('thing'))('%s: somebody else’s is not there', async (_name, type, { kind, input }: OfThing) => {
    const [mine, theirs] = await Promise.all([anActor(), anActor()]);
    const idOf = async (user: Actor) =>
      kind === 'session'
        ? user.sessionId
        : ((await running.post('api_key.create', { name: 'key' }, user)).apiKey as { id: string }).id;
    const [own, other] = [await idOf(mine), await idOf(theirs)];
    const absent = await ask(type, mine, input(v7()));
    expect(absent.outcome).toBe('not_found');
    expect(await refused(() => ask(type, mine, input(other)))).toEqual(absent);
    expect(await theirs.socket.call('ping')).toMatchObject({ ok: true });
    expect((await ask(type, mine, input(own), true)).outcome).toBe('ok');
    // What has ended is as absent as what never was; asked over HTTP, for the session's own socket is closed.
    const again = await running.request('POST', `/v1/commands/${type}`, { user: theirs, body: input(own) });
    expect(again.body.code).toBe('not_found');
  });

  it.each(rowsOf('self'))('%s: by its owner, and by a program', async (_name, type, { input, apiKey }: OfSelf) => {
    const user =
      type === 'user.change_password'
        ? await running.aRegisteredUser(`u${Date.now()}`, PASSWORD)
        : await running.aUser();
    const program = await aRobot(user);
    const bystander = await anActor();
    const asProgram = () => ask(type, program, input(), true);
    const told = apiKey === 'ok' ? await asProgram() : await refused(asProgram);
    expect([type, told.outcome]).toEqual([type, apiKey]);
    const fresh = type === 'session.revoke_all' ? await running.aUser() : user;
    const session = await anActor(fresh);
    const before = JSON.stringify(await session.socket.call(type, input()));
    expect(JSON.parse(before)).toMatchObject({ ok: true });
    // Nothing of anybody else's is in it, and nobody else is touched by it.
    for (const id of [owner.userId, owner.sessionId, bystander.sessionId]) expect(before).not.toContain(id);
    expect(await bystander.socket.call('ping')).toMatchObject({ ok: true });
  });

  it.each(rowsOf('user'))('%s: about another user', async (_name, type, { input, ...row }: OfUser) => {
    const stranger = await running.aUser();
    for (const user of [stranger, owner]) await running.as(user, 'user.update', { handle: handleOf(user.userId) });
    expect((await ask(type, never, input(stranger.userId), true)).outcome).toBe('ok');
    expect((await ask(type, blocked, input(owner.userId), row.blocked === 'ok')).outcome).toBe(row.blocked);
    const unknown = () => ask(type, never, input(v7()), row.absent === 'ok');
    expect((await (row.absent === 'ok' ? unknown() : refused(unknown))).outcome).toBe(row.absent);
  });
});

it.each(commands.filter(({ access, overHttp }) => access === 'user' && overHttp !== false))(
  '$type: nothing for who does not say who they are',
  async ({ type, http }) => {
    cells++;
    const body = { conversationId: v7() };
    const path = http?.path.replaceAll(/\{\w+\}/g, v7());
    await refused(async () => {
      const told = await running.request('POST', `/v1/commands/${type}`, { body });
      expect([told.status, told.body.code]).toEqual([401, 'unauthenticated']);
      if (http && path) expect((await running.request(http.method, path)).status).toBe(401);
      return { outcome: 'unauthenticated', overSocket: '', overHttp: undefined };
    });
  },
);
