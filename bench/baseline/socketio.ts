/**
 * What a good engineer writes in an afternoon: Socket.IO, a pool, one INSERT per message, the ack after it, the room after that.
 * Membership is known from memory, tokens are verified at the door. Nothing is done to make it slow, nothing beyond that to make it fast.
 * With REDIS_URL it is one of several, joined as Socket.IO's documentation joins them.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { jwtVerify } from 'jose';
import { Pool } from 'pg';
import { type DefaultEventsMap, Server } from 'socket.io';

interface Posted {
  readonly conversationId: string;
  readonly body: string;
}
interface Message extends Posted {
  readonly id: string;
  readonly senderId: string;
  readonly createdAt: Date;
}
type Reply = { readonly id: string; readonly createdAt: Date } | { readonly error: string };
interface FromClient {
  send(posted: Posted, reply: (answer: Reply) => void): void;
}
interface ToClient {
  message(message: Message): void;
}

const MAX_BODY = 5_000;
const secret = new TextEncoder().encode(process.env['JWT_SECRET']);
const pool = new Pool({ connectionString: process.env['DATABASE_URL'] });
const http = createServer();
const io = new Server<FromClient, ToClient, DefaultEventsMap, { userId: string }>(http, {
  transports: ['websocket'],
  serveClient: false,
});
const redisUrl = process.env['REDIS_URL'];
if (redisUrl !== undefined) {
  const publisher = new Redis(redisUrl);
  io.adapter(createAdapter(publisher, publisher.duplicate()));
}

const rooms = new Map<string, string[]>();
const { rows } = await pool.query<{ user_id: string; ids: string[] }>(
  'SELECT user_id, array_agg(conversation_id) AS ids FROM participants GROUP BY user_id',
);
for (const { user_id: userId, ids } of rows) rooms.set(userId, ids);

const userOf = async (token: unknown): Promise<string> => {
  const { payload } = await jwtVerify(String(token), secret, { algorithms: ['HS256'] });
  return String(payload.sub);
};

io.use((socket, proceed) => {
  const admit = (userId: string): void => {
    socket.data.userId = userId;
    proceed();
  };
  userOf(socket.handshake.auth['token']).then(admit, () => proceed(new Error('unauthenticated')));
});

io.on('connection', (socket) => {
  const { userId } = socket.data;
  void socket.join(rooms.get(userId) ?? []);

  const post = async ({ conversationId, body }: Posted, reply: (answer: Reply) => void): Promise<void> => {
    if (typeof body !== 'string' || body === '' || body.length > MAX_BODY) return reply({ error: 'invalid' });
    if (!socket.rooms.has(conversationId)) return reply({ error: 'not_found' });
    const inserted = await pool.query<{ id: string; created_at: Date }>(
      'INSERT INTO messages (conversation_id, sender_id, body) VALUES ($1, $2, $3) RETURNING id, created_at',
      [conversationId, userId, body],
    );
    const row = inserted.rows[0];
    if (!row) return reply({ error: 'internal' });
    reply({ id: row.id, createdAt: row.created_at });
    socket
      .to(conversationId)
      .emit('message', { id: row.id, conversationId, senderId: userId, body, createdAt: row.created_at });
  };
  socket.on('send', (posted, reply) => {
    post(posted, reply).catch(() => reply({ error: 'internal' }));
  });
});

http.listen(0, '127.0.0.1', () => process.stdout.write(`listening ${(http.address() as AddressInfo).port}\n`));
