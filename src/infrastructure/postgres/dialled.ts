import { Client, type ClientConfig } from 'pg';
import { sqlStateOf } from './failure.ts';
import type { Servers } from './servers.ts';

export interface Dialled extends Client {
  /** The URL of the one server that it leads to. */
  readonly address: string;
}

/** A server that is frozen doesn't say goodbye. */
const GOODBYE_MS = 1_000;

/** Each connection goes to the server that is in favour when it is made, and is gone soon after it was ended, whatever that server does. */
export const clientOf = (servers: Servers): (new (config?: ClientConfig) => Dialled) =>
  class extends Client implements Dialled {
    readonly address: string;

    constructor(config?: ClientConfig) {
      const { address } = servers;
      super({ ...config, connectionString: address });
      this.address = address;
    }

    override connect(): Promise<void>;
    override connect(callback: (error: Error | null) => void): void;
    override connect(callback?: (error: Error | null) => void): Promise<void> | void {
      if (!callback) return super.connect(); // a pool gives one
      super.connect((error) => {
        if (error && !isOurFault(error)) servers.passOver(this.address);
        callback(error);
      });
    }

    override end(): Promise<void>;
    override end(callback: (error: Error) => void): void;
    override end(callback?: (error: Error) => void): Promise<void> | void {
      const late = setTimeout(() => this.connection.stream.destroy(), GOODBYE_MS).unref();
      this.once('end', () => clearTimeout(late));
      return callback ? super.end(callback) : super.end();
    }
  };

/** User, password, database: no other server will say otherwise. */
const isOurFault = (error: Error) => /^(28|3D)/.test(sqlStateOf(error) ?? '');
