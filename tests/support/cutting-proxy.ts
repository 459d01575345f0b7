import type { Socket } from 'node:net';
import { TcpRelay } from './tcp-relay.ts';

/** Where a connection breaks: after so many bytes of the next request, or of the answer to it. */
export interface Cut {
  readonly of: 'request' | 'answer';
  readonly after: number;
}

/** A way to PostgreSQL that can break in the middle of anything, with both ends noticing. */
export class CuttingProxy {
  #armed: Cut | undefined;
  /** Of the exchange that the last cut, or the last `watch`, was about. */
  seen = { request: 0, answer: 0 };
  #relay!: TcpRelay; // there before anybody has the proxy

  private constructor() {}

  static async start(databaseUrl: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy();
    proxy.#relay = await TcpRelay.to(databaseUrl, (client, server) => {
      client.on('data', (bytes) => proxy.#pass(bytes, 'request', server, client));
      server.on('data', (bytes) => proxy.#pass(bytes, 'answer', client, server));
    });
    return proxy;
  }

  /** The database, by this way. */
  get url(): string {
    return this.#relay.url;
  }

  /** Breaks the next exchange; later ones are whole. A cut behind the end of an exchange breaks nothing. */
  cut(cut: Cut): void {
    this.#armed = cut;
    this.seen = { request: 0, answer: 0 };
  }

  /** @returns whether the cut has happened */
  get broken(): boolean {
    return this.#armed === undefined;
  }

  disarm(): void {
    this.#armed = undefined;
  }

  close(): Promise<void> {
    return this.#relay.close();
  }

  #pass(bytes: Buffer, of: Cut['of'], to: Socket, from: Socket): void {
    const room = this.#armed?.of === of ? this.#armed.after - this.seen[of] : Infinity;
    this.seen[of] += bytes.length;
    if (bytes.length < room) return void to.write(bytes);
    // What came before the cut arrives; nothing behind it does, in either direction.
    this.#armed = undefined;
    to.end(bytes.subarray(0, room));
    from.pause();
    to.once('finish', () => from.destroy());
  }
}
