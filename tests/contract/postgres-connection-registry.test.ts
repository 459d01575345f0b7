import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UserId } from '#app/domain/shared/ids.ts';
import type { PoolOptions } from '#app/infrastructure/postgres/pool.ts';
import { NodeLife } from '#app/infrastructure/postgres/node-life.ts';
import { PostgresLastSeen } from '#app/infrastructure/postgres/postgres-last-seen.ts';
import { PostgresConnectionRegistry } from '#app/infrastructure/postgres/postgres-connection-registry.ts';
import { ManualClock, random } from '../support/identity.ts';
import { aPatientPostgres } from '../support/postgres-world.ts';
import { aDatabase, aPostgresServer } from '../support/services.ts';
import { aConnection, allOf, connectionRegistryContract } from './connection-registry.contract.ts';

const aNode = async (url: string, incarnation: string, options: Partial<PoolOptions> = {}) => {
  const postgres = await aPatientPostgres(url, options);
  onTestFinished(() => postgres.close());
  const clock = new ManualClock();
  const life = new NodeLife(postgres, incarnation, clock, 60_000);
  const registry = new PostgresConnectionRegistry(postgres, life);
  await life.beat();
  return { registry, life, postgres, clock, incarnation, close: () => life.leave() };
};
/** Makes it as if nothing had been heard of its life for longer than the lease. */
const silence = async ({ postgres, life }: Node) => {
  await sql`UPDATE node_lives SET beat_at = beat_at - interval '60 s' WHERE name = ${life.name}`.execute(
    postgres.kysely,
  );
};
/** From now on whatever the node asks takes a tenth of the lease. */
const slowDown = ({ postgres, life, clock }: Node, beside: Node) => {
  const run = postgres.run.bind(postgres);
  postgres.run = async (work) => {
    clock.pass(6_000);
    await sql`UPDATE node_lives SET beat_at = beat_at - interval '6 s' WHERE name = ${life.name}`.execute(
      beside.postgres.kysely,
    );
    return run(work);
  };
};
type Node = Awaited<ReturnType<typeof aNode>>;

connectionRegistryContract('on PostgreSQL', async () => aNode((await aDatabase()).url, 'node'));

describe('ConnectionRegistry on PostgreSQL, several nodes', () => {
  const livesIn = async ({ postgres }: Node) =>
    (await sql<{ name: string }>`SELECT name FROM node_lives ORDER BY name`.execute(postgres.kysely)).rows.map(
      ({ name }) => name,
    );
  const rowsIn = async ({ postgres }: Node) =>
    (await sql<{ life: string }>`SELECT life FROM connections ORDER BY life`.execute(postgres.kysely)).rows.map(
      ({ life }) => life,
    );

  it('shows each node what all have, and lets each write its own alone', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    const userId = UserId(random.uuid());
    const [first, second] = [aConnection('a', { userId }), aConnection('b', { userId })];
    await a.registry.insert(first);
    await b.registry.insert(second);
    for (const { registry } of [a, b]) {
      expect(await allOf(registry)).toEqual([first, second]);
      expect(await registry.ofUser(userId)).toEqual([first, second]);
      expect([await registry.exist(first.id), await registry.exist(second.id)]).toEqual([true, true]);
    }
    expect([await b.registry.remove(first.id), await b.registry.update(first)]).toEqual([false, false]);
    expect(await a.registry.exist(first.id)).toBe(true);
    await a.life.beat();
    expect([a.life.nodes, await livesIn(a)]).toEqual([2, ['a.1', 'b.1']]);
  });

  it('agrees on who is one too many, however many write and count at once on both', async () => {
    const { url } = await aDatabase();
    const nodes = [await aNode(url, 'a'), await aNode(url, 'b')];
    const userId = UserId(random.uuid());
    const many = nodes.flatMap((node) =>
      Array.from({ length: 20 }, () => ({ node, connection: aConnection(node.incarnation, { userId }) })),
    );
    const counted = await Promise.all(
      many.map(async ({ node: { registry }, connection }) => {
        const [theirs] = await Promise.all([registry.ofUser(userId), registry.insert(connection)]);
        return theirs.length;
      }),
    );
    expect(Math.max(...counted)).toBe(40);
  });

  it('has no ghosts: what a dead node held does not count after its lease, and is swept by whoever comes by', async () => {
    const { url } = await aDatabase();
    const [a, b, c] = [await aNode(url, 'a'), await aNode(url, 'b'), await aNode(url, 'c')];
    const ghosts = Array.from({ length: 30 }, () => aConnection('a'));
    await Promise.all(ghosts.map((one) => a.registry.insert(one)));
    const [ghost] = ghosts as [(typeof ghosts)[number]];
    expect(await b.registry.exist(ghost.id)).toBe(true);
    await silence(a);
    expect([await b.registry.exist(ghost.id), await b.registry.ofUser(ghost.userId), await allOf(b.registry)]).toEqual([
      false,
      [],
      [],
    ]);
    expect(await rowsIn(b)).toHaveLength(30);
    await Promise.all([b.life.beat(), c.life.beat()]);
    await b.life.beat();
    expect([await rowsIn(b), await livesIn(b), b.life.nodes]).toEqual([[], ['b.1', 'c.1'], 2]);

    // it had only slept, and writes anew what it has
    await a.life.beat();
    expect(await rowsIn(b)).toEqual(Array(30).fill('a.2'));
    expect(await b.registry.ofUser(ghost.userId)).toEqual([ghost]);
  });

  it('keeps what a node has for as long as it beats, whatever the lease', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    const one = aConnection('a');
    await a.registry.insert(one);
    for (let beat = 0; beat < 4; beat++) {
      await sql`UPDATE node_lives SET beat_at = beat_at - interval '40 s'`.execute(b.postgres.kysely);
      await Promise.all([a.life.beat(), b.life.beat()]);
    }
    expect([await allOf(b.registry), await rowsIn(b)]).toEqual([[one], ['a.1']]);
  });

  it('leaves behind when those were last seen whose node died: when it was last heard of', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    const [here, there, moved] = [UserId(random.uuid()), UserId(random.uuid()), UserId(random.uuid())];
    for (const id of [here, there, moved])
      await sql`INSERT INTO users (id, display_name) VALUES (${id}, 'Somebody')`.execute(a.postgres.kysely);
    for (const userId of [there, moved])
      for (let n = 0; n < 2; n++) await a.registry.insert(aConnection('a', { userId }));
    await b.registry.insert(aConnection('b', { userId: here }));
    const lastSeen = new PostgresLastSeen(b.postgres);
    await lastSeen.note(new Map([[moved, 0]]));
    await silence(a);
    await b.life.beat();
    const seen = await lastSeen.of([here, there, moved]);
    const [{ at } = { at: new Date() }] = (await sql<{ at: Date }>`SELECT now() AS at`.execute(b.postgres.kysely)).rows;
    const ago = (userId: UserId) => Math.round((at.getTime() - seen.get(userId)!.getTime()) / 60_000); // it is asked of those who were seen
    expect([seen.size, ago(there), ago(moved)]).toEqual([2, 1, 0]);
  });

  it('never renews a lease that ran out, though nobody has swept yet', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    const one = aConnection('a');
    await a.registry.insert(one);
    await silence(a);
    await Promise.all([a.life.beat(), b.life.beat()]);
    await b.life.beat();
    expect([await allOf(b.registry), await livesIn(b)]).toEqual([[one], ['a.2', 'b.1']]);
  });

  it('writes anew what a node has when the tables were emptied, as a crash or a failover does', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    const many = Array.from({ length: 600 }, () => aConnection('a'));
    await Promise.all(many.map((connection) => a.registry.insert(connection)));
    await sql`TRUNCATE node_lives, connections, presence`.execute(b.postgres.kysely);
    await expect(a.registry.insert(aConnection('a'))).rejects.toThrow('connections_life_fkey');
    await a.life.beat();
    expect(await allOf(b.registry)).toHaveLength(601);
    expect((await livesIn(b)).filter((life) => life.startsWith('a.'))).toEqual(['a.2']);
  });

  it('writes anew what a node has when PostgreSQL itself was killed, which empties both tables', async () => {
    const server = await aPostgresServer();
    onTestFinished(() => server.stop());
    const [a, b] = [await aNode(server.url, 'a'), await aNode(server.url, 'b')];
    const many = Array.from({ length: 20 }, () => aConnection('a'));
    await Promise.all(many.map((connection) => a.registry.insert(connection)));
    await server.kill();
    await expect(a.life.beat()).rejects.toMatchObject({ rule: 'database_away' });
    await server.start();
    expect(await server.query('SELECT FROM connections', server.url)).toEqual([]);
    const seen = async () => {
      await Promise.allSettled([a.life.beat(), b.life.beat()]);
      return allOf(b.registry).then(({ length }) => length, String);
    };
    await expect.poll(seen, { timeout: 30_000, interval: 50 }).toBe(20);
  }, 60_000);

  it('writes later what it could not write, and takes out what it could not take out', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    const [gone, one] = [aConnection('a'), aConnection('a')];
    await a.registry.insert(gone);
    await sql`ALTER TABLE connections RENAME TO elsewhere`.execute(b.postgres.kysely);
    await expect(a.registry.insert(one)).rejects.toThrow('connections');
    await expect(a.registry.remove(gone.id)).rejects.toThrow('connections');
    await expect(a.life.beat()).rejects.toThrow('connections');
    await sql`ALTER TABLE elsewhere RENAME TO connections`.execute(b.postgres.kysely);
    await a.life.beat();
    expect(await allOf(b.registry)).toEqual([one]);
    expect([await rowsIn(b), await livesIn(b)]).toEqual([['a.1'], ['a.1', 'b.1']]);
  });

  it('keeps its lease while it writes all anew, for longer than the lease', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    const many = Array.from({ length: 6_000 }, () => aConnection('a'));
    await Promise.all(many.map((connection) => a.registry.insert(connection)));
    await silence(a);
    slowDown(a, b);
    for (let beat = 0; beat < 30; beat++) await a.life.beat();
    expect([await livesIn(b), new Set(await rowsIn(b)), (await rowsIn(b)).length]).toEqual([
      ['a.2', 'b.1'],
      new Set(['a.2']),
      6_000,
    ]);
  });

  it('keeps its lease while it sweeps after the dead, for longer than the lease', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    const many = Array.from({ length: 6_000 }, () => aConnection('a'));
    await Promise.all(many.map((connection) => a.registry.insert(connection)));
    await silence(a);
    slowDown(b, a);
    for (let beat = 0; beat < 30; beat++) await b.life.beat();
    expect([await livesIn(a), await rowsIn(a)]).toEqual([['b.1'], []]);
  });

  it('begins another life after a statement without an answer, for that may be carried out later', async () => {
    const { url } = await aDatabase();
    const a = await aNode(url, 'a', { deadlineMs: 2_500 });
    const one = aConnection('a');
    await a.registry.insert(one);
    await expect(a.life.write(sql`SELECT pg_sleep(60)`)).rejects.toMatchObject({ rule: 'database_away' });
    await a.life.beat();
    expect([await livesIn(a), await rowsIn(a)]).toEqual([['a.2'], ['a.2']]);
  });

  it('leaves rows of a later life alone when what was given up is carried out after all', async () => {
    const { url } = await aDatabase();
    const [a, b] = [await aNode(url, 'a'), await aNode(url, 'b')];
    const one = aConnection('a');
    const run = a.postgres.run.bind(a.postgres);
    let late: () => Promise<unknown> = async () => {};
    a.postgres.run = (work) => {
      late = () => run(work);
      return Promise.reject(new Error('given up'));
    };
    await expect(a.registry.insert(one)).rejects.toThrow('given up');
    a.postgres.run = run;
    await silence(a);
    await a.life.beat();
    // its sweep is not over yet
    await sql`INSERT INTO node_lives (name, beat_at) VALUES ('a.1', now())`.execute(b.postgres.kysely);
    await late();
    expect(await rowsIn(b)).toEqual(['a.2']);
  });

  it('counts all that was to be written before, also when something of it is to be written once more', async () => {
    const { url } = await aDatabase();
    const a = await aNode(url, 'a');
    const [first, last] = [aConnection('a'), aConnection('a')];
    const between = Array.from({ length: 3_000 }, () => aConnection('a'));
    const written = [first, ...between, last, first].map((connection) => a.registry.insert(connection));
    expect(await a.registry.ofUser(last.userId)).toEqual([last]);
    await Promise.all(written);
  });

  it('leaves nothing behind', async () => {
    const a = await aNode((await aDatabase()).url, 'a');
    for (let n = 0; n < 3; n++) await a.registry.insert(aConnection('a'));
    await a.life.leave();
    expect([await livesIn(a), await rowsIn(a)]).toEqual([[], []]);
  });

  it('takes a rush in few statements, one at a time, and leaves the log of the database alone', async () => {
    const { url } = await aDatabase();
    const a = await aNode(url, 'a');
    let [statements, underWay, most] = [0, 0, 0];
    const run = a.postgres.run.bind(a.postgres);
    a.postgres.run = async (work) => {
      statements++;
      most = Math.max(most, ++underWay);
      return run(work).finally(() => underWay--);
    };
    const many = Array.from({ length: 5_000 }, () => aConnection('a'));
    await Promise.all(
      many.map(async (connection) =>
        Promise.all([a.registry.insert(connection), a.registry.ofUser(connection.userId)]),
      ),
    );
    expect(statements).toBeLessThanOrEqual(30);
    expect(most).toBeLessThanOrEqual(2);
    const { rows } = await sql<{ kind: string }>`
      SELECT DISTINCT relpersistence AS kind FROM pg_class WHERE relname IN ('connections', 'node_lives')`.execute(
      a.postgres.kysely,
    );
    expect(rows).toEqual([{ kind: 'u' }]);
  });
});
