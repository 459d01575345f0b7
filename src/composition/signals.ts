import type { Server } from './server.ts';

/** What runs us (npm, tsx) may pass on the Ctrl-C that the terminal has given us already: that is one wish, not two. */
const ECHO_MS = 500;

/**
 * Resolves when the server was told to stop and has drained. A second wish ends the process at once. SIGUSR2 turns the
 * log level. Whoever started it may be gone, too, which is the same wish. What nobody caught is noted and survived: one broken request must not end everybody's connections.
 */
export const untilStopped = async (
  server: Pick<Server, 'journal' | 'stop'>,
  orphaned: Promise<string> = new Promise(() => {}),
): Promise<void> => {
  const { journal } = server;
  process.on('uncaughtException', (error) => journal.fault(error, 'uncaught exception'));
  process.on('unhandledRejection', (error) => journal.fault(error, 'unhandled rejection'));
  process.on('SIGUSR2', () => journal.info('log level', { level: journal.turn() }));
  const signalled = new Promise<string>((resolve) => {
    // For good: a signal that comes while nobody listens ends the process.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });
  const told = await Promise.race([signalled, orphaned]);
  journal.info('stopping', { reason: told });
  const began = performance.now();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (performance.now() - began > ECHO_MS) process.exit(1);
    });
  await server.stop();
};
