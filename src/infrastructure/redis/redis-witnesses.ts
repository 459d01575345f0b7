import type { Clock } from '#app/application/ports/clock.ts';
import type { Elsewhere, Witnesses } from '#app/application/ports/witnesses.ts';
import type { RedisBroadcast } from './redis-broadcast.ts';

const TOPIC = 'witness';
/**
 * Two looks at the database that answered. Less than the shortest DATABASE_AWAY_SECONDS: when a database goes that all had,
 * the last good word of the others must have run out by the time that this node acts on it.
 */
const HEARD_MS = 4_500;

/** By the broadcast, which tells a node as well whether it hears anybody. */
export class RedisWitnesses implements Witnesses {
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly broadcast: Pick<RedisBroadcast, 'connected' | 'say' | 'listen'>,
    private readonly clock: Pick<Clock, 'monotonic'>,
  ) {
    broadcast.listen({
      wants: (topic) => topic === TOPIC,
      hear: () => (this.#heardAt = clock.monotonic()),
    });
  }

  testify(): void {
    this.broadcast.say(TOPIC, '');
  }

  elsewhere(): Elsewhere {
    if (!this.broadcast.connected) return 'unknown';
    return this.clock.monotonic() - this.#heardAt <= HEARD_MS ? 'answers' : 'silent';
  }
}
