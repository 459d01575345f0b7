import type { ConversationId, ConversationReader, EventOf, UseCase, UserId } from 'tertulia';

/** How many messages each conversation got since this process started. Forgets the quietest beyond its limit. */
export class Activity {
  /** The conversation that was written in last comes last. */
  readonly #messages = new Map<ConversationId, number>();
  readonly #limit: number;

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  readonly hear = ({ conversationId }: EventOf<'message.sent'>): void => {
    const count = this.of(conversationId) + 1;
    this.#messages.delete(conversationId);
    this.#messages.set(conversationId, count);
    const [quietest] = this.#messages.keys();
    if (this.#messages.size > this.#limit && quietest !== undefined) this.#messages.delete(quietest);
  };

  of(conversationId: ConversationId): number {
    return this.#messages.get(conversationId) ?? 0;
  }
}

export interface ShowActivityInput {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
}

/** Nobody's business but the members'. */
export class ShowActivity implements UseCase<ShowActivityInput, number> {
  readonly #activity: Activity;
  readonly #reader: Pick<ConversationReader, 'access'>;

  constructor(activity: Activity, reader: Pick<ConversationReader, 'access'>) {
    this.#activity = activity;
    this.#reader = reader;
  }

  async execute({ conversationId, userId }: ShowActivityInput): Promise<number> {
    await this.#reader.access(conversationId, userId); // refuses who is no member
    return this.#activity.of(conversationId);
  }
}
