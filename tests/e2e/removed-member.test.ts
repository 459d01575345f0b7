import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { v7 } from 'uuid';
import { DeafBackplane } from '../support/deaf-backplane.ts';
import { RunningServer } from '../support/running-server.ts';
import { times } from '../support/scale.ts';
import { aDatabase, aRedis } from '../support/services.ts';

const AT_ONCE = 10;

it('who was removed hears nothing more, though their node missed exactly that', { timeout: 600_000 }, async () => {
  const [{ url: databaseUrl }, redis] = [await aDatabase(), await aRedis()];
  const settings = {
    ...{ JWT_SECRET: randomBytes(32).toString('base64url'), REDIS_URL: redis.url },
    REDIS_PREFIX: redis.prefix.replace(/\W/g, ''),
  };
  const a = await RunningServer.start({ databaseUrl, settings });
  let deaf: DeafBackplane | undefined;
  const b = await RunningServer.start({ databaseUrl, settings, backplane: (own) => (deaf = new DeafBackplane(own)) });
  deaf!.misses = ({ type }) => type === 'member.removed' || type === 'membership.left';
  await expect.poll(() => b.metric('unheard_nodes')).toBe(0);

  const trial = async (n: number): Promise<void> => {
    const [ann, ben, cleo] = [await a.aUser(), await b.aUser(), await b.aUser()];
    const conversationId = await a.aGroup(ann, [ben, cleo]);
    const [bens, cleos] = [await b.connectAs(ben), await b.connectAs(cleo)];
    await a.as(ann, 'member.remove', { conversationId, userId: cleo.userId });
    for (const word of ['first', 'second'])
      await a.as(ann, 'message.send', { conversationId, id: v7(), content: `the ${word} after ${n}` });
    await bens.until(() => JSON.stringify(bens.events).includes(`the second after ${n}`));
    await cleos.call('ping'); // what was on its way before has arrived
    expect(JSON.stringify(cleos.events)).not.toContain('after');
    await Promise.all([bens.close(), cleos.close()]);
  };
  const trials = times(200, 10_000);
  for (let n = 0; n < trials; n += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, trials - n) }, (_, m) => trial(n + m)));
  expect(deaf!.missed).toBeGreaterThanOrEqual(2 * trials);
});
