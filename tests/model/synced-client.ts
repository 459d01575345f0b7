import { Sync, type Synced, type SyncedConversation, type SyncLimits } from '#app/application/chat/sync.ts';
import type { ChangedOwnRow } from '#app/application/ports/feed.ts';
import type { OwnMembership } from '#app/domain/chat/membership.ts';
import type { Rev, Urev } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { ChatWorld } from '../support/chat-world.ts';
import { Replica } from './replica.ts';

/** A device that hears no events and lives by `sync` alone, as the protocol tells it to. */
export class SyncedClient {
  epoch = '';
  urev = 0;
  readonly held = new Map<ConversationId, Replica>();
  readonly memberships = new Map<ConversationId, OwnMembership>();
  readonly blocked = new Set<UserId>();
  /** Places whose cursor was of another membership; cleared by who looks. */
  readonly resets = new Set<ConversationId>();
  /** Up to where the unfinished conversation of a round goes, as its first page said. */
  #goal: { readonly id: ConversationId; readonly upTo: number } | undefined;
  /** An unfinished round: what it began with, and where it goes on. */
  #round:
    | { readonly urev: number; readonly cursors: readonly (readonly [ConversationId, Rev])[]; readonly next: string }
    | undefined;

  constructor(
    private readonly world: ChatWorld,
    private readonly userId: UserId,
  ) {}

  /** A second device that knows the same. */
  clone(): SyncedClient {
    const other = new SyncedClient(this.world, this.userId);
    other.epoch = this.epoch;
    other.urev = this.urev;
    for (const [id, replica] of this.held) {
      const copy = new Replica();
      copy.cursor = replica.cursor;
      copy.conversation = replica.conversation;
      for (const [seq, message] of replica.messages) copy.messages.set(seq, message);
      for (const [user, member] of replica.members) copy.members.set(user, member);
      other.held.set(id, copy);
    }
    for (const [id, membership] of this.memberships) other.memberships.set(id, membership);
    for (const user of this.blocked) other.blocked.add(user);
    other.#round = this.#round;
    other.#goal = this.#goal;
    return other;
  }

  /** At most so many replies; goes on where the last call stopped. @returns whether it has caught up */
  async pages(limits: SyncLimits, most: number): Promise<boolean> {
    for (let page = 0; page < most; page++) {
      const round = this.#round ?? { urev: this.urev, cursors: this.#cursors(), next: undefined };
      const { urev, cursors, next } = round;
      const reply = await new Sync(this.world.feed, limits).execute({
        userId: this.userId,
        epoch: this.epoch,
        urev: urev as Urev,
        cursors,
        next,
      });
      await this.#take(reply);
      this.#round = reply.next === undefined ? undefined : { urev, cursors, next: reply.next };
      if (reply.caughtUp !== (reply.next === undefined)) throw new Error('caught up with something left to fetch');
      // what it learnt to be a member of is asked for next
      if (reply.caughtUp && [...this.held.values()].every(({ cursor }) => cursor > 0)) return true;
    }
    return false;
  }

  #cursors(): readonly (readonly [ConversationId, Rev])[] {
    return [...this.held].map(([id, { cursor }]) => [id, cursor as Rev] as const);
  }

  async #take(reply: Synced): Promise<void> {
    if (reply.reset) await this.#startAnew(reply.epoch);
    else for (const row of reply.user?.rows ?? []) this.#own(row);
    this.urev = Math.max(this.urev, reply.user?.upTo ?? 0);
    for (const conversation of reply.conversations) await this.#conversation(conversation);
  }

  /** The first time, and after another history: everything is fetched from the list. */
  async #startAnew(epoch: string): Promise<void> {
    this.epoch = epoch;
    this.held.clear();
    this.memberships.clear();
    this.blocked.clear();
    for (const { conversation, membership } of await this.world.reader.list(this.userId, {
      limit: 100,
      archived: true,
    })) {
      this.memberships.set(conversation.id, membership);
      this.held.set(conversation.id, new Replica());
    }
    for (const { userId } of await this.world.blocks.list(this.userId, { limit: 100 })) this.blocked.add(userId);
  }

  #own(row: ChangedOwnRow): void {
    if (row.kind === 'block') {
      if (row.blocked) this.blocked.add(row.blockedId);
      else this.blocked.delete(row.blockedId);
    } else if (row.kind === 'membership') {
      const { conversationId: id, member, firstSeq } = row.membership;
      this.memberships.set(id, row.membership);
      if (!member) this.held.delete(id);
      else if (!this.held.has(id)) this.held.set(id, new Replica());
      this.held.get(id)?.forgetBelow(firstSeq);
    }
  }

  async #conversation(synced: SyncedConversation): Promise<void> {
    const replica = this.held.get(synced.id);
    if (!replica) return; // left meanwhile, as the own rows of this round said
    if ('gone' in synced) {
      this.#goal = undefined;
      return void this.held.delete(synced.id);
    }
    if ('gap' in synced || 'reset' in synced) {
      if ('reset' in synced) this.resets.add(synced.id);
      this.#goal = undefined;
      replica.forget();
      await this.#fetch(synced.id, replica);
      replica.cursor = synced.upTo;
      return;
    }
    if (this.#goal?.id === synced.id && this.#goal.upTo !== synced.upTo) throw new Error('a page moved its own goal');
    this.#goal = synced.more ? { id: synced.id, upTo: synced.upTo } : undefined;
    for (const row of synced.rows) replica.apply(row);
    if (!synced.more) replica.cursor = synced.upTo;
  }

  /** As when it is opened: the whole window, since these logs are short. */
  async #fetch(id: ConversationId, replica: Replica): Promise<void> {
    const access = await this.world.reader.access(id, this.userId);
    replica.conversation = (await this.world.reader.get(access)).conversation;
    for (const member of await this.world.reader.members(access, { limit: 100 }))
      replica.members.set(member.userId, member);
    for (const message of await this.world.reader.history(access, { limit: 1_000 }))
      replica.messages.set(message.seq, message);
  }
}
