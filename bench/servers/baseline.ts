import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Contender, collectableFlags, groundFor, onGround, times } from './contender.ts';
import { jwt } from './jwt.ts';
import type { Postgres } from './postgres.ts';
import { Program } from './process.ts';
import type { World } from './world.ts';

const path = (file: string): string => new URL(`../baseline/${file}`, import.meta.url).pathname;
const LISTENING = /^listening (\d+)$/;
const HOUR_S = 3_600;

async function seed(postgres: Postgres, database: string, { users, conversations }: World): Promise<void> {
  await postgres.query(database, await readFile(path('schema.sql'), 'utf8'));
  const pairs = conversations.flatMap(({ id, members }) => members.map((member) => [id, users[member]] as const));
  await postgres.query(database, 'INSERT INTO conversations SELECT unnest($1::uuid[])', [
    conversations.map(({ id }) => id),
  ]);
  await postgres.query(database, 'INSERT INTO participants SELECT * FROM unnest($1::uuid[], $2::uuid[])', [
    pairs.map(([id]) => id),
    pairs.map(([, user]) => user),
  ]);
  await postgres.query(database, 'ANALYZE');
}

/** Socket.IO and pg, one INSERT per message. */
const servers = (count: number, name: string): Contender => ({
  name,
  dialect: 'socketio',
  servers: count,
  async start(world, postgres, { collectable }) {
    const ground = await groundFor(count, postgres);
    const { database, redis } = ground;
    await seed(postgres, database, world);
    const secret = randomBytes(32).toString('hex');
    const started = await times(count, async () => {
      const server = Program.start({
        name: 'the Socket.IO server',
        args: [...collectableFlags(collectable), '--max-semi-space-size=32', '--import', 'tsx', path('socketio.ts')],
        env: { DATABASE_URL: postgres.url(database), JWT_SECRET: secret, ...(redis && { REDIS_URL: redis.url }) },
      });
      const [, port] = await server.line(LISTENING);
      return { server, port: Number(port) };
    });
    const exp = Math.floor(Date.now() / 1000) + HOUR_S;
    return {
      ports: started.map(({ port }) => port),
      ...onGround(
        started.map(({ server }) => server),
        ground,
      ),
      tokens: world.users.map((sub) => jwt(secret, { sub, exp })),
    };
  },
});

export const socketio = servers(1, 'Socket.IO + pg');
/** Joined by the Redis adapter. */
export const twoSocketio = servers(2, 'two Socket.IO + pg');

/** uWebSockets.js alone: it knows one room, no user and no database. */
export const publish: Contender = {
  name: 'bare uWebSockets',
  dialect: 'bare',
  servers: 1,
  async start(world, _postgres, { collectable }) {
    const server = Program.start({
      name: 'the publish server',
      args: [...collectableFlags(collectable), '--max-semi-space-size=32', '--import', 'tsx', path('publish.ts')],
      env: {},
    });
    const [, port] = await server.line(LISTENING);
    return {
      ports: [Number(port)],
      pids: [server.pid],
      tokens: world.users.map(() => ''),
      messages: async () => undefined,
      collect: () => void server.child.kill('SIGUSR2'),
      stop: () => server.stop(),
    };
  },
};
