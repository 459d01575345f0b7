import { sql } from 'kysely';
import { v7 } from 'uuid';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UserId } from '#app/domain/shared/ids.ts';
import { NodeLife } from '#app/infrastructure/postgres/node-life.ts';
import { PostgresPresence } from '#app/infrastructure/postgres/postgres-presence.ts';
import { ManualClock } from '../support/identity.ts';
import { aPatientPostgres } from '../support/postgres-world.ts';
import { aDatabase } from '../support/services.ts';
import { presenceStoreContract } from './presence-store.contract.ts';

const aNode = async (url: string, incarnation: string) => {
  const postgres = await aPatientPostgres(url);
  onTestFinished(() => postgres.close());
  const clock = new ManualClock();
  const life = new NodeLife(postgres, incarnation, clock, 60_000);
  await life.beat();
  return { store: new PostgresPresence(postgres, life), life, postgres, clock, close: async () => {} };
};
/** Makes it as if nothing had been heard of its life for longer than the lease. */
const silence = async ({ postgres, life }: Awaited<ReturnType<typeof aNode>>) => {
  await sql`UPDATE node_lives SET beat_at = beat_at - interval '60 s' WHERE name = ${life.name}`.execute(
    postgres.kysely,
  );
};
/** A lease passes here while it beats. */
const aLeaseOf = async ({ life, clock }: Awaited<ReturnType<typeof aNode>>) => {
  for (let beat = 0; beat < 4; beat++) {
    clock.pass(20_000);
    await life.beat();
  }
};
presenceStoreContract('on PostgreSQL', async () => aNode((await aDatabase()).url, 'node'));

describe('PresenceStore on PostgreSQL, several nodes', () => {
  const [ann, ben] = [UserId(v7()), UserId(v7())];
  const statusOf = async ({ store }: Awaited<ReturnType<typeof aNode>>) => (await store.read([ann])).get(ann);

  it('takes a user for online who is so on any node, and for offline who has left the last', async () => {
    const { url } = await aDatabase();
    const [a, b, c] = [await aNode(url, 'a'), await aNode(url, 'b'), await aNode(url, 'c')];
    await a.store.set(ann, 'away');
    expect(await statusOf(c)).toBe('away');
    await b.store.set(ann, 'online');
    expect([await statusOf(a), await statusOf(b), await statusOf(c)]).toEqual(['online', 'online', 'online']);
    await b.store.set(ann, undefined);
    expect([await statusOf(a), await statusOf(b), await statusOf(c)]).toEqual(['away', 'away', 'away']);
    await a.store.set(ann, undefined);
    expect([await statusOf(a), await statusOf(c)]).toEqual([undefined, undefined]);
  });

  it('tells whoever watches to look when somebody came or went elsewhere, and at no other time', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    await b.life.beat();
    let looks = 0;
    b.store.onUpset(() => void looks++);
    const looksAfter = async () => b.life.beat().then(() => looks);
    await b.store.set(ben, 'online');
    expect(await looksAfter()).toBe(0);
    await a.store.set(ann, 'online');
    expect([await looksAfter(), await looksAfter()]).toEqual([1, 1]);
    await a.store.set(ann, undefined);
    expect([await looksAfter(), await looksAfter()]).toEqual([2, 2]);
  });

  it('has no ghosts: who was on a dead node is offline with its lease, and whoever watches is told to look', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    await a.store.set(ann, 'online');
    await b.life.beat();
    let looks = 0;
    b.store.onUpset(() => void looks++);
    await silence(a);
    expect(await statusOf(b)).toBeUndefined();
    await b.life.beat();
    expect([looks, (await sql`SELECT FROM presence`.execute(b.postgres.kysely)).rows.length]).toEqual([1, 0]);

    // it had only slept
    await a.life.beat();
    expect(await statusOf(b)).toBe('online');
  });

  it('takes nobody for offline while the others write anew what the database lost, and then looks', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    await a.store.set(ann, 'online');
    await b.life.beat();
    let looks = 0;
    b.store.onUpset(() => void looks++);
    await sql`TRUNCATE node_lives, connections, presence`.execute(b.postgres.kysely);
    await expect(statusOf(b)).rejects.toMatchObject({ kind: 'unavailable' });
    await b.life.beat();
    await expect(statusOf(b)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(a.store.set(ann, 'away')).rejects.toThrow('presence_life_fkey');
    await a.life.beat();
    await b.life.beat();
    await expect(statusOf(b)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(looks).toBe(0);
    await aLeaseOf(b);
    expect([await statusOf(b), looks]).toEqual(['away', 1]);
  });

  it('takes nobody for offline after it slept, for the others may have slept as well', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    await a.store.set(ann, 'online');
    await b.life.beat();
    await silence(a);
    b.clock.pass(30_000);
    await expect(statusOf(b)).rejects.toMatchObject({ kind: 'unavailable' });
    await b.life.beat();
    await expect(statusOf(b)).rejects.toMatchObject({ kind: 'unavailable' });
    await a.life.beat();
    await aLeaseOf(b);
    expect(await statusOf(b)).toBe('online');
  });

  it('writes anew what a node has when the tables were emptied', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    await a.store.set(ann, 'online');
    await a.store.set(ben, 'away');
    await sql`TRUNCATE node_lives, connections, presence`.execute(b.postgres.kysely);
    await expect(a.store.set(ben, 'online')).rejects.toThrow('presence_life_fkey');
    await a.life.beat();
    await aLeaseOf(b);
    expect(await b.store.read([ann, ben])).toEqual(
      new Map([
        [ann, 'online'],
        [ben, 'online'],
      ]),
    );
  });

  it('lets those who were there count until the lease of a node that left is over, for they are on their way to another', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    await a.store.set(ann, 'online');
    await a.life.leave();
    expect(await statusOf(b)).toBe('online');
    await silence(a);
    expect(await statusOf(b)).toBeUndefined();
    await b.life.beat();
    expect((await sql`SELECT FROM node_lives`.execute(b.postgres.kysely)).rows).toHaveLength(1);
  });
});
