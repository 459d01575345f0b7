import { v7 } from 'uuid';
import type { Conversation, Conversations, NewGroup } from '../conversation.ts';
import type { ListedRow } from '../generated/catalogue.ts';
import { Lost } from '../link/failures.ts';
import type { Link } from '../link/link.ts';
import type { Questions } from '../questions.ts';
import { Changes } from './changes.ts';
import type { Held } from './held.ts';
import { type Desk, LiveConversation } from './live-conversation.ts';
import { kept } from './same.ts';

export interface Lister {
  readonly link: Link;
  readonly questions: Questions;
  /** What serves each conversation. */
  readonly desk: () => Desk;
  /** A line of the list that the server answered, not as a list. */
  line(line: ListedRow): void;
}

/** The conversations of the store as objects that stay the same while the conversation exists. */
export class LiveConversations implements Conversations {
  readonly #all = new Map<string, LiveConversation>();
  readonly #changes = new Changes();
  #sorted: readonly LiveConversation[] = [];
  #valid = true;
  #loaded = false;

  constructor(private readonly lister: Lister) {}

  get all(): readonly Conversation[] {
    if (!this.#valid) {
      this.#sorted = kept(this.#sorted as LiveConversation[], [...this.#all.values()].toSorted(newestFirst));
      this.#valid = true;
    }
    return this.#sorted;
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  get unread(): number {
    let sum = 0;
    for (const { view } of this.#all.values())
      if (!view.archived && !isMuted(view.mutedUntil)) sum += view.unread.count;
    return sum;
  }

  get(id: string): LiveConversation | undefined {
    return this.#all.get(id);
  }

  async with(userId: string): Promise<Conversation> {
    const known = [...this.#all.values()].find(({ held }) => held.otherId === userId);
    return known ?? this.#made(await this.#ask('conversation.open_private', { userId }));
  }

  async create({ members, ...group }: NewGroup): Promise<Conversation> {
    return this.#made(await this.#ask('conversation.create', { id: v7(), users: members, ...group }));
  }

  subscribe(listener: () => void): () => void {
    return this.#changes.subscribe(listener);
  }

  changed(): void {
    this.#valid = false;
    this.#changes.tell();
  }

  /** A conversation is held from here on, perhaps again. */
  held(id: string, held: Held): void {
    const known = this.#all.get(id);
    if (known) return known.begin(held);
    this.#all.set(id, new LiveConversation(id, held, this.lister.desk()));
    this.changed();
  }

  gone(id: string): void {
    const conversation = this.#all.get(id);
    if (!conversation) return;
    this.#all.delete(id);
    conversation.end();
  }

  /** The whole list has come: of another history some may not be on it. */
  listed(held: ReadonlyMap<string, unknown>): void {
    this.#loaded = true;
    for (const id of [...this.#all.keys()]) if (!held.has(id)) this.gone(id);
    this.changed();
  }

  caughtUp(): void {
    for (const conversation of this.#all.values()) conversation.caughtUp();
  }

  /** Both commands may be asked again: they find what is there. Nobody waits for them without a connection. */
  #ask<T extends 'conversation.open_private' | 'conversation.create'>(
    type: T,
    data: Parameters<typeof this.lister.questions.ask<T>>[1],
  ) {
    if (!this.lister.link.welcome) return Promise.reject(new Lost('there is no connection'));
    return this.lister.questions.ask(type, data);
  }

  #made(line: ListedRow): Conversation {
    this.lister.line(line);
    const made = this.#all.get(line.conversation.id);
    if (!made) throw new Lost('one is no member any more');
    return made;
  }
}

const newestFirst = (a: LiveConversation, b: LiveConversation): number =>
  b.view.activeAt.getTime() - a.view.activeAt.getTime() || (a.id < b.id ? 1 : -1);

const isMuted = (until: Date | undefined): boolean => until !== undefined && until.getTime() > Date.now();
