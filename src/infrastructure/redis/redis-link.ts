import { Cluster, Redis, type RedisOptions } from 'ioredis';

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

/** What commands are given on: of one Redis or of a cluster. */
export type RedisCommands = Redis | Cluster;

/** Redis did not let us in: only the operator can help. */
export class RedisRefused extends Error {
  override readonly name = 'RedisRefused';
}

const CHANNELS_IN_CLUSTER = 16;
const START_MS = 2_000;
const REFUSED = /WRONGPASS|NOAUTH|NOPERM|invalid password|DB index is out of range|cluster support disabled/i;

/** Never waits long, never repeats by itself, and asks a server that accepted the connection whether it answers. */
const patience = {
  protocol: 2,
  connectTimeout: 1_000,
  commandTimeout: 500,
  disconnectTimeout: 300,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  enableReadyCheck: true,
} as const satisfies RedisOptions;
/** Together they come back at different times. */
const retryStrategy = (times: number) => Math.min(100 * times, 500) * (0.75 + Math.random() / 2);

/**
 * The connections of one node to Redis: one for commands and one that only hears channels, for a cluster each as many as
 * it needs. A command fails at once while there is no connection, and after half a second when no answer comes. Lost
 * connections come back by themselves, those that say nothing by `renew`.
 */
export class RedisLink {
  readonly commands: RedisCommands;
  readonly #subscriber: Redis | undefined;
  #channels: readonly string[] = [];

  private constructor(readonly options: RedisLinkOptions) {
    const { urls, name, onTrouble } = options;
    const [url = '', ...more] = urls;
    if (more.length > 0) this.commands = new Cluster(urls.map(seed), clusterOptions(url, name));
    else {
      const common = { ...patience, retryStrategy, enableOfflineQueue: false, lazyConnect: true };
      this.commands = new Redis(url, { ...common, connectionName: name, enableAutoPipelining: true });
      this.#subscriber = new Redis(url, { ...common, connectionName: `${name}-hears`, autoResubscribe: false });
      this.#subscriber.on('error', onTrouble);
      this.#subscriber.on('ready', () => this.#subscribe());
    }
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
    const clients = link.#subscriber ? [link.commands, link.#subscriber] : [link.commands];
    let late: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => (late = setTimeout(resolve, START_MS)));
    const connected = Promise.all(clients.map((client) => client.connect()));
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

  get cluster(): boolean {
    return this.#subscriber === undefined;
  }

  /** What is published in one goes to every node that listens to it; in a cluster they lie on different masters. */
  channels(topic: string): readonly string[] {
    const name = `${this.options.prefix}:${topic}`;
    return this.cluster ? Array.from({ length: CHANNELS_IN_CLUSTER }, (_, n) => `${name}:{${n}}`) : [name];
  }

  /** In the order of the calls, per channel. Rejects when it failed or nobody knows; then it may have arrived all the same. */
  async publish(channel: string, message: string): Promise<void> {
    await (this.cluster ? this.commands.spublish(channel, message) : this.commands.publish(channel, message));
  }

  /** From now on, over all reconnections; nothing says that a channel is heard but what arrives on it. Once for each link. */
  listen(channels: readonly string[], hear: (channel: string, message: string) => void): void {
    this.#channels = channels;
    if (this.#subscriber) this.#subscriber.on('message', hear);
    else this.commands.on('smessage', hear);
    this.#subscribe();
  }

  /** Throws away connections that seem to live and say nothing. */
  renew(): void {
    for (const client of [this.#subscriber, this.commands]) if (client?.status === 'ready') client.disconnect(true);
  }

  /** A second call does nothing. */
  close(): void {
    this.#subscriber?.disconnect();
    this.commands.disconnect();
  }

  /** Whoever listens notices when it failed, since nothing arrives, and renews. */
  #subscribe(): void {
    const { onTrouble } = this.options;
    if (this.#channels.length === 0) return;
    if (this.#subscriber?.status === 'ready') this.#subscriber.subscribe(...this.#channels).catch(onTrouble);
    // Each channel of its own slot; the cluster's client renews them by itself.
    if (this.cluster) for (const channel of this.#channels) this.commands.ssubscribe(channel).catch(onTrouble);
  }
}

const seed = (url: string) => {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6_379) };
};

/** User, password and TLS are those of the first address. */
const clusterOptions = (url: string, name: string) => {
  const { username, password, protocol, hostname } = new URL(url);
  return {
    lazyConnect: true,
    shardedSubscribers: true,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    clusterRetryStrategy: retryStrategy,
    retryDelayOnFailover: 200,
    retryDelayOnClusterDown: 200,
    maxRedirections: 4,
    slotsRefreshInterval: 2_000,
    redisOptions: {
      ...patience,
      connectionName: name,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: { servername: hostname } }),
    },
  };
};
