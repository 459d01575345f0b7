import type { Backplane } from '#app/application/ports/backplane.ts';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { MemoryBackplane } from '../memory/memory-backplane.ts';
import { eventOf, eventText, topicOf } from './event-text.ts';
import type { RedisBroadcast } from './redis-broadcast.ts';

/** Events between nodes. What this node publishes reaches its own subscriber without Redis; the others hear it by the broadcast. */
export class RedisBackplane implements Backplane {
  readonly #local: MemoryBackplane;
  #closed = false;

  constructor(
    private readonly broadcast: RedisBroadcast,
    fault: (error: unknown) => void,
  ) {
    this.#local = new MemoryBackplane(fault);
    broadcast.onLoss(() => this.#local.disturb());
  }

  publish(events: readonly ChatEvent[]): void {
    if (this.#closed) return;
    this.#local.publish(events);
    for (const event of events) this.broadcast.say(topicOf(event), eventText(event));
  }

  subscribe(
    receive: (event: ChatEvent) => void,
    wanted: (topic: ConversationId | UserId) => boolean = () => true,
  ): void {
    this.#local.subscribe(receive);
    this.broadcast.listen({
      wants: (topic) => !this.#closed && wanted(topic as ConversationId | UserId),
      hear: (_topic, text) => receive(eventOf(text)),
    });
  }

  onDisturbance(repair: () => void): void {
    this.#local.onDisturbance(repair);
  }

  disturb(): void {
    if (this.#closed) return;
    this.#local.disturb();
    this.broadcast.skip();
  }

  hears(incarnation: string): boolean {
    return this.broadcast.hears(incarnation);
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#local.close();
  }
}
