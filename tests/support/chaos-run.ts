import { setTimeout as pause } from 'node:timers/promises';
import type { ConversationId } from '#app/domain/shared/ids.ts';
import { Churn, Follower, overConversations, overLog, Sender } from './chaos-load.ts';
import { aGroup, aPrivate, Acts } from './chat-world.ts';
import { judge, type Judgement } from './checker.ts';
import { dump } from './dump.ts';
import { History } from './history.ts';
import type { PostgresWorld } from './postgres-world.ts';

/** Of a machine that does much else; what is promised of one operation has a test of its own. */
const OPERATION_MS = 20_000;

/** Load on the real log while something breaks, and the checker's word on it. */
export class ChaosRun {
  readonly history = new History();
  #conversations: readonly ConversationId[] = [];
  readonly #senders: Sender[] = [];
  readonly #churns: Churn[] = [];
  readonly #followers: Follower[] = [];

  private constructor(private readonly world: PostgresWorld) {}

  /** Two groups with a member who comes and goes, in one of them without a view of the past, and a private conversation. */
  static async start(world: PostgresWorld): Promise<ChaosRun> {
    const run = new ChaosRun(world);
    const acts = new Acts(world.conversations);
    const [ann, ben, cleo, dan] = await Promise.all([world.aUser(), world.aUser(), world.aUser(), world.aUser()]);
    const open = await aGroup(world, ann, [ben, cleo]);
    const hidden = await aGroup(world, ben, [ann, dan], { historyVisible: false });
    const pair = await aPrivate(world, ann, ben);
    run.#conversations = [open, hidden, pair];
    for (const [client, user, conv] of [
      ['ann-1', ann, open],
      ['ann-2', ann, open],
      ['ben-1', ben, open],
      ['cleo-1', cleo, open],
      ['ann-1', ann, hidden],
      ['dan-1', dan, hidden],
      ['ben-1', ben, pair],
    ] as const)
      run.#senders.push(new Sender(run.history, client, user, conv, overLog(world)));
    run.#churns.push(
      new Churn(run.history, open, cleo, overConversations(acts, open, ann, cleo)),
      new Churn(run.history, hidden, dan, overConversations(acts, hidden, ben, dan)),
    );
    for (const [name, user, conv] of [
      ['ben-2', ben, open],
      ['cleo-2', cleo, open],
      ['ann-3', ann, hidden],
      ['dan-2', dan, hidden],
      ['ann-3', ann, pair],
    ] as const)
      run.#followers.push(new Follower(run.history, world, name, user, conv));
    return run;
  }

  get acked(): number {
    return this.#senders.reduce((sum, sender) => sum + sender.acked, 0);
  }

  /** Until so many more are acked. */
  async progress(more: number, withinMs = 60_000): Promise<void> {
    const [wanted, late] = [this.acked + more, performance.now() + withinMs];
    while (this.acked < wanted) {
      if (performance.now() > late)
        throw new Error(`only ${more - (wanted - this.acked)} of ${more} sends were acked in ${withinMs} ms`);
      await pause(5);
    }
  }

  /** Counts `breaks` as a fault that is over when it resolves. */
  async fault(kind: string, breaks: () => Promise<unknown>): Promise<void> {
    await breaks();
    this.history.add({ type: 'fault', kind, endedAt: performance.now() });
  }

  /** Ends the load and judges all that it saw. */
  async end(): Promise<Judgement> {
    await Promise.all([...this.#senders, ...this.#churns].map((one) => one.stop()));
    await Promise.all(this.#followers.map((one) => one.stop()));
    return judge(this.history.records, await dump(this.world.url, this.#conversations), { operationMs: OPERATION_MS });
  }
}
