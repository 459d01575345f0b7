import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Acquaintances } from '../ports/acquaintances.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Signals } from '../ports/signals.ts';
import type { UseCase } from '../use-case.ts';

/** How long it is believed that no block stands; a block that is set here or heard of ends it at once. */
const BELIEVED_MS = 30_000;
const MOST_BELIEVED = 10_000;

/** Of a member: whoever asks has seen to that. */
export interface TypingInput {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly active: boolean;
}

/** Tells all nodes that somebody types, unless a block stands between the two of a private conversation. Nothing is stored. */
export class AnnounceTyping implements UseCase<TypingInput, void> {
  /** Conversations that are not silenced, and until when that is believed. */
  readonly #free = new Map<ConversationId, number>();
  #blocks = 0;

  constructor(
    private readonly acquaintances: Acquaintances,
    private readonly signals: Signals,
    private readonly events: EventBus,
    private readonly clock: Clock,
  ) {
    signals.onSignal(({ type }) => {
      if (type !== 'blocks') return;
      this.#blocks++;
      this.#free.clear();
    });
  }

  async execute({ conversationId, userId, active }: TypingInput): Promise<void> {
    const now = this.clock.monotonic();
    if ((this.#free.get(conversationId) ?? now) <= now) {
      const { acquaintances } = this;
      const asked = this.#blocks;
      if (await acquaintances.silenced(conversationId)) return;
      if (asked === this.#blocks) this.#believe(conversationId, now);
    }
    this.signals.send({ type: 'typing', conversationId, userId, active });
    this.events.publish({ type: 'user.typing', conversationId, userId, active });
  }

  #believe(id: ConversationId, now: number): void {
    this.#free.delete(id);
    this.#free.set(id, now + BELIEVED_MS);
    if (this.#free.size > MOST_BELIEVED) this.#free.delete(this.#free.keys().next().value ?? id);
  }
}
