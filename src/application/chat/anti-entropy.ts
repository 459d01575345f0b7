import type { Backplane } from '../ports/backplane.ts';
import type { Clock } from '../ports/clock.ts';
import { NODE_LEASE_MS, type NodeDirectory } from '../ports/node-directory.ts';
import type { Timers } from '../ports/timers.ts';
import type { HeadComparison } from './head-comparison.ts';

export interface AntiEntropyOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly onFault: (error: unknown) => void;
  /** Told after half a minute, and every one after, that so many nodes live that can't be heard. */
  readonly onUnheard: (nodes: number) => void;
}

const BEAT_MS = 1_000;
const BEATS_PER_ROUND = 30;

/**
 * Bounds how long a change can stay unheard of, whatever was lost. Heads are compared every 30 seconds in any case; at once
 * when another node came or went, for one that died may have committed what it told nobody, and when this one has slept; and every second while another
 * node lives that can't be heard, be it that the backplane is away or that there is none.
 */
export class AntiEntropy {
  #others: readonly string[] = [];
  #beats = 0;
  /** Beats. */
  #unheardFor = 0;
  /** Monotonic. */
  #lastBeat = 0;
  #beating: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(
    private readonly directory: NodeDirectory,
    private readonly backplane: Pick<Backplane, 'hears'>,
    private readonly comparison: Pick<HeadComparison, 'begin'>,
    private readonly timers: Timers,
    private readonly options: AntiEntropyOptions,
  ) {}

  /** Other nodes that live, as of the last beat. */
  get others(): number {
    return this.#others.length;
  }

  /** Of these, those that can't be heard: what they do is found in the database. */
  get unheard(): number {
    return this.#others.filter((node) => !this.backplane.hears(node)).length;
  }

  /** Beats once before it resolves. @throws what the directory throws */
  async start(): Promise<void> {
    this.#others = await this.directory.beat();
    this.#lastBeat = this.options.clock.monotonic();
    this.#later();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#beating; // a beat that arrived after the leaving would look like a life
    await this.directory.leave().catch(this.options.onFault);
  }

  #later(): void {
    if (!this.#closed)
      this.#cancel = this.timers.after(BEAT_MS, () => {
        this.#beating = this.#beat();
      });
  }

  async #beat(): Promise<void> {
    try {
      const [before, slept] = [this.#others, this.options.clock.monotonic() - this.#lastBeat > NODE_LEASE_MS / 2];
      this.#others = await this.directory.beat();
      this.#lastBeat = this.options.clock.monotonic();
      if (this.#closed) return;
      this.#compare(slept || this.unheard > 0 || !sameMembers(before, this.#others));
    } catch (error) {
      if (!this.#closed) this.options.onFault(error); // who lives is not known now, nor can anything be committed
    } finally {
      this.#later();
    }
  }

  #compare(disturbed: boolean): void {
    this.#unheardFor = this.unheard > 0 ? this.#unheardFor + 1 : 0;
    if (this.#unheardFor > 0 && this.#unheardFor % BEATS_PER_ROUND === 0) this.options.onUnheard(this.unheard);
    this.#beats = (this.#beats + 1) % BEATS_PER_ROUND;
    if (disturbed) this.comparison.begin('disturbed');
    else if (this.#beats === 0) this.comparison.begin('routine');
  }
}

const sameMembers = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((node) => other.includes(node));
