import type { Conversations } from '#app/application/ports/conversations.ts';
import type { Feed } from '#app/application/ports/feed.ts';
import type { MessageLog } from '#app/application/ports/message-log.ts';
import { NODE_LEASE_MS, type NodeDirectory } from '#app/application/ports/node-directory.ts';
import { unavailable } from '#app/domain/shared/domain-error.ts';
import { MemoryChat } from '#app/infrastructure/memory/memory-chat.ts';
import type { Chance } from './chance.ts';
import type { Judge } from './judge.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The share of reads that take no time, for time is what a run takes longest to simulate. */
const AT_ONCE = 0.5;

/** Where answers arrive: a node, which may be frozen by then, or dead. */
export interface Asker {
  readonly incarnation: string;
  /** Goes on when the node does; never if it is dead. */
  soon(ms: number): Promise<void>;
  /** Something may have been committed that nobody will publish. */
  uncertain(): void;
}

/** The database all nodes share: requests and answers take their time, and may be lost, both with and without the commit. */
export class SimulatedDatabase {
  readonly chat: MemoryChat;
  /** The share of requests that end `unavailable`; half of them after the commit. */
  failing = 0;
  meanMs = 2;
  readonly #beats = new Map<string, number>();

  constructor(
    private readonly time: VirtualTime,
    private readonly chance: Chance,
    private readonly judge: Judge,
  ) {
    this.chat = new MemoryChat({ clock: { now: () => 1_800_000_000_000 + time.now, monotonic: () => time.now } });
  }

  logOf(asker: Asker): MessageLog {
    let turn = 0; // appends arrive in the order of the calls
    return {
      append: async (draft, lane) => {
        turn = Math.max(turn, this.time.now + this.#takes());
        await this.#arrive(turn - this.time.now);
        const fails = this.chance.happens(this.failing);
        if (fails && this.chance.happens(0.5)) {
          if (lane) lane.break(lane.enter(), draft.id);
          await asker.soon(this.#takes());
          return { ok: false, refusal: unavailable('database_away') };
        }
        const result = await this.chat.log.append(draft, lane);
        if (result.ok) this.judge.note('append', result.seq, result.rev);
        await asker.soon(this.#takes());
        if (!fails || !result.ok) return result;
        asker.uncertain();
        return { ok: false, refusal: unavailable('ambiguous') };
      },
      close: () => Promise.resolve(),
    };
  }

  conversationsOf(asker: Asker): Conversations {
    const conversations: Conversations = this.chat.conversations;
    return {
      ...this.#delayed(asker, conversations, ['createGroup', 'openPrivate', 'privateOf', 'full']),
      change: async (...args) => {
        await this.#arrive(this.#takes());
        const fails = this.chance.happens(this.failing);
        if (fails && this.chance.happens(0.5)) {
          await asker.soon(this.#takes());
          throw unavailable('database_away');
        }
        const changed = await conversations.change(...args).catch(async (refusal: unknown) => {
          await asker.soon(this.#takes());
          throw refusal;
        });
        if (changed) {
          this.judge.committed(changed.event);
          this.judge.note(changed.event.type, changed.event.rev);
        }
        await asker.soon(this.#takes());
        if (!fails) return changed;
        asker.uncertain();
        throw unavailable('database_away');
      },
    };
  }

  feedOf(asker: Asker): Feed {
    const names = ['epoch', 'standings', 'heads', 'userHeads', 'changes', 'countChanges', 'ownChanges'] as const;
    return this.#delayed(asker, this.chat.feed, names);
  }

  directoryOf(asker: Asker): NodeDirectory {
    const directory: NodeDirectory = {
      beat: async () => {
        this.#beats.set(asker.incarnation, this.time.now);
        return [...this.#beats].flatMap(([node, at]) =>
          node !== asker.incarnation && this.time.now - at <= NODE_LEASE_MS ? [node] : [],
        );
      },
      leave: async () => void this.#beats.delete(asker.incarnation),
    };
    return this.#delayed(asker, directory, ['beat', 'leave']);
  }

  /** The same promises, later; a request may fail, an answer may come late. */
  #delayed<Port extends object>(asker: Asker, port: Port, names: readonly (keyof Port)[]): Port {
    const delayed = names.map((name) => {
      const method = (port[name] as (...args: unknown[]) => Promise<unknown>).bind(port); // all of these are such
      const later = async (...args: unknown[]) => {
        if (this.chance.happens(AT_ONCE)) return method(...args);
        await this.#arrive(this.#takes());
        const outcome = this.chance.happens(this.failing)
          ? { refusal: unavailable('database_away') }
          : await method(...args).then(
              (value) => ({ value }),
              (refusal: unknown) => ({ refusal }),
            );
        await asker.soon(this.#takes());
        if ('refusal' in outcome) throw outcome.refusal;
        return outcome.value;
      };
      return [name, later];
    });
    return Object.fromEntries(delayed) as Port; // it has all of its methods
  }

  #takes(): number {
    return 1 + this.chance.around(this.meanMs);
  }

  /** What was sent arrives, whatever becomes of who sent it. */
  #arrive(ms: number): Promise<void> {
    return new Promise((resolve) => this.time.after(ms, resolve));
  }
}
