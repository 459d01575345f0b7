import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { v7 } from 'uuid';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { times } from '../support/scale.ts';
import type { Reply, WsClient } from '../support/ws-client.ts';
import { Stored } from './stored.ts';

// Whoever loses a right uses it at the same moment. Every change has a rev, and the log tells who was what at each rev:
// an acknowledged change that its author had no right to just before it was let through after the loss.

const ROUNDS = times(100, 10_000);
const TIMEOUT_MS = times(60_000, 3_600_000);

interface Person extends TestUser {
  readonly socket: WsClient;
}

interface Acked {
  readonly what: string;
  readonly by: string;
  readonly rev: number;
  readonly needs: 'member' | 'leader';
}

type Notice = { event: string; users?: string[]; user?: string; role?: string };

let running: RunningServer;
let stored: Stored;
let told = '';
beforeAll(async () => {
  running = await RunningServer.start();
  stored = await Stored.of(running.databaseUrl);
});
afterAll(() => process.stderr.write(`races:${told}\n`));

const people = async (count: number): Promise<readonly Person[]> =>
  Promise.all((await running.users(count)).map(async (user) => ({ ...user, socket: await running.connectAs(user) })));

/** Who was what after each rev of a group, from the entries that the server wrote. */
const rolesOf = async (conversationId: string, owner: string, members: readonly string[]) => {
  const entries = await stored.rows<{ rev: string; content: string }>(
    `select sent_rev as rev, content from messages where conversation_id = $1 and type = 'system' order by sent_rev`,
    [conversationId],
  );
  const timeline = new Map<string, { rev: number; role: string | undefined }[]>();
  const note = (user: string, rev: number, role: string | undefined) =>
    timeline.set(user, [...(timeline.get(user) ?? []), { rev, role }]);
  for (const { rev, content } of entries) {
    const { event, users = [], user = '', role } = JSON.parse(content) as Notice;
    if (event === 'conversation.created')
      for (const one of [owner, ...members]) note(one, Number(rev), one === owner ? 'owner' : 'member');
    if (event === 'members.added') for (const one of users) note(one, Number(rev), 'member');
    if (event === 'member.removed' || event === 'member.left') note(user, Number(rev), undefined);
    if (event === 'member.role_changed') note(user, Number(rev), role);
  }
  return (user: string, rev: number) => timeline.get(user)?.findLast((entry) => entry.rev <= rev)?.role;
};

/** Acknowledged, but without the right just before. */
const unlawful = (acked: readonly Acked[], roleAt: (user: string, rev: number) => string | undefined) =>
  acked.filter(({ by, rev, needs }) => {
    const role = roleAt(by, rev - 1);
    return needs === 'member' ? role === undefined : role !== 'owner' && role !== 'admin';
  });

/** Somewhere among what is under way. */
const aMoment = async (round: number) => {
  for (let turn = 0; turn < round % 7; turn++) await setImmediate();
};

const must = (reply: Reply): Record<string, unknown> => {
  if (!reply.ok) throw new Error(JSON.stringify(reply.error));
  return reply.data!; // an ok reply has data
};

it(
  'a removed member sends, edits and deletes nothing after the removal, and hears nothing of later',
  async () => {
    const [owner, victim, witness] = (await people(3)) as [Person, Person, Person];
    const conversationId = await running.aGroup(owner, [victim, witness]);
    const acked: Acked[] = [];
    const outcomes = new Map<string, number>();
    const own: string[] = [];

    const attempt = async (what: string): Promise<void> => {
      const id = what === 'send' ? v7() : (own.at(-1) ?? v7());
      const content = what === 'delete' ? {} : { content: `${what} ${v7()}` };
      const reply = await victim.socket.call(`message.${what}`, { conversationId, id, ...content });
      const code = reply.ok ? 'ok' : reply.error!.code; // a reply that is not ok has one
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      if (!reply.ok) return;
      const { rev } = (what === 'send' ? reply.data : reply.data!.message) as { rev: number };
      acked.push({ what, by: victim.userId, rev, needs: 'member' });
      if (what === 'send') own.push(id);
    };

    for (let round = 0; round < ROUNDS; round++) {
      await attempt('send');
      const under = ['send', 'edit', 'send', 'delete', 'send'].map(attempt);
      await aMoment(round);
      const removal = owner.socket.call('member.remove', { conversationId, userId: victim.userId });
      under.push(...['send', 'edit', 'send'].map(attempt));
      must(await removal);
      for (const what of ['send', 'edit', 'delete']) {
        const data = { conversationId, id: what === 'send' ? v7() : own.at(-1), content: 'after' };
        expect(await victim.socket.call(`message.${what}`, data)).toMatchObject({
          ok: false,
          error: { code: 'not_found' },
        });
      }
      must(await owner.socket.call('message.send', { conversationId, id: v7(), content: 'among ourselves' }));
      await Promise.all(under);
      must(await owner.socket.call('member.add', { conversationId, users: [victim.userId] }));
    }

    const roleAt = await rolesOf(conversationId, owner.userId, [victim.userId, witness.userId]);
    expect(unlawful(acked, roleAt)).toEqual([]);
    const heard = victim.socket.events.filter(({ data }) => data.conversationId === conversationId);
    expect(heard.filter(({ data }) => roleAt(victim.userId, data.rev as number) === undefined)).toEqual([]);
    // Both sides won sometimes, or it was no race.
    expect(outcomes.get('ok')).toBeGreaterThan(ROUNDS);
    expect(outcomes.get('not_found')).toBeGreaterThan(ROUNDS / 10);
    told += ` removal ${JSON.stringify(Object.fromEntries(outcomes))}`;
  },
  TIMEOUT_MS,
);

it(
  'a demoted admin adds, removes, renames and deletes nothing after the demotion',
  async () => {
    const [owner, admin, target, guest] = (await people(4)) as [Person, Person, Person, Person];
    const conversationId = await running.aGroup(owner, [admin, target]);
    const acked: Acked[] = [];
    const outcomes = new Map<string, number>();
    const promote = () =>
      owner.socket.call('member.set_role', { conversationId, userId: admin.userId, role: 'admin' }).then(must);

    const use = async (
      type: string,
      more: object,
      revOf: (data: Record<string, unknown>) => unknown,
    ): Promise<string> => {
      const reply = await admin.socket.call(type, { conversationId, ...more });
      const code = reply.ok ? 'ok' : reply.error!.code; // a reply that is not ok has one
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      const rev = reply.ok ? revOf(reply.data!) : undefined;
      if (typeof rev === 'number') acked.push({ what: type, by: admin.userId, rev, needs: 'leader' });
      return code;
    };
    const all = (message: string, round: number): Promise<string>[] => [
      use('member.add', { users: [guest.userId] }, ({ members }) => (members as { rev: number }[])[0]?.rev),
      use(
        'conversation.update',
        { title: `Title ${round} ${v7()}` },
        (data) => (data.conversation as { rev: number }).rev,
      ),
      use('message.delete', { id: message }, (data) => (data.message as { rev: number }).rev),
      use('member.remove', { userId: guest.userId }, () => undefined),
    ];

    for (let round = 0; round < ROUNDS; round++) {
      await promote();
      const [first, second] = [v7(), v7()];
      for (const id of [first, second])
        must(await target.socket.call('message.send', { conversationId, id, content: 'mine' }));
      const under = all(first, round);
      await aMoment(round);
      const demotion = owner.socket.call('member.set_role', { conversationId, userId: admin.userId, role: 'member' });
      under.push(...all(first, round));
      must(await demotion);
      expect(new Set(await Promise.all(all(second, round)))).toEqual(new Set(['forbidden']));
      await Promise.all(under);
    }

    const roleAt = await rolesOf(conversationId, owner.userId, [admin.userId, target.userId]);
    expect(unlawful(acked, roleAt)).toEqual([]);
    // Removals answer nothing; the entries that they left say the same.
    const entries = await stored.rows<{ rev: string; by: string; content: string }>(
      `select sent_rev as rev, sender_id as by, content from messages where conversation_id = $1 and type = 'system'`,
      [conversationId],
    );
    const byAdmin = entries.filter(({ by }) => by === admin.userId);
    const entered = byAdmin.map(
      ({ rev, by, content }): Acked => ({ what: content, by, rev: Number(rev), needs: 'leader' }),
    );
    expect(unlawful(entered, roleAt)).toEqual([]);
    expect(outcomes.get('ok')).toBeGreaterThan(0);
    told += `, demotion ${JSON.stringify(Object.fromEntries(outcomes))}`;
  },
  TIMEOUT_MS,
);

it(
  'whoever is blocked sends nothing private and adds nobody after the block',
  async () => {
    const [blocker, sender] = (await people(2)) as [Person, Person];
    const outcomes = new Map<string, number>();
    const acked: string[] = [];
    const { conversation } = must(await sender.socket.call('conversation.open_private', { userId: blocker.userId }));
    const conversationId = (conversation as { id: string }).id;
    const group = await running.aGroup(sender);

    const send = async (): Promise<void> => {
      const id = v7();
      const reply = await sender.socket.call('message.send', { conversationId, id, content: 'hey' });
      if (reply.ok) acked.push(id);
      const code = reply.ok ? 'ok' : reply.error!.code; // a reply that is not ok has one
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
    };
    const add = () => sender.socket.call('member.add', { conversationId: group, users: [blocker.userId] });

    for (let round = 0; round < ROUNDS; round++) {
      const under: Promise<unknown>[] = [send(), send(), add()];
      await aMoment(round);
      const block = blocker.socket.call('block.set', { userId: sender.userId, blocked: true });
      under.push(add());
      let over = false;
      void block.then(() => (over = true));
      for (let more = 0; more < 40 && !over; more++) {
        under.push(send());
        await setImmediate();
      }
      must(await block);
      for (const type of ['message.send', 'to', 'member.add', 'conversation.create'] as const) {
        const reply = await {
          'message.send': () => sender.socket.call('message.send', { conversationId, id: v7(), content: 'after' }),
          to: () => sender.socket.call('message.send', { to: blocker.userId, id: v7(), content: 'after' }),
          'member.add': add,
          'conversation.create': () =>
            sender.socket.call('conversation.create', { id: v7(), title: 'With you', users: [blocker.userId] }),
        }[type]();
        expect([type, reply.error?.code, reply.error?.rule]).toEqual([type, 'forbidden', 'blocked']);
      }
      await Promise.all(under);
      must(await blocker.socket.call('block.set', { userId: sender.userId, blocked: false }));
      await blocker.socket.call('conversation.leave', { conversationId: group });
    }

    const rows = await stored.rows<{ id: string }>('select id from messages where conversation_id = $1', [
      conversationId,
    ]);
    expect(rows.map(({ id }) => id).toSorted()).toEqual(acked.toSorted());
    expect(acked.length).toBeGreaterThan(ROUNDS);
    expect(outcomes.get('forbidden')).toBeGreaterThan(0);
    told += `, block ${JSON.stringify(Object.fromEntries(outcomes))}`;
  },
  TIMEOUT_MS,
);
