import { beforeEach, describe, expect, it } from 'vitest';
import { Leadership } from '../../clients/sdk/src/browser/leadership.ts';
import { sharedBetweenTabs } from '../../clients/sdk/src/browser/shared-between-tabs.ts';
import { Lost, Refused } from '../../clients/sdk/src/link/failures.ts';
import type { Link } from '../../clients/sdk/src/link/link.ts';
import { settle } from '../support/manual-timers.ts';
import { heardOf, ScriptedLink, type TestTab, TestTabs } from '../support/tabs.ts';

/** A tab, its link, and the links with a socket that it has made. */
interface Side {
  readonly tab: TestTab;
  readonly link: Link;
  readonly own: ScriptedLink[];
  readonly heard: string[];
}

let tabs: TestTabs;
beforeEach(() => {
  tabs = new TestTabs();
});

const aTab = async (name = 'ann'): Promise<Side> => {
  const tab = tabs.open();
  const own: ScriptedLink[] = [];
  const makeOwn = () => {
    const link = new ScriptedLink();
    own.push(link);
    return link;
  };
  const link = sharedBetweenTabs({ name, makeOwn, tabs: tab, surroundings: tab.surroundings });
  const heard = heardOf(link);
  link.start();
  await settle();
  return { tab, link, own, heard };
};

/** A leader whose link is open, and a follower. What they heard until then is told and gone. */
const two = async () => {
  const [a, b] = [await aTab(), await aTab()];
  a.own[0]!.open({ urev: 1 });
  await settle();
  return { a, b, before: [a.heard.splice(0), b.heard.splice(0)] };
};
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );

describe('one socket', () => {
  it('is for the first tab to open, and the others are online by it', async () => {
    const { a, b, before } = await two();
    expect(before).toEqual([
      ['connecting', 'leads', 'opened 1', 'online'],
      ['connecting', 'opened 1', 'online'],
    ]);
    expect([a.own.length, b.own.length]).toEqual([1, 0]);
    expect([a.link.leads, b.link.leads, b.link.status, b.link.welcome?.userId]).toEqual([true, false, 'online', 'ann']);
  });

  it('tells every event to every tab, in order, and the asker before its answer', async () => {
    const { a, b } = await two();
    const order: string[] = [];
    b.link.listen({ event: ({ type }) => order.push(type) });
    const call = b.link.call('ping', {}).then(() => order.push('answer'));
    await settle();
    expect(a.own[0]!.calls).toMatchObject([{ type: 'ping', data: {} }]);
    for (const type of ['1', '2', '3']) a.own[0]!.event(type);
    a.own[0]!.calls[0]!.resolve({ timestamp: 1 });
    await call;
    a.own[0]!.event('4');
    await settle();
    expect(order).toEqual(['1', '2', '3', 'answer', '4']);
    expect(a.heard).toEqual(['event 1', 'event 2', 'event 3', 'event 4']);
  });

  it('answers who asked and nobody else, as the server answered', async () => {
    const { a, b } = await two();
    const c = await aTab();
    const calls = [b, c, a].map(({ link }) => link.call('ping', {}));
    await settle();
    a.own[0]!.calls.forEach(({ resolve }, i) => resolve({ timestamp: i }));
    // The leader's own call went at once.
    expect(await Promise.all(calls)).toEqual([{ timestamp: 1 }, { timestamp: 2 }, { timestamp: 0 }]);
    const refused = rejection(b.link.call('ping', {}));
    await settle();
    const details = [{ path: 'x', expected: 'y' }];
    a.own[0]!.calls.at(-1)!.reject(new Refused('invalid', 'no', 'a_rule', details, 70));
    expect(await refused).toEqual(new Refused('invalid', 'no', 'a_rule', details, 70));
    const lost = rejection(b.link.call('ping', {}));
    await settle();
    a.own[0]!.calls.at(-1)!.reject(new Lost('gone'));
    expect(await lost).toBeInstanceOf(Lost);
  });

  it('welcomes who comes later, by the server’s clock of that moment', async () => {
    const { a } = await two();
    await tabs.pass(7);
    const late = await aTab();
    expect(late.heard).toEqual(['connecting', 'opened 1', 'online']);
    expect(late.link.welcome!.serverTime).toBe(a.link.welcome!.serverTime + 7_000);
  });

  it('has nothing to do with that of another user', async () => {
    const { a } = await two();
    const other = await aTab('ben');
    other.own[0]!.open({ urev: 9 });
    other.own[0]!.event('theirs');
    await settle();
    expect(other.heard).toEqual(['connecting', 'leads', 'opened 9', 'online', 'event theirs']);
    expect(a.heard).toEqual([]);
  });

  it('is each tab’s own where the browser has nothing to share it by', () => {
    const own = new ScriptedLink();
    expect(sharedBetweenTabs({ name: 'ann', makeOwn: () => own, tabs: undefined })).toBe(own);
    // Node has no locks.
    expect(sharedBetweenTabs({ name: 'ann', makeOwn: () => own })).toBe(own);
  });
});

describe('the connection', () => {
  it('is lost for all, with all that was asked on it', async () => {
    const { a, b } = await two();
    const asked = rejection(b.link.call('ping', {}));
    await settle();
    a.own[0]!.lose();
    expect(await asked).toBeInstanceOf(Lost);
    expect(await rejection(b.link.call('ping', {}))).toBeInstanceOf(Lost);
    a.own[0]!.open({ urev: 2 });
    await settle();
    expect(b.heard).toEqual(['lost', 'connecting', 'opened 2', 'online']);
    expect(a.heard).toEqual(b.heard);
  });

  it('is replaced without being lost, and the old one’s answers still come', async () => {
    const { a, b } = await two();
    const asked = b.link.call('ping', {});
    await settle();
    a.own[0]!.open({ urev: 2 });
    a.own[0]!.calls[0]!.resolve({ timestamp: 1 });
    expect(await asked).toEqual({ timestamp: 1 });
    expect(b.heard).toEqual(['opened 2']);
  });

  it('stops for all, once, and begins anew when any tab says so', async () => {
    const { a, b } = await two();
    a.own[0]!.stop({ reason: 'signed_out', code: 4501 });
    await settle();
    await tabs.pass(3);
    expect(b.heard).toEqual(['lost', 'offline', 'stopped signed_out']);
    b.link.start();
    await settle();
    expect([a.own[0]!.started, a.own[0]!.status, b.link.status]).toEqual([2, 'connecting', 'connecting']);
  });

  it('is tried at once when any tab says so', async () => {
    const { a, b } = await two();
    b.link.retry();
    a.link.retry();
    await settle();
    expect(a.own[0]!.retried).toBe(2);
  });
});

describe('the next leader', () => {
  it.each([
    ['closes', ({ link }: Side) => link.close()],
    ['crashes', ({ tab }: Side) => tab.crash()],
  ])('takes over when the first %s', async (_how, leave) => {
    const { a, b } = await two();
    const c = await aTab();
    c.heard.length = 0;
    const asked = rejection(b.link.call('ping', {}));
    await settle();
    leave(a);
    await settle();
    expect(await asked).toBeInstanceOf(Lost);
    expect([b.link.leads, c.link.leads, b.own.length, c.own.length]).toEqual([true, false, 1, 0]);
    b.own[0]!.open({ urev: 5 });
    await settle();
    expect(b.heard).toEqual(['lost', 'connecting', 'leads', 'opened 5', 'online']);
    expect(c.heard).toEqual(['lost', 'connecting', 'opened 5', 'online']);
  });

  it('takes it from one that is frozen, who follows when it wakes', async () => {
    const { a, b } = await two();
    const c = await aTab();
    c.heard.length = 0;
    const asked = rejection(b.link.call('ping', {}));
    a.tab.freeze();
    await tabs.pass(4);
    expect(b.heard).toEqual([]);
    await tabs.pass(4);
    expect(await asked).toBeInstanceOf(Lost);
    expect(b.heard).toEqual(['lost', 'connecting', 'leads']);
    b.own[0]!.open({ urev: 5 });
    await settle();
    // It is no leader any more, and does not know.
    a.own[0]!.event('late');
    a.heard.length = 0;
    a.tab.wake();
    await settle();
    await tabs.pass(2);
    expect(a.heard).toEqual(['lost', 'follows', 'connecting', 'opened 5', 'online']);
    expect([a.own[0]!.closed, a.link.leads, b.link.leads, tabs.holders()]).toEqual([1, false, true, 1]);
    expect(b.heard.slice(3)).toEqual(['opened 5', 'online']);
    expect(c.heard).toEqual(['lost', 'connecting', 'opened 5', 'online']);
    b.link.close();
    await settle();
    // It was in line before; whoever was robbed comes after it.
    expect(c.link.leads).toBe(true);
    c.link.close();
    await settle();
    expect([a.link.leads, a.own.length]).toEqual([true, 2]);
  });

  it('is one of many who all miss a frozen one', async () => {
    const { a, b } = await two();
    const others = [b, await aTab(), await aTab(), await aTab()];
    a.tab.freeze();
    await tabs.pass(12);
    a.tab.wake();
    await tabs.pass(3);
    expect([a, ...others].filter(({ link }) => link.leads)).toHaveLength(1);
    expect(tabs.holders()).toBe(1);
    const [leader] = others.filter(({ link }) => link.leads);
    leader!.own.at(-1)!.open({ urev: 6 });
    await settle();
    expect([a, ...others].map(({ link }) => link.status)).toEqual(Array(5).fill('online'));
    expect([a, ...others].flatMap(({ own }) => own).filter(({ closed }) => closed === 0)).toHaveLength(1);
  });

  it('gets in line again when it is robbed', async () => {
    const told: string[] = [];
    const [a, b] = ['a', 'b'].map(
      (name) => new Leadership(tabs.open().locks, 'lock', (leads) => told.push(`${name} ${leads}`)),
    );
    a!.contend();
    b!.contend();
    await settle();
    b!.seize();
    await settle();
    expect(told).toEqual(['a true', 'b true', 'a false']);
    b!.leave();
    await settle();
    expect(told.slice(3)).toEqual(['a true']);
  });

  it('is not needed while the leader is only in the background, where timers rest', async () => {
    const { a, b } = await two();
    a.tab.throttled = true;
    await tabs.pass(60);
    expect([a.link.leads, b.heard]).toEqual([true, []]);
  });
});

describe('the channel', () => {
  it('carries so many calls of a tab at once; the others wait, and too many are refused', async () => {
    const { a, b } = await two();
    const calls = Array.from({ length: 1_064 }, () => b.link.call('ping', {}));
    expect(await rejection(b.link.call('ping', {}))).toMatchObject({ code: 'rate_limited' });
    await settle();
    expect(a.own[0]!.calls).toHaveLength(64);
    for (let i = 0; i < calls.length; i++) {
      a.own[0]!.calls[i]!.resolve({ timestamp: i });
      if (i % 50 === 0) await settle();
    }
    expect(await Promise.all(calls)).toEqual(calls.map((_, timestamp) => ({ timestamp })));
  });

  it('lets no tab have more than its share, whatever it asks', async () => {
    const { a } = await two();
    const stranger = tabs.open().openChannel('tertulia.tabs.1.ann');
    const answers: { answer?: { error?: { code: string } } }[] = [];
    stranger.onmessage = ({ data }) => answers.push(data as never);
    stranger.postMessage({ kind: 'hello' });
    await settle();
    const { term } = answers[0] as { term: number };
    // Of another leader, and of another connection.
    stranger.postMessage({ kind: 'call', from: 'x', id: 90, term: term - 1, connection: 1, type: 'ping', data: {} });
    stranger.postMessage({ kind: 'call', from: 'x', id: 91, term, connection: 7, type: 'ping', data: {} });
    await settle();
    expect(a.own[0]!.calls).toEqual([]);
    expect(answers.slice(1)).toMatchObject([{ id: 91, answer: { ok: false, lost: true } }]);
    for (let id = 0; id < 70; id++)
      stranger.postMessage({ kind: 'call', from: 'x', id, term, connection: 1, type: 'ping', data: {} });
    await settle();
    expect(a.own[0]!.calls).toHaveLength(64);
    expect(answers.filter(({ answer }) => answer?.error?.code === 'rate_limited')).toHaveLength(6);
  });

  it('rejects what can’t be handed over, and goes on', async () => {
    const { b } = await two();
    expect(await rejection(b.link.call('ping', { no: () => {} } as never))).toMatchObject({ name: 'DataCloneError' });
    expect(b.link.status).toBe('online');
  });

  it.each(['event', 'answer', 'standing'])('makes a missed %s a lost connection, never a silent hole', async (kind) => {
    const { a, b } = await two();
    const call = b.link.call('ping', {}).catch(() => {});
    await settle();
    tabs.drop = (message) => (message as { kind: string }).kind === kind;
    a.own[0]!.event('missed');
    a.own[0]!.calls[0]!.resolve({});
    if (kind === 'standing') a.own[0]!.open({ urev: 2 });
    await settle();
    tabs.drop = () => false;
    a.own[0]!.event('heard');
    await settle();
    await call;
    await tabs.pass(2);
    const [urev] = kind === 'standing' ? [2] : [1];
    expect(b.heard.filter((what) => what !== 'event missed')).toEqual(
      kind === 'event' ? ['lost', 'opened 1', 'event heard'] : ['lost', `opened ${urev}`],
    );
  });

  it('takes no notice of what is none of its messages', async () => {
    const { a, b } = await two();
    const stranger = tabs.open().openChannel('tertulia.tabs.1.ann');
    const bad = [
      ...[undefined, null, 1, '', 'hello', [], {}, { kind: 1 }, { kind: '__proto__' }, { kind: 'constructor' }],
      ...[{ kind: 'wish' }, { kind: 'wish', wish: 'close' }, { kind: 'call' }, { kind: 'call', from: {}, id: 1 }],
      { kind: 'call', from: 'x'.repeat(65), id: 1, term: 1, connection: 1, type: 'ping' },
      { kind: 'call', from: 'x', id: -1, term: 1, connection: 1, type: 'ping' },
      { kind: 'event', term: 1, n: 1 },
      { kind: 'event', term: 2 ** 60, n: 1, event: { type: 'x' } },
      { kind: 'event', term: 3, n: 0.5, event: { type: 'x' } },
      { kind: 'event', term: 3, n: 1, event: { type: 7 } },
      { kind: 'standing', term: 9e15, n: 1, standing: { status: 'asleep', connection: 1 } },
      { kind: 'standing', term: 9e15, n: 1, standing: { status: 'online', connection: '1' } },
      { kind: 'standing', term: 9e15, n: 1, standing: { status: 'online', connection: 1, welcome: 1 } },
      { kind: 'answer', term: 9e15, n: 1, to: 'x', id: 1, answer: { ok: 'yes' } },
      { kind: 'answer', term: 9e15, n: 1, to: 'x', id: 1, answer: { ok: false } },
      { kind: 'gone', term: '9', n: 1 },
    ];
    for (const message of bad) stranger.postMessage(message);
    await settle();
    expect([a.heard, b.heard, tabs.reported]).toEqual([[], [], []]);
  });

  it('is closed with the link, and no timer or lock stays', async () => {
    const { a, b } = await two();
    b.link.close();
    b.link.close();
    a.link.close();
    await settle();
    expect([a.heard, b.heard]).toEqual([
      ['lost', 'follows', 'offline', 'stopped closed'],
      ['lost', 'offline', 'stopped closed'],
    ]);
    expect([tabs.timers.size, tabs.holders(), a.own[0]!.closed]).toEqual([0, 0, 1]);
    expect([...tabs.channels.values()].map(({ size }) => size)).toEqual([0]);
    expect([...tabs.locks.values()].flat()).toEqual([]);
    expect(await rejection(a.link.call('ping', {}))).toBeInstanceOf(Lost);
    a.link.start();
    await settle();
    expect([a.link.leads, a.own.length]).toEqual([true, 2]);
  });
});

it('reports what a listener throws, and tells the others all the same', async () => {
  const { a, b } = await two();
  const failure = new Error('of a listener');
  b.link.listen({
    event: () => {
      throw failure;
    },
  });
  const later = heardOf(b.link);
  a.own[0]!.event('1');
  await settle();
  expect([later, tabs.reported]).toEqual([['event 1'], [failure]]);
});
