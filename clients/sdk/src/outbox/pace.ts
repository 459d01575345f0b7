import type { Machine } from '../questions.ts';

/** One after another goes faster only while the server's bucket is surely full: who is refused for speed could be overtaken. */
const BURST = 48;
const WITHIN_MS = 4_000;

/**
 * Whether sends may go out before earlier ones are answered. A refusal for speed lets the next send pass if the bucket has
 * just got another token, and then the order would be lost: so beyond a burst, far below any bucket, each send of a
 * conversation waits for the one before it.
 */
export class Pace {
  #sent: number[] = [];

  constructor(private readonly machine: Pick<Machine, 'monotonic'>) {}

  sent(): void {
    this.#sent.push(this.machine.monotonic());
    if (this.#sent.length > BURST) this.#sent.shift();
  }

  get allowsPipelining(): boolean {
    const [oldest = 0] = this.#sent;
    return this.#sent.length < BURST || this.machine.monotonic() - oldest >= WITHIN_MS;
  }
}
