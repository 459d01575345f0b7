import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';

const AGAIN_MS = 200;

/** A transaction that does nothing and ends never, as of a dump or a report: no row version since may be removed. */
export class IdleSnapshot {
  #client: Client | undefined;
  #running = true;
  readonly #done: Promise<void>;

  constructor(private readonly url: string) {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#client?.end();
    await this.#done;
  }

  /** Taken anew when a fault has ended it. */
  async #run(): Promise<void> {
    while (this.#running) {
      const client = new Client({ connectionString: this.url });
      client.on('error', () => {});
      try {
        await client.connect();
        this.#client = client;
        await client.query('begin isolation level repeatable read');
        await client.query('select pg_current_snapshot()'); // of no table: a lock on one would hold up another fault for ever
        if (this.#running) await once(client, 'end');
      } catch {
        await pause(AGAIN_MS);
      } finally {
        this.#client = undefined;
        await client.end();
      }
    }
  }
}

/** Something that goes on beside the faults, once, for a while. */
export class Background {
  #one: { stop(): Promise<void> } | undefined;
  #began = Infinity;
  #ended = Infinity;

  constructor(private readonly begin: () => { stop(): Promise<void> }) {}

  /** When it began and ended, by the monotonic clock. */
  get held(): readonly [number, number] {
    return [this.#began, this.#ended];
  }

  async set(on: boolean): Promise<void> {
    if (on && !this.#one) {
      this.#one = this.begin();
      this.#began = performance.now();
    }
    if (on || !this.#one) return;
    await this.#one.stop();
    this.#one = undefined;
    this.#ended = performance.now();
  }
}
