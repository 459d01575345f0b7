import type { Clock } from '#app/application/ports/clock.ts';
import type { ConnectionRegistry, RegisteredConnection } from '#app/application/ports/connection-registry.ts';
import type { ConnectionId, UserId } from '#app/domain/shared/ids.ts';
import { oldestFirst } from '../memory/memory-connection-registry.ts';
import type { RedisLink } from './redis-link.ts';
import { Registrations } from './registrations.ts';

export const REGISTRY_LEASE_MS = 10_000;
/** Who slept for half a lease no longer trusts what it wrote. */
const TRUSTED_MS = REGISTRY_LEASE_MS / 2;
const AT_ONCE = 500;

/**
 * Two hashes hold each connection: that of its registration, for the sweep, and that of its user. A registration is one life
 * of a node's lease: a node that slept, or whose lease Redis lost, writes all it has anew under the next one. So whoever sweeps
 * the old one can't touch the new, and nobody has to agree on who sweeps.
 */
export class RedisConnectionRegistry implements ConnectionRegistry {
  readonly #own = new Map<ConnectionId, RegisteredConnection>();
  readonly #registrations: Registrations;
  #onGhosts: (users: readonly UserId[], silentMs: number) => Promise<void> = async () => {};
  #life = 0;
  #living: ReadonlySet<string> = new Set();
  #lastBeat = Number.NEGATIVE_INFINITY;
  /** Something of this life could not be written, or a life has not begun. */
  #incomplete = true;

  constructor(
    private readonly link: RedisLink,
    private readonly incarnation: string,
    private readonly clock: Clock,
    leaseMs = REGISTRY_LEASE_MS,
  ) {
    this.#registrations = new Registrations(link, leaseMs);
  }

  /** Living registrations, this node's included. */
  get nodes(): number {
    return this.#living.size;
  }

  /** Whether that node holds a lease, as of the last beat. */
  lives(incarnation: string): boolean {
    for (const registration of this.#living) if (registration.startsWith(`${incarnation}.`)) return true;
    return false;
  }

  async *all(): AsyncIterable<RegisteredConnection> {
    for (const registration of this.#living)
      for await (const [, text] of this.#scan(this.#connectionsOf(registration))) yield connectionOf(text);
  }

  async exist(id: ConnectionId): Promise<boolean> {
    for (const registration of this.#living)
      if (id.startsWith(`${registration.slice(0, registration.lastIndexOf('.'))}-`))
        if ((await this.link.commands.hexists(this.#connectionsOf(registration), id)) === 1) return true;
    return false;
  }

  async insert(connection: RegisteredConnection): Promise<void> {
    this.#own.set(connection.id, connection);
    await this.#write([connection]);
  }

  async update(connection: RegisteredConnection): Promise<boolean> {
    if (!this.#own.has(connection.id)) return false;
    await this.insert(connection);
    return true;
  }

  async remove(id: ConnectionId): Promise<boolean> {
    const known = this.#own.get(id);
    if (!known) return false;
    this.#own.delete(id);
    await this.#marking(() => this.#erase(this.#registration, [known]));
    return true;
  }

  async ofUser(userId: UserId): Promise<readonly RegisteredConnection[]> {
    const found = await this.link.commands.hgetall(this.#connectionsOfUser(userId));
    return Object.entries(found)
      .flatMap(([field, text]) => (this.#living.has(field.slice(0, field.indexOf('/'))) ? [connectionOf(text)] : []))
      .toSorted(oldestFirst);
  }

  /**
   * Told who was connected to a node that died, when its lease has ended, and how long ago that node was last heard of; by several
   * nodes perhaps. It must not reject.
   */
  onGhosts(tell: (users: readonly UserId[], silentMs: number) => Promise<void>): void {
    this.#onGhosts = tell;
  }

  /** Every other second. Keeps the lease, begins another life where that is needed, and sweeps after the dead. Rejects when Redis can't be asked. */
  async beat(): Promise<void> {
    const slept = this.clock.monotonic() - this.#lastBeat > TRUSTED_MS;
    const beat = slept || this.#incomplete ? undefined : await this.#registrations.beat(this.#registration, 'renew');
    if (beat?.held) {
      this.#living = new Set(beat.living);
      for (const { registration, silentMs } of beat.dead) await this.#sweep(registration, silentMs);
    } else await this.#beginAnew();
    this.#lastBeat = this.clock.monotonic();
  }

  /** Nothing of this node is left. */
  async leave(): Promise<void> {
    this.#own.clear();
    await this.#sweep(this.#registration);
  }

  get #registration(): string {
    return `${this.incarnation}.${this.#life}`;
  }

  #connectionsOf(registration: string): string {
    return `${this.link.options.prefix}:connections:{${registration}}`;
  }

  #connectionsOfUser(userId: string): string {
    return `${this.link.options.prefix}:connections-of:{${userId}}`;
  }

  async #beginAnew(): Promise<void> {
    const before = this.#registration;
    this.#life++;
    this.#incomplete = false;
    try {
      const { living, dead } = await this.#registrations.beat(this.#registration, 'new');
      this.#living = new Set(living.filter((one) => one !== before));
      const own = [...this.#own.values()];
      for (let at = 0; at < own.length; at += AT_ONCE) await this.#write(own.slice(at, at + AT_ONCE));
      await this.#sweep(before);
      for (const { registration, silentMs } of dead) await this.#sweep(registration, silentMs);
    } catch (error) {
      this.#incomplete = true;
      throw error;
    }
  }

  async #write(connections: readonly RegisteredConnection[]): Promise<void> {
    const { commands } = this.link;
    const registration = this.#registration;
    await this.#marking(async () => {
      await Promise.all(
        connections.flatMap((connection) => {
          const text = JSON.stringify(connection);
          return [
            commands.hset(this.#connectionsOfUser(connection.userId), `${registration}/${connection.id}`, text),
            commands.hset(this.#connectionsOf(registration), connection.id, text),
          ];
        }),
      );
      // Another life began meanwhile and wrote them as well; the sweep of this one may be over.
      if (registration !== this.#registration) await this.#erase(registration, connections);
    });
  }

  /** Whoever failed has left Redis with something else than what is true: the next beat writes all anew. */
  async #marking(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#incomplete = true;
      throw error;
    }
  }

  async #erase(
    registration: string,
    connections: readonly Pick<RegisteredConnection, 'id' | 'userId'>[],
  ): Promise<void> {
    const { commands } = this.link;
    await Promise.all(
      connections.flatMap(({ id, userId }) => [
        commands.hdel(this.#connectionsOf(registration), id),
        commands.hdel(this.#connectionsOfUser(userId), `${registration}/${id}`),
      ]),
    );
  }

  /** May be done by several at once, and again. Its place among the registrations goes last, so that a sweep that was cut off is done again. */
  async #sweep(registration: string, silentMs = 0): Promise<void> {
    const key = this.#connectionsOf(registration);
    const own = registration.startsWith(`${this.incarnation}.`);
    const bury = async (page: readonly RegisteredConnection[]) => {
      if (!own && page.length > 0)
        await this.#onGhosts(
          page.map(({ userId }) => userId),
          silentMs,
        );
      await this.#erase(registration, page);
    };
    let page: RegisteredConnection[] = [];
    for await (const [, text] of this.#scan(key)) {
      page.push(connectionOf(text));
      if (page.length < AT_ONCE) continue;
      await bury(page);
      page = [];
    }
    await bury(page);
    await this.link.commands.del(key);
    await this.#registrations.forget(registration);
  }

  async *#scan(key: string): AsyncIterable<[string, string]> {
    let cursor = '0';
    do {
      const [next, found] = await this.link.commands.hscan(key, cursor, 'COUNT', AT_ONCE);
      for (let at = 0; at < found.length; at += 2) yield [found[at] ?? '', found[at + 1] ?? ''];
      cursor = next;
    } while (cursor !== '0');
  }
}

const connectionOf = (text: string) => JSON.parse(text) as RegisteredConnection;
