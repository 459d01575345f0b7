import { describe, expect, it, beforeAll } from 'vitest';
import { v7 } from 'uuid';
import { DisableUser } from '#app/application/identity/disable-user.ts';
import { eventually, RawSocket } from '../support/raw-socket.ts';
import { RunningServer, type TransportName } from '../support/running-server.ts';

const transports: readonly TransportName[] = ['uws', 'ws'];
const PASSWORD = 'eight plain words that nobody has used';

/** Fast clocks: the documented intervals are tested, their defaults are those of the configuration's own tests. */
const settings = { LIMIT_AUTH_SECONDS: '5', LIMIT_PING_SECONDS: '5', LIMIT_SOCKETS_PER_USER: '100' };

describe.each(transports)('what a connection rests on, over %s', (transport) => {
  let running: RunningServer;
  beforeAll(async () => {
    running = await RunningServer.start({ transport, settings });
  });

  it.concurrent('closes the sockets of a revoked session within 2 s, and sends them nothing after', async () => {
    const [ann, ben] = await running.users(2);
    const group = await running.aGroup(ben!, [ann!]);
    const second = await running.connectAs(ann!);
    await running.as(ben!, 'message.send', { id: v7(), conversationId: group, content: 'before' });
    await second.until(({ type }) => type === 'message.created');

    const revoked = async () => {
      await running.request('DELETE', `/v1/sessions/${ann!.sessionId}`, { user: ann! });
      await running.as(ben!, 'message.send', { id: v7(), conversationId: group, content: 'after' });
    };
    const [ended] = await Promise.all([second.ended(2_000), revoked()]);
    expect(ended).toMatchObject({ code: 4502 });
    expect(JSON.stringify(second.events)).not.toContain('after');
    const again = await running.connect();
    expect(await again.auth(ann!.token)).toMatchObject({ ok: false, error: { code: 'unauthenticated' } });
    expect((await again.ended()).code).toBe(4501);
  });

  it.concurrent('lets a frame behind the revocation do nothing', async () => {
    const [ann, ben] = await running.users(2);
    const group = await running.aGroup(ben!, [ann!]);
    const socket = await RawSocket.open(running.port);
    socket.text(JSON.stringify({ id: 1, type: 'auth', data: { token: ann!.token } }));
    await socket.frame();
    await running.request('POST', '/v1/sessions/revoke-all', { user: ann! });
    // The close frame is on its way and this peer does not answer it.
    const data = { id: v7(), conversationId: group, content: 'too late' };
    socket.text(JSON.stringify({ id: 2, type: 'message.send', data }));
    expect(await socket.closeCode()).toBe(4502);
    await socket.ended(4_000);
    const { messages } = await running.as(ben!, 'message.history', { conversationId: group });
    expect(JSON.stringify(messages)).not.toContain('too late');
  });

  it.concurrent('does nothing for a request whose session ends while its body is on the way', async () => {
    const [ann, ben] = await running.users(2);
    const group = await running.aGroup(ben!, [ann!]);
    const body = JSON.stringify({ id: v7(), conversationId: group, content: 'slowly' });
    const head = `Host: x\r\nAuthorization: Bearer ${ann!.token}\r\nContent-Type: application/json\r\n`;
    const socket = await RawSocket.connect(running.port);
    socket.write(`POST /v1/commands/message.send HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n`);
    socket.write(body.slice(0, 20));
    await running.request('POST', '/v1/session/logout', { user: ann! });
    socket.write(body.slice(20));
    expect((await socket.response()).status).toBe(401);
    const { messages } = await running.as(ben!, 'message.history', { conversationId: group });
    expect(JSON.stringify(messages)).not.toContain('slowly');
    socket.destroy();
  });

  it.concurrent('keeps the session that changes the password and closes the others of its user', async () => {
    const here = await running.aRegisteredUser(`pat_${transport}`, PASSWORD);
    const { accessToken } = await running.post('session.login', { login: `pat_${transport}`, password: PASSWORD });
    const [kept, other, stranger] = await Promise.all([
      running.connectAs(here),
      running.connectAs({ token: accessToken as string }),
      running.aUser().then((user) => running.connectAs(user)),
    ]);
    const change = { currentPassword: PASSWORD, newPassword: `${PASSWORD}, changed` };
    expect(await kept.call('user.change_password', change)).toMatchObject({ ok: true, data: { ended: 1 } });
    expect(await other.ended(2_000)).toEqual({ code: 4502, reason: 'password_changed' });
    expect(await kept.call('ping')).toMatchObject({ ok: true });
    expect(await stranger.call('ping')).toMatchObject({ ok: true });
  });

  it.concurrent('closes all sockets of a user who is disabled, and lets none in again', async () => {
    const ann = await running.aUser();
    const { secret } = await running.post('api_key.create', { name: 'robot' }, ann);
    const sockets = await Promise.all([running.connectAs(ann), running.connectAs({ token: secret as string })]);
    await running.container.resolve(DisableUser).execute({ userId: ann.userId });
    for (const socket of sockets) expect((await socket.ended(2_000)).code).toBe(4502);
    for (const token of [ann.token, secret as string]) {
      const again = await running.connect();
      expect(await again.auth(token)).toMatchObject({ ok: false, error: { code: 'unauthenticated' } });
      expect((await running.request('GET', '/v1/users/me', { user: { token } })).status).toBe(401);
    }
  });

  it.concurrent('closes the sockets of a revoked API key and of no other', async () => {
    const ann = await running.aUser();
    const keys = await Promise.all(['a', 'b'].map((name) => running.post('api_key.create', { name }, ann)));
    const [first, second] = await Promise.all(keys.map(({ secret }) => running.connectAs({ token: secret as string })));
    const { id } = keys[0]!.apiKey as { id: string };
    await running.post('api_key.revoke', { apiKeyId: id }, ann);
    expect((await first!.ended(2_000)).code).toBe(4502);
    expect(await second!.call('ping')).toMatchObject({ ok: true });
  });

  it.concurrent('closes with 4410 when the token runs out', async () => {
    const ann = await running.aUser();
    const socket = await running.connectAs({ token: await running.tokenOf(ann, 6_000) });
    expect(await socket.ended(12_000)).toEqual({ code: 4410, reason: 'renew the token' });
  });

  it.concurrent('keeps the socket when the token is renewed in band, and goes on where it was', async () => {
    const [ann, ben] = await running.users(2);
    const group = await running.aGroup(ben!, [ann!]);
    const short = await running.tokenOf(ann!, 6_000);
    const [socket, witness] = await Promise.all([
      running.connectAs({ token: short }),
      running.connectAs({ token: short }),
    ]);
    expect(await socket.auth(ann!.token)).toMatchObject({ ok: true, data: { userId: ann!.userId } });
    // The one that did not renew shows that the time is over.
    expect((await witness.ended(12_000)).code).toBe(4410);
    await running.as(ben!, 'message.send', { id: v7(), conversationId: group, content: 'still there?' });
    await socket.until((event) => JSON.stringify(event).includes('still there?'));
  });

  it.concurrent('stays who it is when a renewal fails, until the old token ends', async () => {
    const [ann] = await running.users(1);
    const socket = await running.connectAs(ann!);
    expect(await socket.auth('no token at all')).toMatchObject({ ok: false, error: { code: 'unauthenticated' } });
    expect(await socket.call('user.me', {})).toMatchObject({ ok: true });
  });

  it.concurrent('refuses to become another user: conflict, then the end', async () => {
    const [ann, ben] = await running.users(2);
    const socket = await running.connectAs(ann!);
    expect(await socket.auth(ben!.token)).toMatchObject({ ok: false, error: { code: 'conflict', rule: 'other_user' } });
    expect((await socket.ended()).code).toBe(4501);
  });

  it.concurrent('is never two users, also when both ask at once', async () => {
    const [ann, ben] = await running.users(2);
    const socket = await running.connect();
    // The end may come before the answer to the one who was first.
    const replies = await Promise.allSettled([socket.auth(ann!.token), socket.auth(ben!.token)]);
    const answers = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value] : []));
    expect(answers.filter(({ ok }) => ok).length).toBeLessThan(2);
    expect(answers.find(({ ok }) => !ok)?.error).toMatchObject({ code: 'conflict', rule: 'other_user' });
    expect((await socket.ended()).code).toBe(4501);
  });

  it.concurrent('refuses the 101st socket of a user and keeps the hundred', async () => {
    const [ann, ben] = await running.users(2);
    const hundred = await Promise.all(Array.from({ length: 100 }, () => running.connectAs(ann!)));
    const late = await running.connect();
    expect(await late.auth(ann!.token)).toMatchObject({
      ok: false,
      error: { code: 'rate_limited', rule: 'sockets_per_user' },
    });
    expect((await late.ended()).code).toBe(4503);
    expect(await (await running.connectAs(ben!)).call('ping')).toMatchObject({ ok: true });
    // Renewing is no new socket.
    expect(await hundred[0]!.auth(ann!.token)).toMatchObject({ ok: true });
    await hundred[1]!.close();
    const next = await running.connectAs(ann!);
    expect(hundred.filter((socket) => socket.open)).toHaveLength(99);
    await Promise.all([...hundred, next].filter((socket) => socket.open).map((socket) => socket.close()));
  });

  it.concurrent('closes with 4408 who says nothing before and who says nothing after auth', async () => {
    const ann = await running.aUser();
    const [mute, silent, alive] = await Promise.all([
      RawSocket.open(running.port),
      running.connectAs(ann, { autoPong: false }),
      running.connectAs(ann, { autoPong: false }),
    ]);
    const beat = setInterval(() => void alive.call('ping').catch(() => {}), 1_000);
    expect(await mute.closeCode(8_000)).toBe(4408);
    expect(await silent.ended(14_000)).toEqual({ code: 4408, reason: 'nothing was heard of you' });
    clearInterval(beat);
    expect(await alive.call('ping')).toMatchObject({ ok: true });
  }, 40_000);

  // Alone: megabytes on their way would bend the others' times.
  it('cuts a reader that is too slow, who then catches up without a loss', async () => {
    const [ann, ben, cat] = await running.users(3);
    const group = await running.aGroup(ann!, [ben!, cat!]);
    const [writer, slow, witness] = await Promise.all([ann!, ben!, cat!].map((user) => running.connectAs(user)));
    const welcome = await slow!.auth(ben!.token);
    slow!.socket.pause();
    const content = '界'.repeat(5_000);
    let cut: number | undefined;
    running.server.events.on('user.disconnected', ({ userId, code }) => {
      if (userId === ben!.userId) cut ??= code;
    });
    // The kernel's buffers hold some of these 9 MB, our own limit of 1 MiB little of the rest.
    const ids = Array.from({ length: 600 }, () => v7());
    const send = async (id: string) => {
      const reply = await writer!.call('message.send', { id, conversationId: group, content }, 15_000);
      if (!reply.ok) throw new Error(JSON.stringify(reply));
    };
    for (let at = 0; at < ids.length; at += 50) await Promise.all(ids.slice(at, at + 50).map(send));
    expect(await eventually(() => cut, 'the slow reader is cut', 5_000)).toBe(4413);
    expect(await running.metric('slow_consumers_total')).toBe(1);
    slow!.socket.resume();
    expect([1006, 4413]).toContain((await slow!.ended()).code);
    await eventually(() => witness!.events.length >= ids.length, 'the witness hears everything');

    // What it heard, and what sync tells from there, is everything.
    const heard = slow!.events.map(({ data }) => data as { rev: number; message: { id: string } });
    const seen = new Set(heard.map(({ message }) => message.id));
    const resumed = await running.connectAs(ben!);
    const cursors = [[group, heard.at(-1)?.rev ?? 1]];
    const ask = { epoch: welcome.data!.epoch, urev: welcome.data!.urev, cursors };
    for (let next: unknown; ; ) {
      const { data } = await resumed.call('sync', { ...ask, ...(next !== undefined && { next }) });
      const { conversations, caughtUp } = data as {
        conversations: { rows: { message?: { id: string } }[] }[];
        caughtUp: boolean;
      };
      for (const { rows } of conversations) for (const { message } of rows) if (message) seen.add(message.id);
      if (caughtUp) break;
      next = data!.next;
    }
    expect(ids.filter((id) => !seen.has(id))).toEqual([]);
  }, 60_000);
});
