import { setTimeout as pause } from 'node:timers/promises';
import { aConversationId } from './chat-world.ts';
import type { Cluster } from './chaos-cluster.ts';
import { over } from './chaos-fault.ts';
import { WsClient } from './ws-client.ts';
import { v7 } from 'uuid';

/** As long as a message may be, and four bytes each. */
const LONG_TEXT = '𝄞'.repeat(5_000);
/** Together more than the kernel and LIMIT_BUFFERED_BYTES take for one reader. */
const LONG_TEXTS = 400;
const PIPELINED = 16;
/** After that a socket whose reader takes nothing is ended in any case. */
const CLOSED_WITHIN_MS = 2_500;
/** Of a machine that does much else. */
const ENDED_WITHIN_MS = 60_000;

/** Somebody reads nothing while much is written for them. @throws Error when that went on and on */
export const readNothing = async (cluster: Cluster, node: number): Promise<void> => {
  const { ws } = cluster.node(node);
  const [writer, reader] = await Promise.all([aGuestAt(cluster, node), aGuestAt(cluster, node)]);
  const id = aConversationId();
  await cluster.node(node).command('conversation.create', { id, title: 'Much', users: [reader.userId] }, writer.token);
  const [writing, reading] = await Promise.all([enter(ws, writer.token), enter(ws, reader.token)]);
  reading.socket.pause();
  for (let sent = 0; sent < LONG_TEXTS; sent += PIPELINED) {
    const draft = () => ({ id: v7(), conversationId: id, content: LONG_TEXT });
    await Promise.all(Array.from({ length: PIPELINED }, () => writing.call('message.send', draft(), ENDED_WITHIN_MS)));
  }
  await pause(CLOSED_WITHIN_MS);
  reading.socket.resume();
  await reading.ended(ENDED_WITHIN_MS);
  writing.socket.terminate();
};

const FLAPPING = 30;
const PERIOD_MS = 1_000;

/** Many connect, say who they are, and are gone within a second, over and over. */
export const flap = async (cluster: Cluster, ms: number, node: number): Promise<void> => {
  const { token } = await aGuestAt(cluster, node);
  const come = async () => {
    await pause(Math.random() * PERIOD_MS);
    const client = await enter(cluster.haproxy.ws, token);
    await pause(Math.random() * PERIOD_MS);
    client.socket.terminate();
  };
  const comeAndGo = () => over(ms, 1, () => come().catch(() => {})); // another fault may be in the way
  await Promise.all(Array.from({ length: FLAPPING }, comeAndGo));
};

const aGuestAt = (cluster: Cluster, node: number) => cluster.node(node).aGuest('Gil');

const enter = async (ws: string, token: string): Promise<WsClient> => {
  const client = await WsClient.connect(ws);
  await client.auth(token);
  return client;
};
