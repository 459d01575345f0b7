import { beforeAll, describe, expect, it } from 'vitest';
import { v7 } from 'uuid';
import type { TestUser, TransportName } from '../support/running-server.ts';
import type { Reply, WsClient } from '../support/ws-client.ts';
import { Scene } from './scene.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Texts that are harmless as long as nobody takes them for more than text. */
const payloads = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '[x](javascript:alert(1)) **bold** `code`',
  "'; drop table messages; --",
  "' or '1'='1",
  '$(rm -rf /) `id` | cat /etc/passwd',
  '{{7*7}} ${7*7} <%= 7*7 %> #{7*7}',
  '%00 %0a %s %n %x \\u0000 \\',
  'right \u202eto\u202c left \u2066isolated\u2069',
  'e\u0301 is not é, ﬁ is not fi, İ is not i',
  '  kept  \t\r\n as it is\n\n',
  '👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 \u{10FFFF}',
  '\u0001\u001b[31mred\u0007',
  '{"level":"fatal"}\n{"type":"message.created"}',
  '\ufeff byte order \ufffe \uffff',
  '__proto__',
];

describe.each<TransportName>(['uws', 'ws'])('rules of chat, over %s', (transport) => {
  let scene: Scene;
  let ann: TestUser, ben: TestUser, cat: TestUser;
  let socket: WsClient, other: WsClient;
  let group: string;
  beforeAll(async () => {
    scene = await Scene.open({ transport });
    const { running } = scene;
    [ann, ben, cat] = (await running.users(3)) as [TestUser, TestUser, TestUser];
    [socket, other] = [await running.connectAs(ann), await running.connectAs(ben)];
    group = await running.aGroup(ann, [ben]);
  });

  const ok = async (reply: Promise<Reply>): Promise<Fields> => {
    const { data, error } = await reply;
    if (!data) throw new Error(JSON.stringify(error));
    return data;
  };
  const send = (more: Fields = {}, by = socket) =>
    by.call('message.send', { conversationId: group, id: v7(), content: 'hello', ...more });

  /** Refused so over WebSocket and so over HTTP, and nothing is written. */
  const refuses = (type: string, input: Fields, code: string, rule?: string, by: 'ann' | 'ben' = 'ann') =>
    scene.unharmed(async () => {
      const { error } = await (by === 'ann' ? socket : other).call(type, input);
      expect([type, error?.code, error?.rule]).toEqual([type, code, rule ?? error?.rule]);
      const overHttp = await scene.running.request('POST', `/v1/commands/${type}`, {
        user: by === 'ann' ? ann : ben,
        body: input,
      });
      expect([overHttp.body.code, overHttp.body.rule]).toEqual([error?.code, error?.rule]);
      return error!; // a refusal was expected above
    });

  describe('ids of messages', () => {
    it('are the same in any case, and their time orders nothing', async () => {
      const future = `${(Date.now() + 63_072_000_000).toString(16).padStart(12, '0')}`;
      const ahead = `${future.slice(0, 8)}-${future.slice(8)}${v7().slice(13)}`;
      const first = await ok(send({ id: ahead.toUpperCase() }));
      const again = await ok(send({ id: ahead }));
      expect(again).toEqual({ ...first, duplicate: true });
      const later = await ok(send());
      expect(later.seq).toBe((first.seq as number) + 1);
      const { messages } = await ok(socket.call('message.history', { conversationId: group, limit: 2 }));
      expect((messages as { id: string }[]).map(({ id }) => id)[0]).toBe(ahead);
    });

    it('stand for one content of one sender, and a conflict tells nothing of it', async () => {
      const id = v7();
      const first = await ok(send({ id, content: 'a secret of mine' }));
      for (const changed of [{ content: 'other words' }, { replyTo: 1 }, { content: 'a secret of mine ' }])
        await refuses(
          'message.send',
          { conversationId: group, id, content: 'a secret of mine', ...changed },
          'conflict',
          'message_id_taken',
        );
      for (const content of ['a secret of mine', 'other words']) {
        const error = await refuses(
          'message.send',
          { conversationId: group, id, content },
          'conflict',
          'message_id_taken',
          'ben',
        );
        expect(JSON.stringify(error)).not.toMatch(/secret|seq|rev|senderId/);
      }
      const elsewhere = await scene.running.aGroup(ann);
      expect(await ok(send({ id, conversationId: elsewhere, content: 'independent' }))).toMatchObject({
        duplicate: false,
      });
      await ok(socket.call('message.edit', { conversationId: group, id, content: 'edited' }));
      expect(await ok(send({ id, content: 'a secret of mine' }))).toEqual({ ...first, duplicate: true });
      await ok(socket.call('message.delete', { conversationId: group, id }));
      expect(await ok(send({ id, content: 'a secret of mine' }))).toEqual({ ...first, duplicate: true });
    });
  });

  describe('texts', () => {
    it.each(payloads)('%j is kept as it was sent', async (content) => {
      const id = v7();
      await ok(send({ id, content }));
      const [stored] = await scene.stored.rows<{ content: string }>('select content from messages where id = $1', [id]);
      expect(stored?.content).toBe(content);
      const { messages } = await ok(socket.call('message.history', { conversationId: group, limit: 1 }));
      expect(messages).toMatchObject([{ id, content }]);
      const event = await other.until(({ data }) => (data.message as { id?: string } | undefined)?.id === id);
      expect(event.data.message).toMatchObject({ content });
    });

    it.each(['x', '界', '😀', 'e\u0301'])('5,000 code points of %j are taken', async (unit) => {
      const content = Array.from(unit.repeat(5_000)).slice(0, 5_000).join('');
      expect(await ok(send({ content }))).toMatchObject({ duplicate: false });
    });

    it('of other types are refused by name, also where a conversation would be made for them', async () => {
      for (const to of [{ conversationId: group }, { to: cat.userId }]) {
        const draft = { ...to, id: v7(), content: 'x' };
        await refuses('message.send', { ...draft, type: 'system' }, 'forbidden', 'system_entries_are_the_servers');
        await refuses('message.send', { ...draft, type: 'image' }, 'unsupported', 'no_files_yet');
        await refuses('message.send', { ...draft, type: 'file' }, 'unsupported', 'no_files_yet');
      }
    });

    it('go to a conversation or to a user, not to both and not to neither', async () => {
      await refuses('message.send', { id: v7(), content: 'x' }, 'invalid');
      await refuses('message.send', { id: v7(), content: 'x', to: ben.userId, conversationId: group }, 'invalid');
      await refuses('message.send', { id: v7(), content: 'x', to: ann.userId }, 'invalid');
      await refuses('message.send', { id: v7(), content: 'x', to: v7() }, 'not_found');
    });
  });

  describe('answers', () => {
    it('refer to an undeleted message of the same conversation', async () => {
      const { id, seq } = await ok(send()).then(async (sent) => {
        const { messages } = await ok(socket.call('message.history', { conversationId: group, limit: 1 }));
        return { id: (messages as { id: string }[])[0]!.id, seq: sent.seq as number };
      });
      await ok(send({ replyTo: seq }));
      for (const replyTo of [0, seq + 1_000, Number.MAX_SAFE_INTEGER])
        await refuses(
          'message.send',
          { conversationId: group, id: v7(), content: 'x', replyTo },
          'invalid',
          'reply_to_unknown',
        );
      await ok(socket.call('message.delete', { conversationId: group, id }));
      await refuses(
        'message.send',
        { conversationId: group, id: v7(), content: 'x', replyTo: seq },
        'invalid',
        'reply_to_unknown',
      );
    });
  });

  describe('edits', () => {
    it('are the author’s, of what is there, and of what they saw', async () => {
      const id = v7();
      const { rev } = (await ok(send({ id }))) as { rev: number };
      const edit = { conversationId: group, id, content: 'other words' };
      await refuses('message.edit', edit, 'forbidden', 'only_authors_edit', 'ben');
      await refuses('message.edit', { ...edit, knownRev: rev + 1 }, 'conflict', 'stale_rev');
      await refuses('message.edit', { ...edit, knownRev: Number.MAX_SAFE_INTEGER }, 'conflict', 'stale_rev');
      await ok(socket.call('message.edit', { ...edit, knownRev: rev }));
      await refuses('message.edit', { ...edit, content: 'third', knownRev: rev }, 'conflict', 'stale_rev');
      await ok(socket.call('message.delete', { conversationId: group, id }));
      await refuses('message.edit', { ...edit, content: 'fourth' }, 'conflict');
    });
  });

  describe('cursors', () => {
    it('of reading never go back and never past the end', async () => {
      const { seq } = (await ok(send({}, other))) as { seq: number };
      const read = async (readSeq: number) =>
        (
          (await ok(socket.call('conversation.read', { conversationId: group, readSeq }))).membership as {
            readSeq: number;
          }
        ).readSeq;
      expect(await read(Number.MAX_SAFE_INTEGER)).toBe(seq);
      expect(await read(1)).toBe(seq);
      expect(await read(0)).toBe(seq);
      for (const deliveredSeq of [0, 1, Number.MAX_SAFE_INTEGER])
        await ok(socket.call('conversation.delivered', { conversationId: group, deliveredSeq }));
      const { receipts } = await ok(socket.call('conversation.receipts', { conversationId: group }));
      expect(receipts).toContainEqual({ userId: ann.userId, readSeq: seq, deliveredSeq: seq });
    });

    it('of the future, of nowhere and of elsewhere are told as such', async () => {
      const { epoch, urev } = await ok(socket.auth(ann.token));
      const theirs = await scene.running.aGroup(cat);
      const ask = async (more: Fields) => ok(socket.call('sync', { epoch, urev, cursors: [], ...more }));
      const cursors = [
        [group, Number.MAX_SAFE_INTEGER],
        [theirs, 0],
        [v7(), 0],
      ];
      const { conversations } = (await ask({ cursors })) as { conversations: Fields[] };
      expect(conversations[0]).toMatchObject({ id: group, reset: true });
      const [, foreign, unknown] = conversations.map(({ id: _id, ...rest }) => rest);
      expect(foreign).toEqual({ gone: true });
      expect(unknown).toEqual(foreign);
      expect(await ask({ urev: Number.MAX_SAFE_INTEGER })).toMatchObject({ user: { reset: true } });
      expect(await ask({ epoch: 'another' })).toMatchObject({ epoch, reset: true });
    });

    it.each(['', 'x', '0', '0.0', '0.0.0.0', '-2.0.0', '1.0.0', '0.5.3', '0.-1.5', '1e999.0.0', '0x0.0.x', 'NaN.0.0'])(
      'the page %j of a sync is refused',
      async (next) => {
        const { epoch } = await ok(socket.auth(ann.token));
        await refuses('sync', { epoch, urev: 0, cursors: [[group, 0]], next }, 'invalid');
      },
    );

    it('of pages may be forged without harm', async () => {
      const { epoch } = await ok(socket.auth(ann.token));
      const most = Number.MAX_SAFE_INTEGER;
      for (const next of ['0.0.0', `0.0.${most}`, `0.${most}.${most}`, `-1.0.${most}`, `-1.${most}.${most}`])
        expect(
          (await socket.call('sync', { epoch, urev: 0, cursors: [[group, 0]], next })).error?.code,
        ).toBeUndefined();
      for (const bounds of [
        { before: most },
        { after: most },
        { before: 0 },
        { after: most, before: most },
        { before: 1, after: 5 },
      ]) {
        const { data, error } = await socket.call('message.history', { conversationId: group, ...bounds });
        expect(data ?? error).toMatchObject(data ? { messages: expect.any(Array) } : { code: 'invalid' });
      }
      for (const at of ['0', '1', '999999999999999'])
        await ok(socket.call('conversation.list', { after: `${at}_${v7()}` }));
    });
  });

  describe('private conversations', () => {
    it('have two people, neither of them oneself, and stay as they are', async () => {
      await refuses('conversation.open_private', { userId: ann.userId }, 'invalid');
      await refuses('conversation.open_private', { userId: v7() }, 'not_found');
      const { conversation } = await ok(socket.call('conversation.open_private', { userId: ben.userId }));
      const { id: conversationId } = conversation as { id: string };
      const fixed = 'private_is_fixed';
      await refuses('member.add', { conversationId, users: [cat.userId] }, 'conflict', fixed);
      await refuses('member.remove', { conversationId, userId: ben.userId }, 'conflict', fixed);
      await refuses('member.set_role', { conversationId, userId: ben.userId, role: 'owner' }, 'conflict', fixed);
      await refuses('conversation.update', { conversationId, title: 'Ours' }, 'conflict', fixed);
      await refuses('conversation.delete', { conversationId }, 'conflict', fixed);
      await refuses('conversation.leave', { conversationId }, 'conflict', 'private_is_never_left');
    });
  });

  describe('groups', () => {
    it('keep an owner, and nobody removes themselves', async () => {
      await refuses('conversation.leave', { conversationId: group }, 'conflict', 'last_owner');
      await refuses(
        'member.set_role',
        { conversationId: group, userId: ann.userId, role: 'member' },
        'conflict',
        'last_owner',
      );
      await refuses('member.remove', { conversationId: group, userId: ann.userId }, 'invalid', 'remove_self');
      await refuses('member.set_role', { conversationId: group, userId: cat.userId, role: 'owner' }, 'not_found');
      await refuses('member.add', { conversationId: group, users: [cat.userId, v7()] }, 'not_found');
    });
  });

  describe('times', () => {
    it.each([
      '0000-01-01T00:00:00Z',
      '0001-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999Z',
      '2030-02-31T00:00:00Z',
      '1970-01-01 00:00:00+14',
    ])('muting until %s is stored or refused, never a fault', async (mutedUntil) => {
      const { ok: taken, error } = await socket.call('conversation.settings', { conversationId: group, mutedUntil });
      expect(taken || error?.code).toBe(taken ? true : 'invalid');
    });
  });
});
