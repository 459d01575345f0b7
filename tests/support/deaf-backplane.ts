import type { Backplane } from '#app/application/ports/backplane.ts';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';

/** A backplane that does not hear exactly those events that it was told to miss, and notices nothing. */
export class DeafBackplane implements Backplane {
  missed = 0;
  misses: (event: ChatEvent) => boolean = () => false;

  constructor(private readonly own: Backplane) {}

  subscribe(receive: (event: ChatEvent) => void, wanted?: Parameters<Backplane['subscribe']>[1]): void {
    this.own.subscribe((event) => {
      if (this.misses(event)) this.missed++;
      else receive(event);
    }, wanted);
  }

  publish(events: readonly ChatEvent[]): void {
    this.own.publish(events);
  }
  onDisturbance(repair: () => void): void {
    this.own.onDisturbance(repair);
  }
  disturb(): void {
    this.own.disturb();
  }
  hears(incarnation: string): boolean {
    return this.own.hears(incarnation);
  }
  close(): Promise<void> {
    return this.own.close();
  }
}
