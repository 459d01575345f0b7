import { setTimeout as pause } from 'node:timers/promises';
import { awakeMs } from './awake.ts';
import type { Reply, WsClient } from './ws-client.ts';

const PATIENCE_MS = 30_000;
const AGAIN_MS = 100;

/**
 * As the protocol has it, what is `unavailable` is asked again: to a server on a machine that stands still for a second its
 * database is away. For what a test needs before it begins, not for what it is about.
 */
export const untilAvailable = async <T>(ask: () => Promise<T>, codeOf: (answer: T) => unknown): Promise<T> => {
  for (const until = awakeMs() + PATIENCE_MS; ; await pause(AGAIN_MS)) {
    const answer = await ask();
    if (codeOf(answer) !== 'unavailable' || awakeMs() > until) return answer;
  }
};

/** Likewise, on another connection each time: one that can't be judged is closed. */
export const welcomed = async (
  connect: () => Promise<WsClient>,
  token: string,
): Promise<{ readonly client: WsClient; readonly reply: Reply }> =>
  untilAvailable(
    async () => {
      const client = await connect();
      return { client, reply: await client.auth(token) };
    },
    ({ reply }) => reply.error?.code,
  );
