import 'reflect-metadata';
import { once } from 'node:events';
import { CannotStart } from '#app/application/cannot-start.ts';
import { startServer } from '#app/composition/server.ts';
import { untilStopped } from '#app/composition/signals.ts';
import { operatorsWords } from '#app/composition/start-failures.ts';
import type { WorkerOrder, WorkerReport } from '#app/composition/workers.ts';
import { explained } from '#app/infrastructure/logging/explained.ts';

// One of several nodes on one port: what `main.ts` starts when WORKERS is more than 1.
const report = (words: WorkerReport): Promise<void> =>
  new Promise((resolve) => process.send?.(words, undefined, {}, () => resolve()));

const [order] = (await once(process, 'message')) as [WorkerOrder];
const orphaned = once(process, 'disconnect').then(() => 'the supervisor is gone');
try {
  const server = await startServer(order.config, order.version).catch(operatorsWords);
  await report({ listening: { host: server.host, port: server.port } });
  await untilStopped(server, orphaned);
} catch (error) {
  await report(error instanceof CannotStart ? { problems: error.problems } : { fault: explained(error) });
  process.exit(1);
}
process.exit(0);
