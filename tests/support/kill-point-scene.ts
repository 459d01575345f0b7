import { setTimeout as pause } from 'node:timers/promises';
import { UserId } from '#app/domain/shared/ids.ts';
import type { ConversationId } from '#app/domain/shared/ids.ts';
import { Churn, LONELY, Sender } from './chaos-load.ts';
import { Probe } from './chaos-probe.ts';
import { aConversationId } from './chat-world.ts';
import { judge, type Judgement } from './checker.ts';
import { dump } from './dump.ts';
import { type Dump, History } from './history.ts';
import { eventually } from './raw-socket.ts';
import type { ServerProcess } from './server-process.ts';
import { Line, Listener, membersOverLine, overLine, SocketFollower, type Somebody, type Url } from './socket-load.ts';

const NAMES = ['ann', 'ben', 'cleo', 'dan', 'eve', 'fay'] as const;
type Name = (typeof NAMES)[number];
type People = Readonly<Record<Name, Somebody>>;

const WINDOW = 3;
const REST_MS = 80;
const CHURN_REST_MS = 100;
const STILL_MS = 60_000;
/** Heads are compared every 30 seconds though nothing hints at a loss. */
const UNTOLD_MS = 45_000;
/** Longer than the longest freeze, and what is asked again after it. */
const OPERATION_MS = 45_000;

export interface Places {
  readonly nodes: readonly ServerProcess[];
  readonly databaseUrl: string;
  supervise(): Promise<void>;
  /** With a token that every node takes; a guest of the first node when absent. */
  person?(name: string): Promise<Somebody>;
}

/** Two groups whose members come and go, and people who write, follow and listen at nodes that break. */
export class Scene {
  readonly history = new History();
  readonly #senders: Sender[] = [];
  readonly #churns: Churn[] = [];
  readonly #watching: (Listener | SocketFollower)[] = [];
  /** By listener who never left and whose node never broke, the ids of all messages that came. */
  readonly #witnessed = new Map<string, Set<string>>();
  readonly #probe: Probe;

  private constructor(
    private readonly places: Places,
    private readonly people: People,
    private readonly open: ConversationId,
    private readonly hidden: ConversationId,
    private readonly probed: ConversationId,
  ) {
    const texts = new Map<string, string>();
    this.#probe = new Probe(places, this.history, people.eve, [people.fay], probed, texts);
    this.#send();
    this.#change();
    this.#watch();
  }

  static async begin(places: Places): Promise<Scene> {
    const [node] = places.nodes;
    if (!node) throw new Error('there is no node');
    const people = {} as Record<Name, Somebody>;
    for (const name of NAMES) people[name] = await (places.person?.(name) ?? aGuest(node, name));
    const group = async (owner: Name, members: readonly Name[], historyVisible: boolean) => {
      const [id, users] = [aConversationId(), members.map((name) => people[name].userId)];
      const input = { id, title: 'A circle', users, historyVisible };
      await node.command('conversation.create', input, people[owner].token);
      return id;
    };
    const open = await group('ann', ['ben', 'cleo'], true);
    const hidden = await group('ben', ['ann', 'dan'], false);
    return new Scene(places, people, open, hidden, await group('eve', ['fay'], true));
  }

  get acked(): number {
    return this.#senders.reduce((sum, sender) => sum + sender.acked, 0);
  }

  /** Until so many more are acked. */
  async progress(more: number): Promise<void> {
    const [wanted, late] = [this.acked + more, performance.now() + STILL_MS];
    while (this.acked < wanted) {
      if (performance.now() > late) throw new Error(`${wanted - this.acked} of ${more} sends were not acked in time`);
      await pause(5);
    }
  }

  /** Notes a fault that is over, and waits until what is sent at each node is heard at each. */
  async recover(kind: string): Promise<void> {
    const endedAt = performance.now();
    const { missing, ...recovery } = await this.#probe.recovery([]);
    this.history.add({ type: 'fault', kind, endedAt, ...recovery });
    if (missing) throw new Error(`after ${kind}: ${missing.join('; ')}`);
  }

  /**
   * Ends the load, lets everybody catch up, and judges all that was told.
   * @throws Error when a connection that was open all the time was not told of something
   */
  async end(): Promise<Judgement> {
    await Promise.all([...this.#senders, ...this.#churns].map((one) => one.stop()));
    await this.recover('the end of the load');
    const stored = await dump(this.places.databaseUrl, [this.open, this.hidden, this.probed]);
    await this.#toldOfAll(stored);
    await Promise.all(this.#watching.map((one) => one.stop()));
    await this.#probe.stop();
    return judge(this.history.records, stored, { operationMs: OPERATION_MS });
  }

  /** Without asking, from the first message on that they were told of. */
  async #toldOfAll({ messages }: Dump): Promise<void> {
    for (const [name, heard] of this.#witnessed)
      for (const conv of [this.open, this.hidden]) {
        const log = messages.filter((message) => message.conv === conv).toSorted((a, b) => a.seq - b.seq);
        const first = log.findIndex(({ id }) => heard.has(id));
        const missing = () => log.slice(first).filter(({ id }) => !heard.has(id));
        const told = () => first >= 0 && missing().length === 0;
        await eventually(told, `${name} is told of all messages`, UNTOLD_MS).catch((error: unknown) => {
          const [next, ...others] = missing().map(({ seq }) => seq);
          throw new Error(`${name} was never told of ${next} and ${others.length} others`, { cause: error });
        });
      }
  }

  #send(): void {
    for (const [client, name, conv, url, window] of [
      ['ann-1', 'ann', this.open, this.#at(0), WINDOW],
      ['ben-1', 'ben', this.open, this.#anywhere(), WINDOW],
      ['cleo-1', 'cleo', this.open, this.#at(1), LONELY],
      ['ben-2', 'ben', this.hidden, this.#at(1), WINDOW],
      ['dan-1', 'dan', this.hidden, this.#at(0), LONELY],
    ] as const) {
      const line = new Line(url, this.people[name]);
      const { userId } = this.people[name];
      this.#senders.push(new Sender(this.history, client, userId, conv, overLine(line), window, REST_MS));
    }
  }

  #change(): void {
    for (const [node, owner, name, conv] of [
      [0, 'ann', 'cleo', this.open],
      [1, 'ben', 'dan', this.hidden],
    ] as const) {
      const change = membersOverLine(new Line(this.#at(node), this.people[owner]), conv, this.people[name].userId);
      this.#churns.push(new Churn(this.history, conv, this.people[name].userId, change, CHURN_REST_MS));
    }
  }

  /** At each node, so that whoever was removed by way of the other one is heard listening here. */
  #watch(): void {
    for (const name of ['ann', 'ben', 'cleo', 'dan'] as const)
      for (const at of this.places.nodes.keys()) this.#listen(name, at);
    for (const [name, conv] of [
      ['ben', this.open],
      ['cleo', this.open],
      ['ann', this.hidden],
      ['dan', this.hidden],
    ] as const)
      this.#watching.push(
        new SocketFollower(this.history, `${name}-follows`, this.#anywhere(), this.people[name], conv),
      );
  }

  #listen(name: Name, at: number): void {
    const [client, heard] = [`${name}-at-${at}`, new Set<string>()];
    if (at > 0 && (name === 'ann' || name === 'ben')) this.#witnessed.set(client, heard);
    this.#watching.push(
      new Listener(this.history, client, this.#at(at), this.people[name], (id) => void heard.add(id)),
    );
  }

  #at(node: number): string {
    return this.places.nodes[node % this.places.nodes.length]!.ws; // in range
  }

  /** Each new connection goes to another node than the one before. */
  #anywhere(): Url {
    let turn = 0;
    return () => this.#at(turn++);
  }
}

const aGuest = async (node: ServerProcess, name: string): Promise<Somebody> => {
  const { userId, token } = await node.aGuest(name);
  return { userId: UserId(userId), token };
};
