import fc from 'fast-check';
import type { Seq } from '#app/domain/shared/counters.ts';
import { checkHeld, expectedLog, same, shown } from './invariants.ts';
import { type Model, type Name, PLACES, USERS } from './model.ts';
import type { Real } from './real.ts';
import { executed, type Step } from './steps.ts';
import type { SyncedClient } from './synced-client.ts';

const limits = fc.record({
  rows: fc.integer({ min: 1, max: 6 }),
  bytes: fc.constantFrom(1, 500, 48 * 1_024),
  gap: fc.constantFrom(3, 8, 2_000),
  conversations: fc.integer({ min: 1, max: 3 }),
});
const user = fc.constantFrom(...USERS);
const place = fc.constantFrom(...PLACES);
const ENOUGH = 10_000;

/** A few pages of catching up, with whatever happens before the next ones. */
const syncSome: fc.Arbitrary<Step> = fc.record({ user, limits, pages: fc.integer({ min: 1, max: 3 }) }).map((data) => ({
  check: () => true,
  async run(_model, real) {
    executed.steps++;
    await real.client(data.user).pages(data.limits, data.pages);
  },
  toString: () => `syncSome(${JSON.stringify(data)})`,
}));

/** Whoever catches up to the end holds what there is, in whatever pages it came; and doing it again changes nothing. */
const syncAll: fc.Arbitrary<Step> = fc.record({ user, limits, other: limits }).map((data) => ({
  check: () => true,
  async run(model, real) {
    executed.steps++;
    const client = real.client(data.user);
    const twin = client.clone();
    for (const [device, by] of [
      [client, data.limits],
      [twin, data.other],
    ] as const) {
      const stale = PLACES.filter((place) => {
        const { cursor = 0 } = device.held.get(real.place(place)) ?? {};
        return cursor > 0 && cursor < (model.member(place, data.user)?.joinedRev ?? 0);
      }).map((place) => real.place(place));
      device.resets.clear();
      await device.pages(by, ENOUGH); // what was begun before
      same('catching up ends', true, await device.pages(by, ENOUGH));
      same(
        'cursors of another membership are reset',
        stale,
        stale.filter((id) => device.resets.has(id)),
      );
      checkCaughtUp(model, real, data.user, device);
    }
    same('catching up again ends', true, await client.pages(data.other, ENOUGH));
    checkCaughtUp(model, real, data.user, client);
  },
  toString: () => `syncAll(${JSON.stringify(data)})`,
}));

const checkCaughtUp = (model: Model, real: Real, user: Name, client: SyncedClient): void => {
  same(`the urev of ${user}`, model.urevs.get(user), client.urev);
  for (const place of PLACES) {
    const id = real.place(place);
    checkHeld(model, real, place, user, client.held.get(id));
    const member = model.member(place, user);
    const own = client.memberships.get(id);
    if (member)
      same(
        `the own state of ${user} in ${place}`,
        [true, member.readSeq, member.archived, member.firstSeq],
        [own?.member, own?.readSeq, own?.archived, own?.firstSeq],
      );
    else same(`${user} is no member of ${place}`, false, own?.member ?? false);
  }
  const blocked = USERS.filter((other) => model.blocks.has(`${user} ${other}`)).map((other) => real.user(other));
  same(`whom ${user} has blocked`, blocked.toSorted(), [...client.blocked].toSorted());
};

/** The log in pages of any size, from either end, is the log. */
const page: fc.Arbitrary<Step> = fc
  .record({ user, place, size: fc.integer({ min: 1, max: 7 }), back: fc.boolean() })
  .map((data) => ({
    check: () => true,
    async run(model, real) {
      executed.steps++;
      const { user, place, size, back } = data;
      if (!model.member(place, user)) return;
      const { reader } = real.world;
      const access = await reader.access(real.place(place), real.user(user));
      const found: unknown[] = [];
      for (let edge: Seq | undefined = back ? undefined : (0 as Seq), pages = 0; ; pages++) {
        const rows = await reader.history(access, { limit: size, ...(back ? { before: edge } : { after: edge }) });
        if (rows.length === 0) break;
        if (pages > ENOUGH || rows.length > size) throw new Error('pages without an end');
        found[back ? 'unshift' : 'push'](...rows.map(shown));
        edge = (back ? rows[0] : rows.at(-1))?.seq;
      }
      same(`the log of ${user} in ${place} in pages of ${size}`, expectedLog(model, real, place, user), found);
    },
    toString: () => `page(${JSON.stringify(data)})`,
  }));

/** The list shows where one is a member, in pages of any size, with the latest activity first. */
const list: fc.Arbitrary<Step> = fc
  .record({ user, archived: fc.boolean(), size: fc.integer({ min: 1, max: 3 }) })
  .map((data) => ({
    check: () => true,
    async run(model, real) {
      executed.steps++;
      const { user, archived, size } = data;
      const found = [];
      for (let after; ; ) {
        const lines = await real.world.reader.list(real.user(user), { limit: size, after, archived });
        found.push(...lines);
        const last = lines.at(-1);
        if (!last) break;
        after = { activeAt: last.activeAt, id: last.conversation.id };
      }
      const mine = PLACES.filter((one) => model.member(one, user) && (archived || !model.member(one, user)?.archived));
      same(
        `the list of ${user}`,
        mine.map((one) => real.place(one)).toSorted(),
        found.map((line) => line.conversation.id).toSorted(),
      );
      const times = found.map(({ activeAt }) => activeAt.getTime());
      same(
        `the order of the list of ${user}`,
        times.toSorted((a, b) => b - a),
        times,
      );
      for (const { conversation, membership, otherId } of found) {
        const one = real.placeNames.get(conversation.id)!; // found above
        same(`unread of ${user} in the list`, model.unread(one, user), membership.unread.count);
        same('the other one', one === 'pair' ? real.user(user === 'ann' ? 'ben' : 'ann') : undefined, otherId);
      }
    },
    toString: () => `list(${JSON.stringify(data)})`,
  }));

export const reads: readonly fc.Arbitrary<Step>[] = [syncSome, syncAll, page, list];
