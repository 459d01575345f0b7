import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { v7 } from 'uuid';
import { DeafBackplane } from '../support/deaf-backplane.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { times } from '../support/scale.ts';
import { aDatabase, aRedis } from '../support/services.ts';
import type { WsClient } from '../support/ws-client.ts';

const TRIALS = times(200, 10_000);
const AT_ONCE = 10;
/** Of the same people in the same conversation; then others come. */
const TRIALS_OF_A_CIRCLE = 20;
const PATIENCE_MS = 30_000;

it('who was removed hears nothing more, though their node missed exactly that', {
  timeout: 120_000 + TRIALS * 200,
}, async () => {
  const [{ url: databaseUrl }, redis] = [await aDatabase(), await aRedis()];
  const settings = {
    ...{ JWT_SECRET: randomBytes(32).toString('base64url'), REDIS_URL: redis.url },
    REDIS_PREFIX: redis.prefix.replace(/\W/g, ''),
  };
  const a = await RunningServer.start({ databaseUrl, settings });
  let deaf: DeafBackplane | undefined;
  const b = await RunningServer.start({ databaseUrl, settings, backplane: (own) => (deaf = new DeafBackplane(own)) });
  deaf!.misses = ({ type }) => type === 'member.removed' || type === 'membership.left';
  await expect.poll(() => b.metric('unheard_nodes'), { timeout: PATIENCE_MS }).toBe(0);

  const began = performance.now();
  let left = TRIALS;
  const circles = async () => {
    while ((left -= TRIALS_OF_A_CIRCLE) >= 0) await aCircle(a, b);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, circles));
  const seconds = (performance.now() - began) / 1_000;
  process.stderr.write(
    `${TRIALS} removals in ${seconds.toFixed(1)} s, ${deaf!.missed} announcements missed by the node of who was removed: nothing leaked\n`,
  );
  expect(deaf!.missed).toBeGreaterThanOrEqual(2 * TRIALS);
});

/** Ann is on one node, Ben and Dan are on the other: there Dan is removed, and comes back for the next trial. */
const aCircle = async (a: RunningServer, b: RunningServer): Promise<void> => {
  const [ann, ben, dan] = [await a.aUser(), await b.aUser(), await b.aUser()];
  const conversationId = await a.aGroup(ann, [ben]);
  const [bens, dans] = [await b.connectAs(ben), await b.connectAs(dan)];
  for (let n = 0; n < TRIALS_OF_A_CIRCLE; n++) await trial(n, { a, ann, dan, conversationId, bens, dans });
  await Promise.all([bens.close(), dans.close()]);
};

interface Circle {
  readonly a: RunningServer;
  readonly ann: TestUser;
  readonly dan: TestUser;
  readonly conversationId: string;
  readonly bens: WsClient;
  readonly dans: WsClient;
}

const trial = async (n: number, { a, ann, dan, conversationId, bens, dans }: Circle): Promise<void> => {
  const send = (content: string) => a.as(ann, 'message.send', { conversationId, id: v7(), content });
  bens.events.splice(0);
  expectSilence(dans); // since the end of the trial before
  await a.as(ann, 'member.add', { conversationId, users: [dan.userId] });
  // Their node missed that they left, so it finds in the database that they are back, and tells where the log stands now.
  await dans.until(({ type }) => type === 'membership.joined' || type === 'conversation.changes', PATIENCE_MS);
  await send(`before ${n}`);
  await heard(dans, `before ${n}`); // so they would hear what follows
  dans.events.splice(0);
  await a.as(ann, 'member.remove', { conversationId, userId: dan.userId });
  for (const word of ['first', 'second']) await send(`the ${word} after ${n}`);
  await heard(bens, `the second after ${n}`);
  await dans.call('ping', {}, PATIENCE_MS); // what was on its way before has arrived
  expectSilence(dans);
};

const heard = (client: WsClient, content: string) =>
  client.until((event) => JSON.stringify(event).includes(`"${content}"`), PATIENCE_MS);

/** Nothing of what was written while they were no member. */
const expectSilence = ({ events }: WsClient): void => {
  expect(events.splice(0).filter((event) => JSON.stringify(event).includes(' after '))).toEqual([]);
};
