import type { Writable } from 'node:stream';
import type { DestinationStream } from 'pino';

const MOST_BUFFERED = 4 * 1_024 * 1_024;

/**
 * Keeps whoever reads the log from harming the server: with a slow reader lines would pile up without bound, and a reader
 * that left would end the process. What can't be written is left out and counted instead.
 */
export class LogStream implements DestinationStream {
  constructor(
    private readonly out: Writable,
    /** Told of each line that is lost. */
    private readonly dropped: () => void,
  ) {
    out.on('error', this.dropped);
  }

  write(line: string): void {
    if (this.out.writable && this.out.writableLength + line.length <= MOST_BUFFERED) this.out.write(line);
    else this.dropped();
  }

  /** Waits until all is with the reader, but not longer than this: the end of a process must not depend on its reader. */
  async close(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
    if (this.out.writable) await Promise.race([late, new Promise((resolve) => this.out.write('', resolve))]);
    clearTimeout(timer);
    this.out.off('error', this.dropped);
  }
}
