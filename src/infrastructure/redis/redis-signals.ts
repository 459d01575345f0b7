import type { Signal, Signals } from '#app/application/ports/signals.ts';
import { InProcessSignals } from '../memory/in-process-signals.ts';
import type { RedisBroadcast } from './redis-broadcast.ts';

const TOPIC = 'signal/';

/** Heard here without Redis, and by the other nodes by the broadcast. */
export class RedisSignals implements Signals {
  readonly #local: InProcessSignals;
  #closed = false;

  constructor(
    private readonly broadcast: RedisBroadcast,
    fault: (error: unknown) => void,
    dropped: () => void,
  ) {
    this.#local = new InProcessSignals(fault, dropped);
    broadcast.listen({
      wants: (topic) => !this.#closed && topic.startsWith(TOPIC),
      hear: (_topic, text) => this.#local.hear(JSON.parse(text) as Signal),
    });
  }

  send(signal: Signal): void {
    if (this.#closed) return;
    this.#local.send(signal);
    const about = signal.type === 'typing' ? signal.conversationId : (signal.users[0] ?? '');
    this.broadcast.say(`${TOPIC}${about}`, JSON.stringify(signal));
  }

  onSignal(hear: (signal: Signal) => void): void {
    this.#local.onSignal(hear);
  }

  close(): void {
    this.#closed = true;
    this.#local.close();
  }
}
