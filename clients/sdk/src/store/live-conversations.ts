import type { Conversation, Conversations } from '../conversation.ts';
import type { ListedRow } from '../generated/catalogue.ts';
import { Lost } from '../link/failures.ts';
import { newChanges } from '../listeners.ts';
import { newId } from '../new-id.ts';
import type { CommandType, InputOf } from '../protocol.ts';
import type { Held } from './held.ts';
import { type Desk, type LiveConversation, newLiveConversation } from './live-conversation.ts';
import { kept } from './same.ts';

/** As the client uses them. */
export interface LiveConversations extends Conversations {
  get(id: string): LiveConversation | undefined;
  /** A conversation is held from here on, perhaps again. */
  held(id: string, held: Held): void;
  gone(id: string): void;
  /** The whole list has come: of another history some may not be on it. */
  listed(held: ReadonlyMap<string, unknown>): void;
  caughtUp(): void;
}

/** The conversations of the store as objects that stay the same while the conversation exists. */
export const newLiveConversations = (desk: Desk): LiveConversations => {
  const all = new Map<string, LiveConversation>();
  const changes = newChanges();
  let sorted: readonly LiveConversation[] = [];
  let valid = true;
  let loaded = false;

  const changed = (): void => {
    valid = false;
    changes.tell();
  };

  const gone = (id: string): void => {
    const conversation = all.get(id);
    all.delete(id);
    conversation?.end();
  };

  /** The commands may be asked again: they find what is there. Nobody waits for them without a connection. */
  const made = async <T extends CommandType>(type: T, data: InputOf<T>): Promise<Conversation> => {
    if (!desk.link.welcome) throw new Lost('not connected');
    const line = (await desk.questions.ask(type, data)) as ListedRow; // each answers one
    desk.line(line);
    const conversation = all.get(line.conversation.id);
    if (!conversation) throw new Lost('no member any more');
    return conversation;
  };

  return {
    get all(): readonly Conversation[] {
      if (!valid) sorted = kept(sorted as LiveConversation[], [...all.values()].toSorted(newestFirst));
      valid = true;
      return sorted;
    },
    get loaded(): boolean {
      return loaded;
    },
    get unread(): number {
      let sum = 0;
      for (const { view } of all.values()) if (!view.archived && !isMuted(view.mutedUntil)) sum += view.unread.count;
      return sum;
    },
    get: (id) => all.get(id),
    with: async (userId) =>
      [...all.values()].find(({ held }) => held.otherId === userId) ?? made('conversation.open_private', { userId }),
    create: ({ members, ...group }) => made('conversation.create', { id: newId(), users: members, ...group }),
    subscribe: changes.subscribe,
    held: (id, held) => {
      const known = all.get(id);
      if (known) return known.begin(held);
      all.set(id, newLiveConversation(id, held, desk, changed));
      changed();
    },
    gone,
    listed: (held) => {
      loaded = true;
      for (const id of [...all.keys()]) if (!held.has(id)) gone(id);
      changed();
    },
    caughtUp: () => {
      for (const conversation of all.values()) conversation.receiptsChanged();
    },
  };
};

const newestFirst = (a: LiveConversation, b: LiveConversation): number =>
  b.view.activeAt.getTime() - a.view.activeAt.getTime() || (a.id < b.id ? 1 : -1);

const isMuted = (until: Date | undefined): boolean => until !== undefined && until.getTime() > Date.now();
