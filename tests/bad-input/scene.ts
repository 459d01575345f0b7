import { isDeepStrictEqual } from 'node:util';
import { RunningServer, type RunningServerOptions, type TestUser } from '../support/running-server.ts';
import { Stored } from './stored.ts';
import { Witness } from './witness.ts';

/** A running server, somebody who misbehaves, and all that must not suffer by it. */
export class Scene {
  private constructor(
    readonly running: RunningServer,
    readonly somebody: TestUser,
    readonly stored: Stored,
    readonly witness: Witness,
  ) {}

  static async open(options: RunningServerOptions): Promise<Scene> {
    const running = await RunningServer.start(options);
    const stored = await Stored.of(running.databaseUrl);
    return new Scene(running, await running.aUser(), stored, await Witness.of(running));
  }

  /** @throws Error when `work` left anything written, or others are not served after it */
  async unharmed<T>(work: () => Promise<T>): Promise<T> {
    const before = await this.stored.now();
    const result = await work();
    const after = await this.stored.now();
    const written = after.filter((table, at) => !isDeepStrictEqual(table, before[at]));
    if (written.length > 0) throw new Error(`something was written: ${JSON.stringify(written)}`);
    await this.witness.delivers();
    return result;
  }
}
