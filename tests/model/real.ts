import { v7 } from 'uuid';
import { AddMembers } from '#app/application/chat/add-members.ts';
import { BlockUser } from '#app/application/chat/block-user.ts';
import { ChangeRole } from '#app/application/chat/change-role.ts';
import { DeleteMessage } from '#app/application/chat/delete-message.ts';
import { EditMessage } from '#app/application/chat/edit-message.ts';
import { LeaveConversation } from '#app/application/chat/leave-conversation.ts';
import { MarkDelivered, MarkRead } from '#app/application/chat/mark-read.ts';
import { RemoveMember } from '#app/application/chat/remove-member.ts';
import { SendMessage } from '#app/application/chat/send-message.ts';
import { SetMembership } from '#app/application/chat/set-membership.ts';
import { UpdateConversation } from '#app/application/chat/update-conversation.ts';
import type { EventBus } from '#app/application/ports/event-bus.ts';
import type { Random } from '#app/application/ports/random.ts';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import type { DomainEvent } from '#app/domain/shared/domain-event.ts';
import type { ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';
import { aConversationId, aMessageId, type ChatWorld } from '../support/chat-world.ts';
import { MEMBERS_PER_GROUP, type Name, type Place, PLACES, USERS } from './model.ts';
import { SyncedClient } from './synced-client.ts';
import { Replica } from './replica.ts';

/** The application core over the ports of one store, with the people and places of the model. */
export class Real {
  readonly events: ChatEvent[] = [];
  readonly users = new Map<Name, UserId>();
  readonly places = new Map<Place, ConversationId>();
  readonly names = new Map<UserId, Name>();
  readonly placeNames = new Map<ConversationId, Place>();
  /** What one who hears every change holds, by place and user. */
  readonly replicas = new Map<string, Replica>();
  /** Who only catches up now and then. */
  readonly clients = new Map<Name, SyncedClient>();
  readonly acts;
  #changes = 0;

  /** Of the entries that opened the groups. */
  readonly opening = new Map<Place, MessageId>();

  private constructor(
    readonly world: ChatWorld,
    private readonly everybodyWatches: boolean,
  ) {
    const bus: EventBus = {
      publish: (event: DomainEvent) => void this.events.push(event as ChatEvent), // only the chat publishes here
      hears: () => true,
      on: () => () => {},
    };
    const random: Random = { bytes: (length) => new Uint8Array(length), uuid: () => v7() };
    const { log, conversations, ownState, blocks } = world;
    this.acts = {
      send: new SendMessage(log, bus),
      edit: new EditMessage(conversations, bus),
      delete: new DeleteMessage(conversations, bus),
      add: new AddMembers(conversations, bus, random, {
        membersPerGroup: MEMBERS_PER_GROUP,
        conversationsPerUser: PLACES.length + 1,
      }),
      remove: new RemoveMember(conversations, bus, random),
      leave: new LeaveConversation(conversations, bus, random),
      changeRole: new ChangeRole(conversations, bus, random),
      update: new UpdateConversation(conversations, bus, random),
      read: new MarkRead(ownState, bus),
      delivered: new MarkDelivered(ownState, bus),
      setMembership: new SetMembership(ownState, bus),
      block: new BlockUser(blocks, bus),
    };
  }

  /** @param everybodyWatches after each step; else they take turns, and find what several steps changed */
  static async open(world: ChatWorld, everybodyWatches: boolean): Promise<Real> {
    const real = new Real(world, everybodyWatches);
    await Promise.all(USERS.map(async (name) => real.#know(name, await world.aUser())));
    await real.#group('open', true, ['ann', 'ben', 'cleo']);
    await real.#group('hidden', false, ['ben', 'ann']);
    const { id } = await world.conversations.openPrivate(aConversationId(), real.user('ann'), real.user('ben'));
    real.#found('pair', id);
    for (const place of PLACES) for (const user of USERS) real.replicas.set(`${place} ${user}`, new Replica());
    for (const user of USERS) real.clients.set(user, new SyncedClient(world, real.user(user)));
    return real;
  }

  user(name: Name): UserId {
    return this.users.get(name)!; // all were made
  }
  place(name: Place): ConversationId {
    return this.places.get(name)!; // all were opened
  }
  client(name: Name): SyncedClient {
    return this.clients.get(name)!; // there is one for each
  }

  watchers(step: number): readonly Name[] {
    return this.everybodyWatches ? USERS : USERS.filter((_, n) => n === step % USERS.length);
  }

  looksAtRows(events: readonly ChatEvent[]): boolean {
    return this.everybodyWatches || ('rev' in (events[0] ?? {}) && ++this.#changes % 3 === 0);
  }

  /** How an act ends, in the words of the model. */
  async outcome(act: Promise<unknown>): Promise<string> {
    try {
      const result = await act;
      if (!isAck(result)) return 'ok';
      return `ok ${result.seq}/${result.rev}${result.duplicate ? ' again' : ''}`;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return `${error.kind} ${error.rule}`;
    }
  }

  /** What was announced since the last call, also in the words of the model. */
  heard(): { events: readonly ChatEvent[]; words: readonly string[] } {
    const events = this.events.splice(0);
    const words = events.map((event) => {
      if ('urev' in event) return `${event.type} ${this.names.get(event.userId)} ${event.urev}`;
      if ('rev' in event) return `${event.type} ${this.placeNames.get(event.conversationId)} ${event.rev}`;
      return `${event.type} ${this.names.get(event.userId)} ${event.readSeq}/${event.deliveredSeq}`;
    });
    return { events, words };
  }

  #know(name: Name, id: UserId): void {
    this.users.set(name, id);
    this.names.set(id, name);
  }

  #found(place: Place, id: ConversationId): void {
    this.places.set(place, id);
    this.placeNames.set(id, place);
  }

  async #group(place: Place, historyVisible: boolean, [creator, ...users]: readonly Name[]): Promise<void> {
    const noticeId = aMessageId();
    this.opening.set(place, noticeId);
    const { id } = await this.world.conversations.createGroup({
      id: aConversationId(),
      title: ConversationTitle(place),
      policies: { membersCanInvite: false, historyVisible },
      creatorId: this.user(creator!), // the first of some
      users: users.map((name) => this.user(name)),
      noticeId,
    });
    this.#found(place, id);
  }
}

const isAck = (result: unknown): result is { seq: number; rev: number; duplicate: boolean } =>
  typeof result === 'object' && result !== null && 'duplicate' in result;
