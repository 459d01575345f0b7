import { Client, type ClientConfig } from 'pg';
import { sqlStateOf } from './failure.ts';
import type { Servers } from './servers.ts';

export interface Dialled extends Client {
  /** The URL of the one server that it leads to. */
  readonly address: string;
}

/** Each connection goes to the server that is in favour when it is made. */
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
  };

/** User, password, database: no other server will say otherwise. */
const isOurFault = (error: Error) => /^(28|3D)/.test(sqlStateOf(error) ?? '');
