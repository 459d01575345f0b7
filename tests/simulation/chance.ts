import type { Random } from '#app/application/ports/random.ts';

/** Chance from a seed: the same draws in the same order, whoever asks. (mulberry32) */
export class Chance implements Random {
  #state: number;
  #ids = 0;

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Whole milliseconds. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** Mostly about `mean`, sometimes far more. */
  around(mean: number): number {
    return Math.round(-Math.log(1 - this.next()) * mean);
  }

  happens(share: number): boolean {
    return this.next() < share;
  }

  /** One of some. */
  of<T>(some: readonly T[]): T {
    return some[Math.floor(this.next() * some.length)]!; // nobody asks for one of none
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.between(0, 255));
  }

  uuid(): string {
    const count = (++this.#ids).toString(16).padStart(12, '0');
    return `018f0000-0000-7000-8000-${count}`;
  }
}
