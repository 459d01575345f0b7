import { type Cluster, Redis } from 'ioredis';
import type { RedisAddress } from './redis-link.ts';

const LOOK_MS = 500;

/**
 * Hears the sharded channels of a cluster, each at the master of its slot, on one plain connection a master. (The cluster
 * client's own subscribers connect again without a pause while a master is gone, hundreds of times a second, and did not always
 * come back.) Who serves a slot is what the cluster client knows, which it refreshes by itself.
 */
export class ClusterSubscriber {
  readonly #connections = new Map<string, { readonly redis: Redis; channels: readonly string[] }>();
  readonly #slots = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #arranging = false;
  #closed = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly channels: readonly string[],
    private readonly hear: (channel: string, message: string) => void,
    private readonly options: RedisAddress,
    private readonly onTrouble: (error: Error) => void,
  ) {
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
    this.#look();
  }

  /** Makes those connections anew on which these channels should be heard. */
  renew(silent: readonly string[]): void {
    for (const { redis, channels } of this.#connections.values())
      if (redis.status === 'ready' && channels.some((channel) => silent.includes(channel))) redis.disconnect(true);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const { redis } of this.#connections.values()) redis.disconnect();
    this.#connections.clear();
  }

  #look(): void {
    if (this.#arranging) return;
    this.#arranging = true;
    this.#arrange()
      .catch(this.onTrouble)
      .finally(() => (this.#arranging = false));
  }

  async #arrange(): Promise<void> {
    for (const channel of this.channels)
      if (!this.#slots.has(channel)) this.#slots.set(channel, Number(await this.cluster.cluster('KEYSLOT', channel)));
    if (this.#closed) return;
    const wanted = this.#channelsByMaster();
    for (const [node, { redis }] of this.#connections)
      if (!wanted.has(node)) {
        redis.disconnect();
        this.#connections.delete(node);
      }
    for (const [node, channels] of wanted) this.#listen(node, channels);
  }

  #channelsByMaster(): ReadonlyMap<string, readonly string[]> {
    const byMaster = new Map<string, string[]>();
    for (const channel of this.channels) {
      const master = this.cluster.slots[this.#slots.get(channel) ?? -1]?.[0];
      if (master !== undefined) byMaster.set(master, [...(byMaster.get(master) ?? []), channel]);
    }
    return byMaster;
  }

  #listen(node: string, channels: readonly string[]): void {
    const known = this.#connections.get(node);
    const connection = known ?? { redis: this.#connect(node), channels };
    const added = channels.filter((channel) => !connection.channels.includes(channel));
    connection.channels = channels;
    this.#connections.set(node, connection);
    if (known && known.redis.status === 'ready') this.#subscribe(known.redis, added);
  }

  #connect(node: string): Redis {
    const at = node.lastIndexOf(':');
    const redis = new Redis({ ...this.options, host: node.slice(0, at), port: Number(node.slice(at + 1)) });
    redis.on('error', this.onTrouble);
    redis.on('smessage', this.hear);
    redis.on('ready', () => this.#subscribe(redis, this.#connections.get(node)?.channels ?? []));
    return redis;
  }

  /** One by one, for they are of different slots. What fails is silent, and renewed for that. */
  #subscribe(redis: Redis, channels: readonly string[]): void {
    for (const channel of channels) redis.ssubscribe(channel).catch(this.onTrouble);
  }
}
