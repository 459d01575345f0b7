import { setTimeout as pause } from 'node:timers/promises';
import { type ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { Churn, LONELY, Sender } from './chaos-load.ts';
import { SdkUser } from './chaos-sdk.ts';
import { aConversationId } from './chat-world.ts';
import { type Judgement, judge } from './checker.ts';
import { dump } from './dump.ts';
import { History, type HistoryRecord } from './history.ts';
import { deployment, Node, settled } from './nodes.ts';
import { RedisServer } from './redis-server.ts';
import { Line, Listener, membersOverLine, overLine, SocketFollower, type Somebody } from './socket-load.ts';

/** A client of the SDK goes on until it is answered, however long a fault and its backoff take. */
const OPERATION_MS = 90_000;
const STANDS_STILL_MS = 60_000;
const REST_MS = 30;

export interface LoadOptions {
  /** Whether somebody comes and goes, and somebody listens to what raw connections bring; not where numbers come again. */
  readonly steady: boolean;
}

/** Two nodes and a Redis on a database that the test breaks, with raw clients and clients of the SDK who tell the history. */
export class TwoNodeLoad {
  readonly history = new History();
  readonly devices: SdkUser[] = [];
  readonly #lines: Line[] = [];
  #conversations: readonly ConversationId[] = [];
  #senders: Sender[] = [];
  #others: { stop(): Promise<unknown> }[] = [];
  #watching: { stop(): Promise<unknown> }[] = [];
  #turn = 0;

  private constructor(
    readonly nodes: readonly [Node, Node],
    private readonly redis: RedisServer,
  ) {}

  static async start(databaseUrl: string, { steady }: LoadOptions): Promise<TwoNodeLoad> {
    const redis = await RedisServer.start();
    const settings = deployment(databaseUrl, redis.url, {
      LIMIT_ACCESS_TOKEN_SECONDS: '3600',
      LIMIT_PING_SECONDS: '5',
    });
    const started = await Promise.allSettled([Node.start(settings), Node.start(settings)]);
    const nodes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    try {
      const [one, other] = nodes;
      if (!one || !other)
        throw new Error(
          `a node did not start: ${started.map((node) => ('reason' in node ? String(node.reason) : 'it did')).join('; ')}`,
        );
      await settled(nodes, STANDS_STILL_MS);
      const load = new TwoNodeLoad([one, other], redis);
      await load.#begin(steady);
      return load;
    } catch (error) {
      await Promise.all([...nodes.map((node) => node.kill()), redis.stop()]);
      throw error;
    }
  }

  get acked(): number {
    return [...this.#senders, ...this.devices].reduce((sum, one) => sum + one.acked, 0);
  }

  get said(): string {
    return this.nodes.map(({ server }) => server.output).join('\n');
  }

  get conversations(): readonly ConversationId[] {
    return this.#conversations;
  }

  /** Until so many more are acked. */
  async progress(more: number): Promise<void> {
    const [wanted, late] = [this.acked + more, performance.now() + STANDS_STILL_MS];
    while (this.acked < wanted) {
      if (performance.now() > late) throw new Error(`${wanted - this.acked} of ${more} sends were not acked in time`);
      await pause(10);
    }
  }

  /** Whether each node lets somebody in and answers a read of each conversation. */
  async reads(): Promise<boolean> {
    const { token } = this.devices[0]!.somebody; // it is there since it began
    const entered = this.nodes.map(async ({ server }) => (await server.connect(token)).socket.terminate());
    const asked = this.nodes.flatMap(({ server }) =>
      this.#conversations.map((conversationId) => server.post('message.history', { conversationId }, token)),
    );
    return (await Promise.allSettled([...entered, ...asked])).every(({ status }) => status === 'fulfilled');
  }

  /** By which histories the raw clients count that write. */
  get epochs(): ReadonlySet<string> {
    return new Set(this.#lines.map(({ epoch }) => epoch));
  }

  /** Until none of them counts by one of these any more. */
  async epochChanged(from: ReadonlySet<string>): Promise<void> {
    for (
      const late = performance.now() + STANDS_STILL_MS;
      [...this.epochs].some((one) => from.has(one));
      await pause(20)
    )
      if (performance.now() > late) throw new Error('somebody goes on in a history that is over');
  }

  /** Ends the load, lets everybody catch up, and has what was told judged by what the database holds. */
  async end(databaseUrl: string, isJudged: (record: HistoryRecord) => boolean = () => true): Promise<Judgement> {
    await Promise.all([...this.#senders, ...this.#others, ...this.devices].map((one) => one.stop()));
    // Twice, as one device of a user may tell late what was read on it.
    for (let round = 0; round < 2; round++)
      await Promise.all(this.devices.map((device) => device.settle((id) => this.#standing(device.somebody, id))));
    await Promise.all([...this.#watching.map((one) => one.stop()), ...this.devices.map((device) => device.end())]);
    await Promise.all(this.#lines.map((line) => line.close()));
    const stored = await dump(databaseUrl, this.#conversations);
    return judge(this.history.records.filter(isJudged), stored, { operationMs: OPERATION_MS });
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.redis.stop();
  }

  async #begin(steady: boolean): Promise<void> {
    const { history } = this;
    const [ann, ben, cleo, dan] = (await Promise.all(
      ['Ann', 'Ben', 'Cleo', 'Dan'].map((name) => this.#guest(name)),
    )) as [...[Somebody, Somebody, Somebody, Somebody]];
    const [square, yard, open] = [
      await this.#group(ann, [ben, cleo]),
      await this.#group(ben, [ann, cleo]),
      await this.#group(ann, [ben, dan]),
    ];
    this.#conversations = [square, yard, open];
    const raw = [
      ...[['ann-1', ann, square] as const, ['ben-1', ben, square] as const, ['ben-1', ben, yard] as const],
      ...(steady
        ? ([
            ['ann-1', ann, open],
            ['dan-1', dan, open],
          ] as const)
        : []),
    ];
    this.#senders = raw.map(([client, who, conv]) => {
      const line = new Line(() => this.#ws(), who);
      this.#lines.push(line);
      return new Sender(history, client, who.userId, conv, overLine(line), who === dan ? LONELY : 4, REST_MS);
    });
    for (const [n, who] of [ann, ben, cleo].entries()) {
      const device = new SdkUser(history, `sdk-${n}`, this.#http(n), who, new Map());
      this.devices.push(device);
      await device.begin(n === 2 ? [] : [square, yard], 100);
    }
    this.#watching.push(new SocketFollower(history, 'follower', () => this.#ws(), cleo, square));
    if (!steady) return;
    const change = membersOverLine(new Line(() => this.#ws(), ann), open, dan.userId);
    this.#others.push(new Churn(history, open, dan.userId, change, 200));
    for (const [n, who] of [ben, dan].entries())
      this.#watching.push(
        new Listener(history, `listener-${n}`, this.nodes[n % 2]!.server.ws, who), // of two
        new SocketFollower(history, `follower-${n}`, () => this.#ws(), who, open),
      );
  }

  /** Each new connection goes to the other node than the one before, as a balancer would have it. */
  #ws(): string {
    return this.nodes[this.#turn++ % 2]!.server.ws; // of two
  }

  #http(n: number): string {
    return `http://127.0.0.1:${this.nodes[n % 2]!.server.port}`; // of two
  }

  async #guest(displayName: string): Promise<Somebody> {
    const { user, accessToken } = await this.nodes[0].server.post('session.guest', { displayName });
    return { userId: UserId((user as { id: string }).id), token: accessToken as string };
  }

  async #group(owner: Somebody, members: readonly Somebody[]): Promise<ConversationId> {
    const id = aConversationId();
    const users = members.map(({ userId }) => userId);
    await this.nodes[0].server.post('conversation.create', { id, title: 'A circle', users }, owner.token);
    return id;
  }

  /** What the database has of one's conversation by now; undefined when one is no member. */
  async #standing({ token }: Somebody, conversationId: string) {
    const answer = await this.nodes[0].server
      .post('conversation.get', { conversationId }, token)
      .catch(() => undefined);
    if (!answer) return undefined;
    const { seq, membership } = answer as { seq: number; membership: { readSeq: number; unread: { count: number } } };
    return { seq, readSeq: membership.readSeq, unread: membership.unread.count };
  }
}
