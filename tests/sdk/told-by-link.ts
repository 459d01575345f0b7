import type { Link, LinkListener, Status, Stop } from '../../clients/sdk/src/link/link.ts';
import type { ServerEvent, Welcome } from '../../clients/sdk/src/protocol.ts';
import { eventually } from '../support/raw-socket.ts';

/** Everything that a link told, in order. */
export class ToldByLink implements LinkListener {
  readonly log: string[] = [];
  readonly events: ServerEvent[] = [];
  readonly welcomes: Welcome[] = [];
  readonly statuses: Status[] = [];
  stop: Stop | undefined;

  constructor(link: Link) {
    link.listen(this);
  }

  status(status: Status): void {
    this.log.push(status);
    this.statuses.push(status);
  }

  opened(welcome: Welcome): void {
    this.log.push('opened');
    this.welcomes.push(welcome);
  }

  lost(): void {
    this.log.push('lost');
  }

  event(event: ServerEvent): void {
    this.log.push(event.type);
    this.events.push(event);
  }

  stopped(stop: Stop): void {
    this.log.push('stopped');
    this.stop = stop;
  }

  /** Resolves when it has told this so many times. */
  async until(word: string, times = 1, deadlineMs = 10_000): Promise<void> {
    await eventually(
      () => this.log.filter((told) => told === word).length >= times || undefined,
      `${word} (${times}), after ${this.log.join(', ')}`,
      deadlineMs,
    );
  }
}
