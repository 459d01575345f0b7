import type { Server } from './server.ts';

/**
 * Resolves when the server was told to stop and has drained. A second signal ends the process at once. SIGUSR2 turns the
 * log level. What nobody caught is noted and survived: one broken request must not end everybody's connections.
 */
export const untilStopped = async (server: Server): Promise<void> => {
  const { journal } = server;
  process.on('uncaughtException', (error) => journal.fault(error, 'uncaught exception'));
  process.on('unhandledRejection', (error) => journal.fault(error, 'unhandled rejection'));
  process.on('SIGUSR2', () => journal.info('log level', { level: journal.turn() }));
  const told = await new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  journal.info('stopping', { reason: told });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
  await server.stop();
};
