import { ConnectionId } from '#app/domain/shared/ids.ts';
import type { RedisBroadcast } from './redis-broadcast.ts';

const TOPIC = 'eviction';

/** Asks whichever node has a connection to close it. A word that gets lost leaves one too many, until the next comes. */
export class RedisEvictions {
  constructor(private readonly broadcast: RedisBroadcast) {}

  tell(id: ConnectionId): void {
    this.broadcast.say(TOPIC, id);
  }

  onTold(close: (id: ConnectionId) => void): void {
    this.broadcast.listen({ wants: (topic) => topic === TOPIC, hear: (_topic, id) => close(ConnectionId(id)) });
  }
}
