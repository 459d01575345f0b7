const BUCKET_MS = 0.005;
const BUCKETS = 400_000;

/** Milliseconds in steps of 5 µs up to 2 s; what is longer counts as 2 s, but `max` is exact. */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #max = 0;

  record(ms: number): void {
    const bucket = Math.min(BUCKETS - 1, Math.floor(ms / BUCKET_MS));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
    if (ms > this.#max) this.#max = ms;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#max = 0;
  }

  percentile(share: number): number {
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen > 0 && seen >= share * this.#total) return (bucket + 0.5) * BUCKET_MS;
    }
    return 0;
  }

  get max(): number {
    return this.#max;
  }
}
