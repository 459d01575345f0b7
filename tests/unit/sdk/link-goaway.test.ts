import { describe, expect, it } from 'vitest';
import { Lost } from '../../../clients/sdk/src/link/failures.ts';
import { annId, conversationId, created, type FakeSocket, LinkStage, messageId, welcome } from './link-stage.ts';

const goaway = (afterMs: unknown = 0) => ({ type: 'goaway', data: { afterMs } });
const send = { id: messageId, conversationId, content: 'Hello!' };
const sent = { conversationId, seq: 41, rev: 57, sentAt: '2026-11-20T18:30:00.000Z', duplicate: false };
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const me = { id: annId, urev: 1, displayName: 'Ann' };

/** Long enough for failures to be forgotten. */
const calm = async (stage: LinkStage): Promise<void> => {
  for (let i = 0; i < 7; i++) {
    await stage.pass(10_000, 1_000);
    const asked = stage.link.call('user.me', {});
    stage.socket.answers('user.me', me);
    await asked;
  }
};
const replaced = async (stage: LinkStage): Promise<FakeSocket> => {
  const old = await stage.started();
  await calm(stage);
  old.says(goaway());
  return old;
};

describe('goaway', () => {
  it('opens and authenticates another connection before this one is left, without a break', async () => {
    const stage = new LinkStage();
    const old = await replaced(stage);
    const coming = await stage.begins();
    expect(old.closed).toBe(false);
    coming.opens();
    expect(old.closed).toBe(false);
    const asked = stage.link.call('user.me', {});
    old.answers('user.me', me);
    expect(await asked).toEqual(me);
    coming.answers('auth', welcome({ urev: 13 }));
    expect(old.closed).toBe(true);
    expect(stage.link.welcome?.urev).toBe(13);
    expect(stage.log).toEqual(['connecting', 'opened', 'online', 'goaway', 'opened']);
    const next = stage.link.call('user.me', {});
    coming.answers('user.me', me);
    expect(await next).toEqual(me);
  });

  it('keeps the old connection until what it was asked is answered, the event of the reply first', async () => {
    const stage = new LinkStage();
    const old = await stage.started();
    await calm(stage);
    const sending = stage.link.call('message.send', send).then(() => stage.log.push('resolved'));
    old.says(goaway());
    await stage.arrive();
    expect(old.closed).toBe(false);
    old.answers('message.send', sent);
    await sending;
    expect(stage.log.slice(-3)).toEqual(['opened', 'message.created', 'resolved']);
    expect(old.closed).toBe(true);
  });

  it('has the old connection answer what still waits for its turn there', async () => {
    const stage = new LinkStage();
    const old = await stage.started({ limits: { inFlight: 3 } });
    await calm(stage);
    const calls = Array.from({ length: 5 }, () => stage.link.call('user.me', {}));
    old.says(goaway());
    await stage.arrive();
    for (let i = 0; i < 5; i++) old.answers('user.me', me);
    expect(await Promise.all(calls)).toHaveLength(5);
    expect(old.closed).toBe(true);
    expect(stage.socket.sent.map(({ type }) => type)).toEqual(['auth']);
  });

  it('rejects with Lost what the old connection took with it, and nobody hears of a loss', async () => {
    const stage = new LinkStage();
    const old = await stage.started();
    await calm(stage);
    const asked = failureOf(stage.link.call('user.me', {}));
    old.says(goaway());
    await stage.arrive();
    old.closesWith(1012);
    expect(await asked).toBeInstanceOf(Lost);
    expect(stage.log).toEqual(['connecting', 'opened', 'online', 'goaway', 'opened']);
    expect(stage.link.status).toBe('online');
  });

  it('hears events of the old connection until the new one is there, and none after', async () => {
    const stage = new LinkStage();
    const old = await stage.started();
    await calm(stage);
    const asked = stage.link.call('user.me', {});
    old.says(goaway());
    const coming = await stage.begins();
    coming.opens();
    // nobody knows yet whom it means
    coming.says(created());
    old.says(created());
    expect(stage.events.map(({ type }) => type)).toEqual(['goaway', 'message.created']);
    coming.answers('auth', welcome());
    old.says(created());
    coming.says(created());
    expect(stage.events).toHaveLength(3);
    old.answers('user.me', me);
    await asked;
  });

  it('comes somewhere within the first half of the time that is left', async () => {
    for (const [luck, expected] of [
      [0, 0],
      [0.5, 2_500],
      [0.999, 5_000],
    ] as const) {
      const stage = new LinkStage();
      const old = await stage.started();
      await calm(stage);
      stage.luck = luck;
      old.says(goaway(10_000));
      expect(Math.abs((await stage.untilNext()) - expected)).toBeLessThanOrEqual(20);
    }
  });

  it('is not hurried by anybody who wants a connection: there is one', async () => {
    const stage = new LinkStage();
    const old = await stage.started();
    await calm(stage);
    old.says(goaway(10_000));
    stage.link.retry();
    await stage.pass(2_000);
    expect(stage.sockets).toHaveLength(1);
  });

  it('believes in no goodbye longer than five minutes', async () => {
    const stage = new LinkStage();
    const old = await stage.started();
    await calm(stage);
    stage.luck = 0.999;
    old.says(goaway(Number.MAX_SAFE_INTEGER));
    let waited = 0;
    for (; stage.sockets.length === 1 && waited < 400_000; waited += 10_000) {
      await stage.pass(10_000, 1_000);
      old.says({ type: 'of a later version', data: {} });
    }
    expect(waited).toBeLessThanOrEqual(160_000);
  });

  it('tries again while the old connection lives, and says that it is lost only when that ends', async () => {
    const stage = new LinkStage();
    const old = await replaced(stage);
    for (const code of [1006, 4450, 4503, 4504]) (await stage.begins()).closesWith(code);
    expect(stage.link.status).toBe('online');
    old.says(created());
    old.closesWith(1012);
    expect(stage.log).toEqual(['connecting', 'opened', 'online', 'goaway', 'message.created', 'lost', 'connecting']);
    await stage.arrive();
    expect(stage.link.status).toBe('online');
  });

  it('stops when the session is found revoked on the way', async () => {
    const stage = new LinkStage();
    const old = await replaced(stage);
    (await stage.begins()).closesWith(4502);
    expect(stage.stop).toEqual({ reason: 'revoked', code: 4502 });
    expect(old.closed).toBe(true);
  });

  it('goes on with the connection that is coming when the old one ends too soon', async () => {
    const stage = new LinkStage();
    const old = await replaced(stage);
    const coming = await stage.begins();
    coming.opens();
    old.closesWith(1012);
    coming.answers('auth', welcome());
    expect(stage.sockets).toHaveLength(2);
    expect(stage.log.slice(-4)).toEqual(['lost', 'connecting', 'opened', 'online']);
  });

  it('renews a token that ran out on the way, for the connection that is coming too', async () => {
    let asked = 0;
    const stage = new LinkStage({ auth: async () => (++asked < 3 ? 'old' : 'new') });
    const old = await replaced(stage);
    const coming = await stage.begins();
    coming.opens();
    old.closesWith(4410);
    coming.closesWith(4501);
    const next = await stage.arrive();
    expect(next.last('auth').data).toEqual({ token: 'new' });
    expect(stage.link.status).toBe('online');
  });

  it('is heard once: more of them open nothing more', async () => {
    const stage = new LinkStage();
    const old = await replaced(stage);
    for (let i = 0; i < 1_000; i++) old.says(goaway());
    await stage.arrive();
    for (let i = 0; i < 1_000; i++) old.says(goaway());
    await stage.pass(20_000);
    expect(stage.sockets).toHaveLength(2);
  });

  it('from each new connection at once makes no storm', async () => {
    const stage = new LinkStage();
    stage.luck = 0.999;
    await stage.started();
    const before = stage.now;
    while (stage.now - before < 120_000) {
      stage.socket.says(goaway());
      await stage.arrive();
    }
    expect(stage.sockets.length).toBeLessThan(12);
  });

  it('from one node after the other makes nobody wait longer each time', async () => {
    const stage = new LinkStage();
    stage.luck = 0.999;
    await stage.started();
    for (let restarts = 0; restarts < 8; restarts++) {
      await stage.pass(6_000, 1_000);
      stage.socket.says(goaway(1_000));
      expect(await stage.untilNext()).toBeLessThanOrEqual(520);
      await stage.arrive();
    }
    expect(stage.log).not.toContain('lost');
  });

  it('leaves no more than two connections behind that owe answers', async () => {
    const stage = new LinkStage();
    await stage.started();
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 4; i++) {
      calls.push(failureOf(stage.link.call('user.me', {})));
      stage.socket.says(goaway());
      await stage.arrive();
    }
    expect(stage.sockets.map(({ closed }) => closed)).toEqual([true, true, false, false, false]);
    expect(await calls[0]).toBeInstanceOf(Lost);
    stage.link.close();
    for (const failure of await Promise.all(calls)) expect(failure).toBeInstanceOf(Lost);
  });

  it('gives up an old connection that owes its answer for a minute', async () => {
    const stage = new LinkStage();
    const old = await stage.started();
    await calm(stage);
    const asked = failureOf(stage.link.call('user.me', {}));
    old.says(goaway());
    const coming = await stage.arrive();
    for (let second = 0; second < 90; second++) {
      await stage.pass(1_000);
      for (const socket of [old, coming]) socket.says({ type: 'of a later version', data: {} });
    }
    expect(old.closed).toBe(true);
    expect(await asked).toBeInstanceOf(Lost);
    expect(stage.link.status).toBe('online');
  });
});
