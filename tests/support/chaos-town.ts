import type { MessageDraft } from '#app/domain/chat/message.ts';
import { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { Editor } from './chaos-changes.ts';
import type { Cluster } from './chaos-cluster.ts';
import { Doubler, overHttp } from './chaos-doubler.ts';
import { Churn, LONELY, Sender } from './chaos-load.ts';
import { Probe } from './chaos-probe.ts';
import { PageReader } from './chaos-reader.ts';
import { SdkUser } from './chaos-sdk.ts';
import { aConversationId } from './chat-world.ts';
import type { History } from './history.ts';
import { eventually } from './raw-socket.ts';
import { Line, Listener, membersOverLine, overLine, SocketFollower, type Somebody } from './socket-load.ts';

const NAMES = ['ann', 'ben', 'cleo', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida', 'jon'] as const;
type Name = (typeof NAMES)[number];
const PLACES = ['square', 'yard', 'open', 'hidden', 'annBen', 'eveFay', 'annEve'] as const;
type Place = (typeof PLACES)[number];

/** Of rest after each window, in milliseconds; the groups whose members come and go stay small, as they are read anew each time. */
const REST: Readonly<Record<Place, number>> = {
  ...{ square: 150, yard: 150, annBen: 150, eveFay: 150, annEve: 150 },
  ...{ open: 400, hidden: 400 },
};
const CHURN_REST_MS = 700;
const SDK_REST_MS = 400;
const CALM_WITHIN_MS = 120_000;

const SENDERS: readonly (readonly [Name, Place])[] = [
  ...(['ann', 'ben', 'eve'] as const).map((name) => [name, 'square'] as const),
  ...(['ann', 'ben', 'fay'] as const).map((name) => [name, 'yard'] as const),
  ...(['ann', 'ben'] as const).map((name) => [name, 'annBen'] as const),
  ...([
    ['eve', 'eveFay'],
    ['eve', 'annEve'],
    ['ann', 'open'],
    ['cleo', 'open'],
    ['ben', 'hidden'],
    ['dan', 'hidden'],
  ] as const),
];
/** By two nodes and over HTTP at once. */
const DOUBLERS = [
  ['fay', 'square'],
  ['ann', 'annBen'],
] as const;
/** Two devices of Ann; Cleo and Dan come and go, and only read. */
const DEVICES: readonly (readonly [Name, readonly Place[]])[] = [
  ['ann', ['square', 'annBen']],
  ['ann', ['yard', 'annEve']],
  ['ben', ['square', 'annBen']],
  ['eve', ['yard', 'eveFay', 'annEve']],
  ['fay', ['square', 'eveFay']],
  ['cleo', []],
  ['dan', []],
];
const FOLLOWERS: readonly (readonly [Name, Place])[] = [
  ['ben', 'square'],
  ['eve', 'yard'],
  ['ann', 'annBen'],
  ['fay', 'eveFay'],
  ['ben', 'open'],
  ['cleo', 'open'],
  ['ann', 'hidden'],
  ['dan', 'hidden'],
];

/** People with several devices each who write, change, read, come and go at a cluster, all of whom tell the history. */
export class Town {
  readonly #senders: Sender[] = [];
  readonly #editors: Editor[] = [];
  readonly #doublers: Doubler[] = [];
  readonly #stoppable: { stop(): Promise<unknown> }[] = [];
  readonly #watching: { stop(): Promise<unknown> }[] = [];
  readonly devices: SdkUser[] = [];
  #turn = 0;

  private constructor(
    private readonly cluster: Cluster,
    private readonly history: History,
    private readonly people: Readonly<Record<Name, Somebody>>,
    private readonly places: Readonly<Record<Place, ConversationId>>,
    readonly probe: Probe,
    private readonly probed: ConversationId,
    /** By message id, what was sent. */
    readonly texts: Map<string, string>,
  ) {}

  static async found(cluster: Cluster, history: History): Promise<Town> {
    const people = {} as Record<Name, Somebody>;
    for (const name of NAMES) {
      const { userId, token } = await cluster.node(0).aGuest(name);
      people[name] = { userId: UserId(userId), token };
    }
    const group = (owner: Name, others: readonly Name[], more: object = {}) =>
      aGroup(cluster, people, owner, others, more);
    const pair = async (one: Name, other: Name) => {
      const input = { userId: people[other].userId };
      const made = await cluster.node(0).command('conversation.open_private', input, people[one].token);
      return ConversationId((made['conversation'] as { id: string }).id);
    };
    const places = {
      square: await group('ann', ['ben', 'eve', 'fay']),
      yard: await group('ben', ['ann', 'eve', 'fay']),
      open: await group('ann', ['ben', 'cleo']),
      hidden: await group('ben', ['ann', 'dan'], { historyVisible: false }),
      annBen: await pair('ann', 'ben'),
      eveFay: await pair('eve', 'fay'),
      annEve: await pair('ann', 'eve'),
    };
    const probed = await group(
      'gus',
      NAMES.filter((name) => name !== 'gus'),
    );
    const texts = new Map<string, string>();
    const probe = new Probe(cluster, history, people.gus, [people.hal, people.ida, people.jon], probed, texts);
    const town = new Town(cluster, history, people, places, probe, probed, texts);
    await town.#populate();
    return town;
  }

  get acked(): number {
    return [...this.#senders, ...this.#doublers, ...this.devices].reduce((sum, one) => sum + one.acked, 0);
  }

  /** Edits and deletions that were acked. */
  get edits(): number {
    return this.#editors.reduce((sum, one) => sum + one.acked, 0);
  }

  get conversations(): readonly ConversationId[] {
    return [...Object.values(this.places), this.probed];
  }

  /** Until every device is so calm that it has forgotten the last fault. */
  async calm(): Promise<void> {
    await eventually(() => this.devices.every(({ calm }) => calm) || undefined, 'calm', CALM_WITHIN_MS);
  }

  /** Ends the load, lets everybody catch up, and has them say what they see. */
  async end(): Promise<void> {
    await Promise.all(
      [...this.#senders, ...this.#doublers, ...this.#editors, ...this.#stoppable, ...this.devices].map((one) =>
        one.stop(),
      ),
    );
    await this.probe.recovery(this.devices);
    // Twice, as one device of a user may tell late what was read on it.
    for (let round = 0; round < 2; round++)
      await Promise.all(this.devices.map((device) => device.settle((id) => this.#standing(device.somebody, id))));
    await Promise.all([...this.#watching.map((one) => one.stop()), ...this.devices.map((device) => device.end())]);
    await this.probe.stop();
  }

  /** What the database has of one's conversation by now; undefined when one is no member. */
  async #standing({ token }: Somebody, conversationId: string) {
    const answer = await this.cluster
      .node(0)
      .command('conversation.get', { conversationId }, token)
      .catch(() => undefined);
    if (!answer) return undefined;
    const { seq, membership } = answer as { seq: number; membership: { readSeq: number; unread: { count: number } } };
    return { seq, readSeq: membership.readSeq, unread: membership.unread.count };
  }

  async #populate(): Promise<void> {
    const { history, people, places, cluster, texts } = this;
    for (const [n, [name, place]] of SENDERS.entries()) {
      const send = overLine(new Line(this.#url(n), people[name]));
      const attempt = (draft: MessageDraft) => {
        texts.set(draft.id, draft.content);
        return send(draft);
      };
      const window = name === 'cleo' || name === 'dan' ? LONELY : 4;
      const sender = new Sender(history, `${name}-1`, people[name].userId, places[place], attempt, window, REST[place]);
      this.#senders.push(sender);
      if (n % 2 === 0) this.#editors.push(new Editor(history, sender, new Line(this.#url(n), people[name])));
    }
    for (const [name, place] of DOUBLERS) {
      const at = (node: number) => overLine(new Line(cluster.node(node).ws, people[name]));
      const anywhere = overHttp(() => cluster.node(this.#turn++).http, people[name]);
      this.#doublers.push(
        new Doubler(history, `${name}-twice`, people[name], places[place], [at(0), at(1), anywhere], texts),
      );
    }
    for (const [place, owner, user] of [
      ['open', 'ann', 'cleo'],
      ['hidden', 'ben', 'dan'],
    ] as const) {
      const change = membersOverLine(new Line(this.#url(0), people[owner]), places[place], people[user].userId);
      this.#stoppable.push(new Churn(history, places[place], people[user].userId, change, CHURN_REST_MS));
    }
    // Who comes and goes listens at each node, so that what the node of somebody else did to them is seen.
    for (const [n, name] of (['ann', 'ben', 'cleo', 'dan', 'eve', 'fay'] as const).entries())
      for (const [at, node] of cluster.nodes.entries())
        if (name === 'cleo' || name === 'dan' || at === n % cluster.nodes.length)
          this.#watching.push(new Listener(history, `${name}-at-${at}`, node.ws, people[name]));
    for (const [n, [name, place]] of FOLLOWERS.entries()) {
      this.#watching.push(new SocketFollower(history, `${name}-2`, this.#url(n), people[name], places[place]));
      const http = () => cluster.node(this.#turn++).http;
      if (place !== 'open' && place !== 'hidden')
        this.#stoppable.push(new PageReader(history, `${name}-3`, http, people[name], places[place]));
    }
    for (const [n, [name, where]] of DEVICES.entries()) {
      const device = new SdkUser(history, `${name}-sdk-${n}`, this.cluster.ways[n % 2]!.http, people[name], texts); // of two
      this.devices.push(device);
      await device.begin(
        where.map((place) => places[place]),
        SDK_REST_MS,
      );
    }
  }

  /** Some by ways that break, some straight to the balancer. */
  #url(n: number): string {
    const way = this.cluster.ways[n % 3];
    return way ? `ws://127.0.0.1:${way.port}/v1/ws` : this.cluster.haproxy.ws;
  }
}

const aGroup = async (
  cluster: Cluster,
  people: Readonly<Record<Name, Somebody>>,
  owner: Name,
  others: readonly Name[],
  more: object,
): Promise<ConversationId> => {
  const id = aConversationId();
  const users = others.map((name) => people[name].userId);
  await cluster.node(0).command('conversation.create', { id, title: 'A circle', users, ...more }, people[owner].token);
  return id;
};
