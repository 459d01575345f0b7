import { beforeEach, describe, expect, it } from 'vitest';
import { PRESENCE_GRACE_MS } from '#app/domain/connection/presence.ts';
import type { ConnectionId, UserId } from '#app/domain/shared/ids.ts';
import { pair, PresenceNode } from '../../../support/presence-node.ts';

describe('presence of a node', () => {
  let node: PresenceNode;
  let ann: UserId;
  let ben: UserId;
  let anns: ConnectionId;
  beforeEach(() => {
    node = new PresenceNode();
    [ann, ben] = [node.aUser(), node.aUser()];
    anns = node.arrive(ann);
  });
  const told = () => node.toldOf(anns, ben);
  const bensStatus = async () => (await node.store.read([ben])).get(ben);

  it('is offline only a grace after the last device left, and was seen when it left', async () => {
    await node.watch.watch(anns, ann, [ben]);
    const [phone, laptop] = [node.arrive(ben), node.arrive(ben)];
    await node.time.pass(2_000);
    node.leave(phone);
    await node.time.pass(20_000);
    expect(told()).toEqual(['online']);
    const left = new Date(node.time.clock.now());
    node.leave(laptop);
    await node.time.pass(PRESENCE_GRACE_MS - 1_000);
    expect(told()).toEqual(['online']);
    await node.time.pass(3_000);
    expect(told()).toEqual(['online', 'offline']);
    expect(node.frames.get(anns)?.at(-1)).toEqual([{ userId: ben, status: 'offline', lastSeen: left }]);
    expect(await bensStatus()).toBeUndefined();
    expect(
      node.bus.events.flatMap((event) =>
        event.type === 'user.presence_changed' && event.userId === ben ? [event.status] : [],
      ),
    ).toEqual(['online', 'offline']);
  });

  it('does not flap, however often a device reconnects in time', async () => {
    let bens = node.arrive(ben);
    await node.time.pass(2_000);
    expect(await node.watch.watch(anns, ann, [ben])).toMatchObject([{ status: 'online' }]);
    for (let n = 0; n < 10; n++) {
      node.leave(bens);
      await node.time.pass(PRESENCE_GRACE_MS - 500);
      bens = node.arrive(ben);
      await node.time.pass(100);
    }
    await node.time.pass(PRESENCE_GRACE_MS * 2);
    expect(told()).toEqual([]);
  });

  it('is away when all devices are, and counts devices, not words', async () => {
    await node.watch.watch(anns, ann, [ben]);
    const [phone, laptop] = [node.arrive(ben), node.arrive(ben)];
    await node.time.pass(2_000);
    node.tracker.set(phone, 'away');
    node.tracker.set(phone, 'away');
    await node.time.pass(2_000);
    expect(told()).toEqual(['online']);
    node.tracker.set(laptop, 'away');
    await node.time.pass(2_000);
    expect(told()).toEqual(['online', 'away']);
    node.leave(phone);
    node.leave(phone);
    node.tracker.set(phone, 'online');
    await node.time.pass(2_000);
    expect(told()).toEqual(['online', 'away']);
  });

  // The bound that the documents state; the number of changes is not scaled down.
  it('costs a watcher a frame a second, whatever changes: 50,000 changes in 30 s are at most 31 frames', async () => {
    const users = Array.from({ length: 400 }, () => node.aUser());
    const devices = users.map((userId) => node.arrive(userId));
    const watchers = Array.from({ length: 20 }, (_, n) => {
      const id = node.arrive(node.aUser());
      return { id, set: users.slice(n * 10, n * 10 + 200) };
    });
    await node.time.pass(1_000);
    for (const { id, set } of watchers) await node.watch.watch(id, node.aUser(), set);
    node.frames.clear();
    for (let change = 0; change < 50_000; ) {
      for (let n = 0; n < 167 && change < 50_000; n++, change++) {
        const device = devices[change % devices.length]!; // one of them
        node.tracker.set(device, Math.floor(change / devices.length) % 2 === 0 ? 'away' : 'online');
      }
      await node.time.pass(100, 100);
    }
    const during = watchers.map(({ id }) => node.frames.get(id)?.length ?? 0);
    expect(Math.max(...during)).toBeLessThanOrEqual(31);
    expect(Math.min(...during)).toBeGreaterThanOrEqual(10);
    await node.time.pass(2_000);
    for (const { id, set } of watchers) {
      const frames = node.frames.get(id) ?? [];
      for (const frame of frames) expect(new Set(frame.map(({ userId }) => userId)).size).toBe(frame.length);
      const known = new Map(frames.flat().map(({ userId, status }) => [userId, status]));
      for (const userId of set) expect(known.get(userId) ?? 'online').toBe(node.tracker.statusOf(userId));
    }
    expect(node.faults).toEqual([]);
  });

  it('shows nothing to a stranger, and what is true once they are none', async () => {
    node.strangers.add(pair(ann, ben));
    expect(await node.watch.watch(anns, ann, [ben])).toEqual([{ userId: ben, status: 'offline', lastSeen: undefined }]);
    const bens = node.arrive(ben);
    await node.time.pass(3_000);
    expect(told()).toEqual([]);
    node.strangers.clear();
    node.signals.send({ type: 'relations', users: [ben] });
    await node.time.pass(2_000);
    expect(told()).toEqual(['online']);
    node.strangers.add(pair(ann, ben));
    node.signals.send({ type: 'blocks', users: [ann, ben] });
    await node.time.pass(2_000);
    expect(told()).toEqual(['online', 'offline']);
    node.leave(bens);
    await node.time.pass(20_000);
    expect(told()).toEqual(['online', 'offline']);
  });

  it('finds in time what nobody said: who came, and who is a stranger now', async () => {
    await node.watch.watch(anns, ann, [ben]);
    await node.store.set(ben, 'away');
    await node.time.pass(25_000);
    expect(told()).toEqual(['away']);
    node.strangers.add(pair(ann, ben));
    await node.time.pass(25_000);
    expect(told()).toEqual(['away', 'offline']);
  });

  it('looks at everybody when the store is upset', async () => {
    await node.watch.watch(anns, ann, [ben]);
    await node.store.set(ben, 'online');
    for (const look of node.looks) look();
    await node.time.pass(1_100);
    expect(told()).toEqual(['online']);
  });

  it('tells nothing to who watches others, left, or watches nobody', async () => {
    await node.watch.watch(anns, ann, [ben]);
    await node.watch.watch(anns, ann, []);
    const phone = node.arrive(ann);
    await node.watch.watch(phone, ann, [ben]);
    node.leave(phone);
    node.arrive(ben);
    await node.time.pass(3_000);
    expect([node.frames.size, node.watch.size]).toEqual([0, 0]);
  });

  it('shows oneself one’s own', async () => {
    await node.time.pass(1_000);
    expect(await node.watch.watch(anns, ann, [ann])).toMatchObject([{ userId: ann, status: 'online' }]);
  });

  it('says what it knows while the store is away, believes nobody gone for that, and makes up for it', async () => {
    const bens = node.arrive(ben);
    await node.time.pass(1_000);
    await node.watch.watch(anns, ann, [ben]);
    node.failing = true;
    await node.time.pass(5_000);
    expect(told()).toEqual([]);
    node.tracker.set(bens, 'away');
    node.leave(bens);
    await node.time.pass(PRESENCE_GRACE_MS + 3_000);
    expect(told()).toEqual([]);
    expect(node.faults.length).toBeGreaterThan(0);
    node.failing = false;
    await node.store.set(ben, undefined);
    await node.time.pass(3_000);
    expect(told()).toEqual(['offline']);
    expect(node.seen.has(ben)).toBe(true);
  });

  it('waits under load, but not for ever', async () => {
    await node.watch.watch(anns, ann, [ben]);
    node.busy = true;
    node.arrive(ben);
    await node.time.pass(3_000);
    expect(told()).toEqual([]);
    await node.time.pass(3_000);
    expect(told()).toEqual(['online']);
  });

  it('notes at the end when those who are here were seen', async () => {
    node.arrive(ben);
    await node.time.pass(60_000);
    await node.tracker.close();
    expect(node.seen.get(ben)).toEqual(new Date(node.time.clock.now()));
    await node.rounds.close();
    expect(node.time.timers.size).toBe(0);
  });
});
