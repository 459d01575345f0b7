import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { ClusterSubscriber } from './cluster-subscriber.ts';

export interface RedisLinkOptions {
  /** One address, or several of a cluster. */
  readonly urls: readonly string[];
  /** Begins every key and channel. */
  readonly prefix: string;
  /** Shown by CLIENT LIST. */
  readonly name: string;
  /** Told what a connection suffers; it mends itself. */
  readonly onTrouble: (error: Error) => void;
}

/** Redis did not let us in: only the operator can help. */
export class RedisRefused extends Error {
  override readonly name = 'RedisRefused';
}

const CHANNELS_IN_CLUSTER = 16;
const START_MS = 2_000;
const REFUSED = /WRONGPASS|NOAUTH|NOPERM|invalid password|DB index is out of range|cluster support disabled/i;

/** Together they come back at different times. */
const retryStrategy = (times: number) => Math.min(100 * times, 500) * (0.75 + Math.random() / 2);

/** Never waits long, never repeats by itself, and asks a server that accepted the connection whether it answers. */
const patience = {
  protocol: 2,
  connectTimeout: 1_000,
  commandTimeout: 500,
  disconnectTimeout: 300,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  enableReadyCheck: true,
} as const satisfies RedisOptions;

/**
 * The connections of one node to Redis: one for commands and one that only hears channels, for a cluster each as many as
 * it needs. A command fails at once while there is no connection, and after half a second when no answer comes. Lost
 * connections come back by themselves, those that say nothing by `renew`.
 */
export class RedisLink {
  readonly commands: Redis | Cluster;
  readonly #address: RedisAddress;
  #subscriber: { renew(silent: readonly string[]): void; close(): void } | undefined;

  private constructor(readonly options: RedisLinkOptions) {
    const { urls, onTrouble } = options;
    this.#address = addressOf(urls[0] ?? '', options.name);
    this.commands =
      urls.length > 1
        ? new Cluster(
            urls.map((url) => ({ host: addressOf(url).host, port: addressOf(url).port })),
            clusterOptions(this.#address),
          )
        : new Redis({ ...this.#address, enableAutoPipelining: true, lazyConnect: true });
    this.commands.on('error', onTrouble);
  }

  /** Resolves when it is connected, or has tried for two seconds: what is away now may come later. @throws RedisRefused */
  static async open(options: RedisLinkOptions): Promise<RedisLink> {
    let trouble = '';
    const onTrouble = (error: Error) => {
      trouble = String(error);
      options.onTrouble(error);
    };
    const link = new RedisLink({ ...options, onTrouble });
    let late: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => (late = setTimeout(resolve, START_MS)));
    const connected = link.commands.connect();
    try {
      await Promise.race([connected, deadline]);
    } catch (error) {
      const reason = REFUSED.exec(`${String(error)} ${trouble}`)?.[0];
      if (reason === undefined) return link;
      link.close();
      throw new RedisRefused(reason);
    } finally {
      clearTimeout(late);
      connected.catch(options.onTrouble);
    }
    return link;
  }

  /** What is published in one goes to every node that listens to it; in a cluster they lie on different masters. */
  channels(topic: string): readonly string[] {
    const name = `${this.options.prefix}:${topic}`;
    if (!(this.commands instanceof Cluster)) return [name];
    return Array.from({ length: CHANNELS_IN_CLUSTER }, (_, n) => `${name}:{${n}}`);
  }

  /** In the order of the calls, per channel. Rejects when it failed or nobody knows; then it may have arrived all the same. */
  async publish(channel: string, message: string): Promise<void> {
    const { commands } = this;
    await (commands instanceof Cluster ? commands.spublish(channel, message) : commands.publish(channel, message));
  }

  /**
   * From now on, over all reconnections; nothing says that a channel is heard but what arrives on it. One call for each
   * link, for all channels.
   */
  listen(channels: readonly string[], hear: (channel: string, message: string) => void): void {
    const { commands } = this;
    const { onTrouble, name } = this.options;
    const options = { ...this.#address, connectionName: `${name}-hears` };
    this.#subscriber =
      commands instanceof Cluster
        ? new ClusterSubscriber(commands, channels, hear, options, onTrouble)
        : subscriberOf(options, channels, hear, onTrouble);
  }

  /** These channels say nothing though their connections seem to live: throws those away. */
  renew(silent: readonly string[]): void {
    this.#subscriber?.renew(silent);
    if (this.commands instanceof Redis && this.commands.status === 'ready') this.commands.disconnect(true);
  }

  /** A second call does nothing. */
  close(): void {
    this.#subscriber?.close();
    this.commands.disconnect();
  }
}

/** One connection; whoever listens notices when subscribing failed, since nothing arrives, and renews. */
const subscriberOf = (
  options: RedisAddress,
  channels: readonly string[],
  hear: (channel: string, message: string) => void,
  onTrouble: (error: Error) => void,
) => {
  const redis = new Redis(options);
  redis.on('error', onTrouble);
  redis.on('message', hear);
  redis.on('ready', () => {
    redis.subscribe(...channels).catch(onTrouble);
  });
  return {
    renew: () => {
      if (redis.status === 'ready') redis.disconnect(true);
    },
    close: () => redis.disconnect(),
  };
};

export type RedisAddress = ReturnType<typeof addressOf>;

const addressOf = (url: string, connectionName = '') => {
  const { username, password, protocol, hostname, port, pathname } = new URL(url);
  return {
    ...patience,
    retryStrategy,
    enableOfflineQueue: false,
    connectionName,
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: Number(port || 6_379),
    db: Number(pathname.slice(1) || 0),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: { servername: hostname } }),
  } satisfies RedisOptions;
};

/** User, password and TLS are those of the first address. */
const clusterOptions = ({
  host: _host,
  port: _port,
  db: _db,
  retryStrategy: _own,
  enableOfflineQueue: _queue,
  ...redisOptions
}: RedisAddress) => ({
  lazyConnect: true,
  enableOfflineQueue: false,
  enableAutoPipelining: true,
  clusterRetryStrategy: retryStrategy,
  clusterNodeRetryStrategy: retryStrategy,
  retryDelayOnFailover: 200,
  retryDelayOnClusterDown: 200,
  maxRedirections: 2,
  slotsRefreshInterval: 1_000,
  redisOptions,
});
