import { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import { ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';
import { Chance } from './chance.ts';
import { SimulatedClient } from './client.ts';
import { SimulatedDatabase } from './database.ts';
import { Judge } from './judge.ts';
import { Network } from './network.ts';
import { isPassing, SimulatedNode } from './node.ts';
import type { MessageShape } from './shapes.ts';
import { VirtualTime } from './virtual-time.ts';

const NODES = 3;
const CLIENTS_PER_NODE = 20;
const USERS = 24;
const EVERYTHING = { after: 0, upTo: Number.MAX_SAFE_INTEGER, limit: Number.MAX_SAFE_INTEGER };

export interface Group {
  readonly id: ConversationId;
  /** Never removed. */
  readonly owner: UserId;
}

/** Three nodes, sixty devices of some people, three groups, one seed. */
export class World {
  readonly time = new VirtualTime();
  readonly chance: Chance;
  readonly judge = new Judge();
  readonly database: SimulatedDatabase;
  readonly network: Network;
  readonly nodes: SimulatedNode[] = [];
  readonly users: readonly UserId[];
  readonly clients: readonly SimulatedClient[];
  readonly groups: Group[] = [];
  /** What it went through, for tests that want to know that they tested it. */
  readonly met = { held: 0, repairs: 0, silent: 0, syncs: 0, deaths: 0, freezes: 0, cuts: 0, drops: 0 };
  #lives = 0;

  constructor(seed: number) {
    this.chance = new Chance(seed);
    this.database = new SimulatedDatabase(this.time, this.chance, this.judge);
    this.network = new Network(this.time, this.chance);
    this.users = Array.from({ length: USERS }, () => UserId(this.chance.uuid()));
    for (const id of this.users) this.database.chat.addUser(id);
    for (let n = 0; n < NODES; n++) this.nodes.push(this.#newNode());
    this.clients = Array.from(
      { length: NODES * CLIENTS_PER_NODE },
      (_, n) => new SimulatedClient(this, this.users[n % USERS]!, `client-${n}`), // below USERS
    );
  }

  /** The groups of everything that follows. */
  async found(): Promise<void> {
    for (const historyVisible of [true, true, false]) {
      const [owner, ...others] = this.users.filter(() => this.chance.happens(0.5)) as [UserId, ...UserId[]]; // of twenty-four
      const { created } = await this.database.chat.conversations.createGroup({
        id: ConversationId(this.chance.uuid()),
        title: ConversationTitle('A circle'),
        policies: { membersCanInvite: false, historyVisible },
        creatorId: owner,
        users: others,
        noticeId: MessageId(this.chance.uuid()),
      });
      if (!created) throw new Error('the first with its id');
      this.judge.committed(created.event);
      this.groups.push({ id: created.event.conversationId, owner });
    }
  }

  /** One that can be connected to; there may be none. */
  node(): SimulatedNode | undefined {
    const alive = this.nodes.filter((node) => node.alive);
    return alive.length === 0 ? undefined : this.chance.of(alive);
  }

  /** Another life of it begins later. */
  kill(at: number, forMs: number): void {
    const node = this.nodes[at];
    if (!node?.alive) return;
    this.met.deaths++;
    node.die();
    this.time.after(forMs, () => (this.nodes[at] = this.#newNode()));
  }

  /** What may happen while the database is away is expected; anything else is not. */
  expected(error: unknown): undefined {
    if (!isPassing(error)) this.judge.blame(`fault: ${error instanceof Error ? error.stack : String(error)}`);
    return undefined;
  }

  /** What every device must hold now: what the database holds for its user. */
  async compare(): Promise<void> {
    const { feed } = this.database.chat;
    for (const client of this.clients) {
      const { name, userId, unrest } = client;
      if (unrest) this.judge.blame(`not converged: ${name} is ${unrest}`);
      const head = (await feed.userHeads([userId])).get(userId);
      if (client.urev !== head) this.judge.blame(`not converged: ${name} has urev ${client.urev} of ${head}`);
      const standings = await feed.standings(userId);
      if (standings.length !== client.held.size)
        this.judge.blame(`not converged: ${name} holds ${client.held.size} of ${standings.length} conversations`);
      for (const { conversationId, rev, firstSeq } of standings) {
        const held = client.held.get(conversationId);
        if (!held || held.cursor !== rev) {
          this.judge.blame(`not converged: ${name} has rev ${held?.cursor} of ${rev}`);
          continue;
        }
        this.#compareMessages(name, held.messages, await this.#messagesOf(conversationId, firstSeq));
      }
    }
    await this.#compareLog();
  }

  #compareMessages(name: string, held: ReadonlyMap<number, MessageShape>, stored: readonly MessageShape[]): void {
    for (const { seq, id, rev, content } of stored) {
      const shown = held.get(seq);
      const same = shown?.id === id && shown.rev === rev && (typeof content !== 'string' || shown.content === content);
      if (!same) this.judge.blame(`not converged: ${name} shows seq ${seq} with rev ${shown?.rev} of ${rev}`);
    }
    if (held.size !== stored.length) this.judge.blame(`not converged: ${name} shows ${held.size} of ${stored.length}`);
  }

  /** Numbers without a hole, every ack true, each message once, each sender's in the order of writing. */
  async #compareLog(): Promise<void> {
    const stored = new Map<string, MessageShape>();
    for (const { id } of this.groups) {
      const messages = await this.#messagesOf(id, 1);
      for (const [at, message] of messages.entries()) {
        if (message.seq !== at + 1) this.judge.blame(`a hole in the log before ${message.seq}`);
        if (stored.has(message.id)) this.judge.blame(`stored twice: ${message.id}`);
        stored.set(message.id, message);
      }
    }
    for (const { draft, seq } of this.judge.acked.values())
      if (stored.get(draft.id)?.seq !== seq) this.judge.blame(`lost: ${draft.text} was acked as ${seq}`);
  }

  async #messagesOf(id: ConversationId, firstSeq: number): Promise<readonly MessageShape[]> {
    const range = { ...EVERYTHING, firstSeq: firstSeq as Seq } as Parameters<typeof this.database.chat.feed.changes>[1];
    const { rows } = await this.database.chat.feed.changes(id, range);
    const messages = rows.flatMap((row) => (row.kind === 'message' ? [row.message as unknown as MessageShape] : []));
    return messages.toSorted((a, b) => a.seq - b.seq);
  }

  #newNode(): SimulatedNode {
    return new SimulatedNode(this, `node-${++this.#lives}`);
  }
}
