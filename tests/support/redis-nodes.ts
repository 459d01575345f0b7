import type { Redis } from 'ioredis';
import { onTestFinished, vi } from 'vitest';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import { RedisBackplane } from '#app/infrastructure/redis/redis-backplane.ts';
import { RedisBroadcast } from '#app/infrastructure/redis/redis-broadcast.ts';
import { RedisLink } from '#app/infrastructure/redis/redis-link.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { PATIENT_MS } from './chat-world.ts';

/** As a node opens it, to one Redis. But it is connected, and fails no command because the machine stood still. */
export const aPatientLink = async (
  { url, prefix }: { readonly url: string; readonly prefix: string },
  name: string,
): Promise<RedisLink> => {
  const link = await RedisLink.open({ urls: [url], prefix, name, onTrouble: () => {} });
  await vi.waitUntil(() => link.commands.status === 'ready', { timeout: PATIENT_MS, interval: 5 });
  (link.commands as Redis).options.commandTimeout = PATIENT_MS;
  return link;
};

/** The backplane of one node, and what it went through. */
export interface BackplaneNode {
  readonly name: string;
  readonly backplane: RedisBackplane;
  readonly broadcast: RedisBroadcast;
  readonly link: RedisLink;
  readonly heard: ChatEvent[];
  readonly lost: () => number;
  readonly disturbances: () => number;
}

/** Closed at the end of the test. */
export const aBackplaneNode = async (
  urls: readonly string[],
  name: string,
  { prefix = 'test', wanted }: { prefix?: string; wanted?: (topic: string) => boolean } = {},
): Promise<BackplaneNode> => {
  let [lost, disturbances] = [0, 0];
  const heard: ChatEvent[] = [];
  const link = await RedisLink.open({ urls, prefix, name, onTrouble: () => {} });
  const fault = (error: unknown) => {
    throw error;
  };
  const broadcast = new RedisBroadcast(link, name, new SystemClock(), {
    ...{ fault, lost: () => void lost++, changed: () => {} },
  });
  const backplane = new RedisBackplane(broadcast, fault);
  backplane.subscribe((event) => void heard.push(event), wanted);
  backplane.onDisturbance(() => void disturbances++);
  onTestFinished(async () => {
    await backplane.close();
    broadcast.close();
    link.close();
  });
  return { name, backplane, broadcast, link, heard, lost: () => lost, disturbances: () => disturbances };
};
