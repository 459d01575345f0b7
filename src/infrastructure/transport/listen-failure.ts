import { type AddressInfo, createServer } from 'node:net';
import { NotListening, PortTaken } from '#app/application/ports/transport.ts';

/** What an errno of listen(2) means. */
export const listenFailure = (host: string, port: number, code: string | undefined) =>
  code === 'EADDRINUSE' ? new PortTaken(host, port) : new NotListening(host, port, code ?? 'unknown reason');

/** Why listening failed, for a library that does not say: asks the system once more. */
export const whyNotListening = (host: string, port: number) =>
  new Promise<PortTaken | NotListening>((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(listenFailure(host, port, error.code)));
    probe.listen({ host, port, exclusive: true }, () => {
      probe.close(() => resolve(listenFailure(host, port, undefined)));
    });
  });

/**
 * A port that nobody listens on, not even one who would share it: this one, or for 0 any; another may take it before we do.
 * @throws PortTaken, NotListening
 */
export const freePort = (host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(host, port, error.code)));
    probe.listen({ host, port, exclusive: true }, () => {
      const { port: found } = probe.address() as AddressInfo;
      probe.close(() => resolve(found));
    });
  });
