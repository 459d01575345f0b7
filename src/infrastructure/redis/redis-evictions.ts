import type { Evictions } from '#app/application/ports/evictions.ts';
import { ConnectionId } from '#app/domain/shared/ids.ts';
import type { RedisBroadcast } from './redis-broadcast.ts';

const TOPIC = 'eviction';

/** A word in the broadcast. */
export class RedisEvictions implements Evictions {
  constructor(private readonly broadcast: RedisBroadcast) {}

  tell(id: ConnectionId): void {
    this.broadcast.say(TOPIC, id);
  }

  onTold(close: (id: ConnectionId) => void): void {
    this.broadcast.listen({ wants: (topic) => topic === TOPIC, hear: (_topic, id) => close(ConnectionId(id)) });
  }
}
