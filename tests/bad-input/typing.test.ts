import { setTimeout as pause } from 'node:timers/promises';
import { v7 } from 'uuid';
import { beforeAll, expect, it } from 'vitest';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import type { Reply } from '../support/ws-client.ts';
import { Witness } from './witness.ts';

let running: RunningServer;
let ann: TestUser;
let ben: TestUser;
let conversationId: string;
let witness: Witness;
beforeAll(async () => {
  running = await RunningServer.start({
    settings: { LIMIT_RATE_SIGNAL: '20/100', LIMIT_FRAMES_PER_SECOND: '3000' }, // room for uneven pacing
  });
  [ann, ben] = (await running.users(2)) as [TestUser, TestUser];
  conversationId = await running.aGroup(ann, [ben]);
  witness = await Witness.of(running);
});

it('drops and counts a thousand words of typing a second, and disconnects nobody', async () => {
  const [anns, bens] = [await running.connectAs(ann), await running.connectAs(ben)];
  await anns.call('focus', { conversationId });
  const replies: Promise<Reply>[] = [];
  const began = performance.now();
  // What a machine that stood still was late with is not made up for: that would be more than a thousand in some second.
  for (let tenth = 0; tenth < 30; tenth++) {
    for (let n = 0; n < 100; n++) replies.push(bens.call('typing', { conversationId, active: n % 2 === 0 }));
    await pause(100);
  }
  const outcomes = (await Promise.all(replies)).map(({ ok, error }) => (ok ? 'ok' : `${error?.code} ${error?.rule}`));
  const lawful = ['ok', 'rate_limited rate', 'rate_limited in_flight'];
  expect(outcomes.filter((one) => !lawful.includes(one))).toEqual([]);
  expect(outcomes.filter((one) => one === 'rate_limited rate').length).toBeGreaterThan(2_000);
  expect(await running.metric('typing_dropped_total', { why: 'fast' })).toBeGreaterThan(0);
  expect([anns.open, bens.open]).toEqual([true, true]);
  const seconds = Math.ceil((performance.now() - began) / 1_000);
  const told = anns.events.filter(({ type }) => type === 'typing.changed').length;
  expect(told).toBeLessThanOrEqual(2 * seconds);
  await witness.delivers();

  const sent = await bens.call('message.send', { conversationId, id: v7(), content: 'still here' });
  expect(sent.ok).toBe(true);
});
