import type { Socket } from 'node:net';
import { TcpRelay } from './tcp-relay.ts';

/** What a Bind of the log's statements contains, and nothing else does. */
const APPEND = 'append_message';

/** A way to PostgreSQL that keeps one answer to a batch to itself: the batch is committed and its node does not know. */
export class ReplyCutter {
  #armed: { left: number; readonly cut: () => void } | undefined;
  #relay!: TcpRelay; // there before anybody has the cutter

  private constructor() {}

  static async start(databaseUrl: string): Promise<ReplyCutter> {
    const cutter = new ReplyCutter();
    cutter.#relay = await TcpRelay.to(databaseUrl, (client, server) => cutter.#carry(client, server));
    return cutter;
  }

  /** The database, by this way. */
  get url(): string {
    return this.#relay.url;
  }

  /** Calls `cut` when the answer after so many others has come, and then breaks that connection. */
  arm(after: number, cut: () => void): void {
    this.#armed = { left: after, cut };
  }

  close(): Promise<void> {
    return this.#relay.close();
  }

  #carry(client: Socket, server: Socket): void {
    let asked = false;
    client.on('data', (bytes) => {
      asked ||= bytes.includes(APPEND);
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (asked && this.#cuts()) return void client.destroy();
      asked = false;
      client.write(bytes);
    });
  }

  #cuts(): boolean {
    const armed = this.#armed;
    if (!armed || armed.left-- > 0) return false;
    this.#armed = undefined;
    armed.cut();
    return true;
  }
}
