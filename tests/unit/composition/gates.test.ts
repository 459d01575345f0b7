import { beforeEach, describe, expect, it } from 'vitest';
import { makeGates } from '#app/composition/gates.ts';
import type { ChangedRow } from '#app/application/ports/feed.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { Acts, aDraft, aGroup, aMemoryWorld, type ChatWorld } from '../../support/chat-world.ts';
import { ManualTimers } from '../../support/manual-timers.ts';

const HOLD = 50;

describe('the gate of conversations', () => {
  let world: ChatWorld;
  let acts: Acts;
  let ann: UserId;
  let ben: UserId;
  let id: ConversationId;
  beforeEach(async () => {
    world = await aMemoryWorld();
    acts = new Acts(world.conversations);
    [ann, ben] = [await world.aUser(), await world.aUser()];
    id = await aGroup(world, ann, [ben], { historyVisible: false });
  });

  const open = (timers: ManualTimers) => {
    const repairs: { from: number; upTo: number; rows: readonly ChangedRow[]; whole: boolean }[] = [];
    const gates = makeGates(world.feed, timers, { holdMs: HOLD, heldLimit: 10 });
    gates.openInto({
      conversations: {
        event: () => {},
        repaired: (_id, from, upTo, rows, whole) => repairs.push({ from, upTo, rows, whole }),
      },
      users: { event: () => {}, repaired: () => {} },
    });
    gates.conversations.open(id, 1);
    return { gates, repairs };
  };
  const send = () => world.log.append(aDraft({ conversationId: id, senderId: ann }));

  it('tells of members as they are now, though they came back after the gap that it repairs', async () => {
    await acts.remove(id, ann, ben); // rev 2
    await send(); // rev 3
    const timers = new ManualTimers();
    const { changes } = world.feed;
    const { gates, repairs } = open(timers);
    // Between the reading of the head and of the rows ben comes back, and his removal has no row any more.
    world.feed.changes = async (...asked) => {
      world.feed.changes = changes;
      await acts.add(id, ann, [ben]); // rev 4
      return world.feed.changes(...asked);
    };
    await gates.conversations.compareHeads();
    await timers.pass(HOLD);
    expect(repairs).toMatchObject([{ from: 1, upTo: 3, whole: true }]);
    expect(repairs[0]?.rows.flatMap((row) => (row.kind === 'member' ? [row.member] : []))).toMatchObject([
      { userId: ben, joinedRev: 4, leftRev: undefined },
    ]);
    expect(gates.conversations.lastOf(id)).toBe(3);
  });

  it('reads a gap of more than a page in parts', async () => {
    for (let n = 0; n < 600; n++) await send();
    const timers = new ManualTimers();
    const { gates, repairs } = open(timers);
    await gates.conversations.compareHeads();
    await timers.pass(HOLD);
    expect(repairs.map(({ from, upTo, whole }) => [from, upTo, whole])).toEqual([
      [1, 501, false],
      [501, 601, false],
    ]);
  });
});
