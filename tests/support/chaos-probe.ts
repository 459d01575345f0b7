import { setTimeout as pause } from 'node:timers/promises';
import type { MessageDraft } from '#app/domain/chat/message.ts';
import type { ConversationId } from '#app/domain/shared/ids.ts';
import { aDraft } from './chat-world.ts';
import type { Cluster } from './chaos-cluster.ts';
import { hashOf } from './chaos-load.ts';
import type { SdkUser } from './chaos-sdk.ts';
import type { History } from './history.ts';
import { Line, Listener, overLine, type Somebody } from './socket-load.ts';

/** What was not heard by then is sent anew: it fell into the gap of somebody who was connecting. */
const ANEW_MS = 500;
const GIVE_UP_MS = 120_000;

export interface Recovered {
  readonly acrossMs?: number;
  readonly convergedMs?: number;
  /** Who did not come back. */
  readonly missing?: readonly string[];
}

/** Tells how long it takes until a cluster works again, by sending at every node and listening at every node. */
export class Probe {
  readonly #lines: readonly Line[];
  readonly #listeners: readonly Listener[];
  readonly #heard: readonly Set<string>[];
  readonly #lastTold: string[] = [];
  /** At each node, what is not acked yet. */
  readonly #failed: (MessageDraft | undefined)[] = [];
  #seq = 0;

  /** @param speaker and @param others are members of `conv`, which nothing else is for */
  constructor(
    private readonly cluster: Pick<Cluster, 'nodes' | 'supervise'>,
    private readonly history: History,
    private readonly speaker: Somebody,
    others: readonly Somebody[],
    private readonly conv: ConversationId,
    private readonly texts: Map<string, string>,
  ) {
    this.#lines = cluster.nodes.map((node) => new Line(node.ws, speaker));
    this.#heard = cluster.nodes.map(() => new Set<string>());
    this.#listeners = cluster.nodes.map(
      (node, at) =>
        new Listener(history, `probe-${at}`, node.ws, others[at % others.length]!, (id) => this.#heard[at]!.add(id)), // in range
    );
  }

  /** Milliseconds from now; undefined for what did not come within two minutes. */
  async recovery(clients: readonly SdkUser[]): Promise<Recovered> {
    const began = performance.now();
    await this.cluster.supervise();
    const late = () => performance.now() - began > GIVE_UP_MS;
    await Promise.all(this.#lines.map((_line, node) => this.#everywhere(node, late)));
    if (late()) return { missing: this.#missing };
    const acrossMs = performance.now() - began;
    const behind = () => clients.filter((client) => !client.has(this.conv, this.#seq));
    while (behind().length > 0) {
      if (late()) return { acrossMs, missing: behind().map(({ standing }) => standing) };
      await pause(10);
    }
    for (const heard of this.#heard) heard.clear();
    return { acrossMs, convergedMs: performance.now() - began };
  }

  get #missing(): readonly string[] {
    return this.#lastTold.map((told, node) => `sent at ${node}: ${told}`);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#lines.map((line) => line.close()), ...this.#listeners.map((one) => one.stop())]);
  }

  /** Until something that was sent at a node was heard at all of them. */
  async #everywhere(node: number, late: () => boolean): Promise<void> {
    while (!late()) {
      const id = await this.#send(node);
      for (const until = performance.now() + ANEW_MS; id !== undefined && performance.now() < until; await pause(5))
        if (this.#heard.every((heard) => heard.has(id))) return void (this.#lastTold[node] = 'heard');
      this.#lastTold[node] = id
        ? `heard at ${this.#heard.flatMap((heard, at) => (heard.has(id) ? [at] : [])).join()}`
        : 'not acked';
      if (id === undefined) await pause(20);
    }
  }

  async #send(node: number): Promise<string | undefined> {
    const { history, conv, speaker } = this;
    // By the rule `order` nothing new is taken on a connection before what failed there was sent again.
    const draft = (this.#failed[node] ??= aDraft({
      conversationId: conv,
      senderId: speaker.userId,
      text: `probe ${node}`,
    }));
    const [op, { id, content }] = [history.nextOp(), draft];
    this.texts.set(id, content);
    const client = `prober-${node}`;
    history.add({ type: 'send.invoke', op, client, user: speaker.userId, conv, id, hash: hashOf(content) });
    const outcome = await overLine(this.#lines[node]!)(draft); // one for each node
    if (outcome.ok) {
      const { seq, rev, duplicate } = outcome;
      history.add({ type: 'send.ack', op, seq, rev, duplicate });
      this.#failed[node] = undefined;
      this.#seq = Math.max(this.#seq, seq);
      return id;
    }
    history.add({ type: 'send.err', op, outcome: 'ambiguous', code: outcome.rule });
    return undefined;
  }
}
