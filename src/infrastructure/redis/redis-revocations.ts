import type { Revocation, Revocations } from '#app/application/ports/revocations.ts';
import { InProcessRevocations } from '../memory/in-process-revocations.ts';
import type { RedisBroadcast } from './redis-broadcast.ts';

const TOPIC = 'revocation';

/** Told here at once, and to the other nodes by the broadcast. */
export class RedisRevocations implements Revocations {
  readonly #local: InProcessRevocations;

  constructor(
    private readonly broadcast: RedisBroadcast,
    fault: (error: unknown) => void,
  ) {
    this.#local = new InProcessRevocations(fault);
    broadcast.listen({
      wants: (topic) => topic === TOPIC,
      hear: (_topic, text) => this.#local.announce(JSON.parse(text) as Revocation),
    });
  }

  announce(revocation: Revocation): void {
    this.#local.announce(revocation);
    this.broadcast.say(TOPIC, JSON.stringify(revocation));
  }

  subscribe(listener: (revocation: Revocation) => void): () => void {
    return this.#local.subscribe(listener);
  }

  onLoss(look: () => void): void {
    this.broadcast.onLoss(look);
  }
}
