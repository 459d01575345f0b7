import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuid } from 'uuid';
import { type Contender, collectableFlags, type Ground, groundFor, onGround, times } from './contender.ts';
import { jwt, type Unsealed, unsealed } from './jwt.ts';
import { freePort, type Postgres } from './postgres.ts';
import { Program } from './process.ts';
import type { World } from './world.ts';

const main = new URL('../../dist/main.js', import.meta.url).pathname;
const READY_MS = 30_000;
const HOUR_S = 3_600;

const PLENTY = '999999/9999999';
/** Raised for a server that meets all its users on a few addresses, all of them in a hurry; everything else stays as shipped. */
const limits: Readonly<Record<string, string>> = {
  LIMIT_RATE_HANDSHAKE: PLENTY,
  LIMIT_RATE_SEND: PLENTY,
  LIMIT_SOCKETS_PER_ADDRESS: '1000000',
  LIMIT_UNAUTHENTICATED_SOCKETS_PER_ADDRESS: '1000000',
};

async function seed(postgres: Postgres, database: string, { users, conversations }: World): Promise<void> {
  const run = (sql: string, values: readonly unknown[]) => postgres.query(database, sql, values);
  await run(
    `INSERT INTO users (id, handle, display_name) SELECT id, 'bench_' || n, 'Bench ' || n FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, n)`,
    [users],
  );
  await run(
    `INSERT INTO conversations (id, kind, title, created_by, rev, changed_rev, member_count)
     SELECT id, kind, CASE kind WHEN 'group' THEN 'Bench' END, created_by, 1, 1, members
     FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[]) AS c (id, kind, created_by, members)`,
    [
      conversations.map(({ id }) => id),
      conversations.map(({ kind }) => kind),
      conversations.map(({ members }) => users[members[0] ?? 0]),
      conversations.map(({ members }) => members.length),
    ],
  );
  const seats = conversations.flatMap(({ id, kind, members }) =>
    members.map((member, place) => ({ id, kind, place, user: users[member] })),
  );
  await run(
    `INSERT INTO participants (conversation_id, user_id, kind, slot, role, rev, joined_rev)
     SELECT conversation_id, user_id, kind, CASE kind WHEN 'private' THEN place + 1 END, CASE WHEN kind = 'group' AND place = 0 THEN 'owner' ELSE 'member' END, 1, 1
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]) AS p (conversation_id, user_id, kind, place)`,
    [
      seats.map(({ id }) => id),
      seats.map(({ user }) => user),
      seats.map(({ kind }) => kind),
      seats.map(({ place }) => place),
    ],
  );
  await run(
    `INSERT INTO private_pairs (low, high, conversation_id)
     SELECT least(a.user_id, b.user_id), greatest(a.user_id, b.user_id), a.conversation_id
     FROM participants a JOIN participants b ON b.conversation_id = a.conversation_id AND a.slot = 1 AND b.slot = 2`,
    [],
  );
  await run('ANALYZE', []);
}

async function ready(port: number): Promise<void> {
  const end = Date.now() + READY_MS;
  while (Date.now() < end) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    await sleep(50);
  }
  throw new Error('Tertulia did not become ready');
}

/** One access token as the server makes them: the others are signed after its pattern, which spares 10,000 logins. */
async function pattern(port: number): Promise<Unsealed> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/commands/user.register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ handle: 'bench_door', displayName: 'Bench', password: randomBytes(16).toString('hex') }),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`registration refused: ${response.status} ${body}`);
  return unsealed((JSON.parse(body) as { readonly accessToken: string }).accessToken);
}

/** A session per user, and a token for it. */
async function logIn(
  postgres: Postgres,
  database: string,
  users: readonly string[],
  secret: string,
  { header, claims }: Unsealed,
): Promise<string[]> {
  const sessions = users.map(() => uuid());
  await postgres.query(
    database,
    `INSERT INTO sessions (id, user_id, kind, expires_at)
     SELECT id, user_id, 'session', clock_timestamp() + interval '1 day' FROM unnest($1::uuid[], $2::uuid[]) AS s (id, user_id)`,
    [sessions, users],
  );
  const iat = Math.floor(Date.now() / 1_000);
  return users.map((sub, index) =>
    jwt(secret, { ...claims, sub, sid: sessions[index], iat, exp: iat + HOUR_S }, header),
  );
}

interface StartedNode {
  readonly port: number;
  readonly server: Program;
}

/** The built server, as `make run` starts it. */
async function node({ postgres, database, redis }: Ground, secret: string, flags: string[]): Promise<StartedNode> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const server = Program.start({
    name: 'Tertulia',
    args: [...flags, '--max-semi-space-size=32', '--conditions=dist', main],
    env: {
      DATABASE_URL: postgres.url(database),
      JWT_SECRET: secret,
      HOST: '127.0.0.1',
      WS_PORT: String(port),
      METRICS_PORT: String(metricsPort),
      ...(redis && { REDIS_URL: redis.url }),
      ...limits,
    },
  });
  await server.before(ready(port), READY_MS, 'to be ready');
  return { port, server };
}

const nodes = (count: number, name: string): Contender => ({
  name,
  dialect: 'tertulia',
  servers: count,
  async start(world, postgres, { collectable }) {
    if (!existsSync(main)) throw new Error('dist/main.js is missing: build first');
    const ground = await groundFor(count, postgres);
    const secret = randomBytes(32).toString('hex');
    const started = await times(count, () => node(ground, secret, collectableFlags(collectable)));
    const ports = started.map(({ port }) => port);
    await seed(postgres, ground.database, world);
    const tokens = await logIn(postgres, ground.database, world.users, secret, await pattern(ports[0] ?? 0));
    return {
      ports,
      ...onGround(
        started.map(({ server }) => server),
        ground,
      ),
      tokens,
    };
  },
});

export const tertulia = nodes(1, 'Tertulia');
/** On one database, joined by Redis. */
export const twoTertulia = nodes(2, 'two Tertulia');
