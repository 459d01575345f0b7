import type { Socket } from 'node:net';
import { TcpRelay } from './tcp-relay.ts';

export type Silent = 'neither' | 'requests' | 'answers' | 'both';

/** A way to a server on which bytes vanish in one direction or both, while every connection seems to live. */
export class LossyLink {
  #silent: Silent = 'neither';
  #relay!: TcpRelay; // there before anybody has the link

  private constructor() {}

  static async to(url: string): Promise<LossyLink> {
    const link = new LossyLink();
    link.#relay = await TcpRelay.to(url, (client, server) => {
      client.on('data', (bytes) => link.#pass(bytes, server, 'requests'));
      server.on('data', (bytes) => link.#pass(bytes, client, 'answers'));
    });
    return link;
  }

  /** The server, by this way. */
  get url(): string {
    return this.#relay.url;
  }

  /** From now on these vanish. Connections that were made meanwhile, or lost something, end when all is well again. */
  silence(what: Silent): void {
    if (what === 'neither') this.#relay.drop();
    this.#silent = what;
  }

  close(): Promise<void> {
    return this.#relay.close();
  }

  #pass(bytes: Buffer, to: Socket, what: Silent): void {
    if (this.#silent !== what && this.#silent !== 'both') to.write(bytes);
  }
}
