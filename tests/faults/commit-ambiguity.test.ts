import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SendLane } from '#app/application/chat/send-lane.ts';
import type { Appended } from '#app/application/ports/message-log.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { aDraft, aGroup } from '../support/chat-world.ts';
import { type Cut, CuttingProxy } from '../support/cutting-proxy.ts';
import { aPostgresWorld, type PostgresWorld } from '../support/postgres-world.ts';
import { times } from '../support/scale.ts';
import { aDatabase } from '../support/services.ts';

/** A connection that breaks at any byte of the call leaves no doubt behind and nothing twice. */
describe('a batch whose connection breaks', () => {
  let proxy: CuttingProxy;
  let world: PostgresWorld;
  let sender: UserId;
  let group: ConversationId;
  const settled = { ambiguous: 0, committed: 0 };

  beforeAll(async () => {
    proxy = await CuttingProxy.start((await aDatabase()).url);
    world = await aPostgresWorld({
      url: proxy.url,
      patienceMs: 8_000,
      observer: {
        ...{ batch: () => {}, failed: () => {}, uncertain: () => {} },
        settled: (ambiguous, committed) => {
          settled.ambiguous += ambiguous;
          settled.committed += committed;
        },
      },
    });
    sender = await world.aUser();
    group = await aGroup(world, sender);
  });
  afterAll(async () => {
    await world.close();
    await proxy.close();
  });

  const send = async (text: string, lane?: SendLane): Promise<Appended> => {
    const result = await world.log.append(aDraft({ conversationId: group, senderId: sender, text }), lane);
    if (!result.ok) throw result.refusal;
    return result;
  };
  const batch = (size: number): Promise<Appended[]> => {
    const lane = new SendLane();
    return Promise.all(Array.from({ length: size }, (_, at) => send(`${at} of ${size}`, lane)));
  };

  it.each([
    ['one message', 1],
    ['three messages', 3],
  ])('stores %s once and in order, wherever it breaks', { timeout: 240_000 }, async (_what, size) => {
    // A whole exchange first, for its length; the second one, since the first on a connection prepares its statement.
    await batch(size);
    proxy.cut({ of: 'answer', after: Number.MAX_SAFE_INTEGER });
    let head = (await batch(size)).at(-1)!.seq; // there is one
    const length = proxy.seen;
    proxy.disarm();
    expect(length.request).toBeGreaterThan(100);

    const cuts: Cut[] = [];
    const stride = times(5, 1);
    for (const of of ['request', 'answer'] as const)
      for (let after = 0; after <= length[of]; after += stride) cuts.push({ of, after });
    for (const cut of cuts) {
      head = (await send('on a connection that is whole')).seq;
      proxy.cut(cut);
      const acks = await batch(size);
      expect(
        acks.map(({ seq }) => seq),
        `${cut.of} cut after ${cut.after}`,
      ).toEqual(acks.map((_, at) => head + 1 + at));
      expect(
        acks.every(({ duplicate }) => !duplicate),
        'nobody was told of it before',
      ).toBe(true);
      if (cut.after < length[cut.of]) expect(proxy.broken, `${cut.of} cut after ${cut.after}`).toBe(true);
      proxy.disarm();
    }
    const log = await world.reader.history(await world.reader.access(group, sender), { limit: 100_000 });
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, at) => at + 1));
    expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
    process.stderr.write(
      `${cuts.length} cuts in a batch of ${size}: ${settled.ambiguous} ambiguous (${settled.committed} had committed)\n`,
    );
    expect(settled.committed).toBeGreaterThan(0);
    expect(settled.ambiguous).toBeGreaterThan(settled.committed);
  });
});
