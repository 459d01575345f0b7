import type { Clock } from '#app/application/ports/clock.ts';
import { concerns, type Rests, type Revocation, type Revocations } from '#app/application/ports/revocations.ts';

const KEPT_MS = 30_000;
const MOST_KEPT = 50_000;

interface Load<V> {
  readonly value: Promise<V | undefined>;
  readonly heard: Revocation[];
}

/**
 * Remembers for a short while that something is live, so that most checks need no database. A revocation announced in this
 * process counts at once, also for a check that is on its way to the database and may have been answered before the commit.
 */
export class LiveCache<V extends Rests> {
  readonly #kept = new Map<string, { readonly value: V; readonly until: number }>();
  readonly #loads = new Map<string, Load<V>>();

  constructor(
    revocations: Revocations,
    private readonly clock: Clock,
    private readonly most = MOST_KEPT,
  ) {
    revocations.subscribe((revocation) => this.#drop(revocation));
  }

  /** What is kept under the key, else what `load` finds; callers that come together share one load. Nothing found is not kept. */
  async get(key: string, load: () => Promise<V | undefined>): Promise<V | undefined> {
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > this.clock.monotonic()) return kept.value;
    return (this.#loads.get(key) ?? this.#load(key, load)).value;
  }

  #load(key: string, load: () => Promise<V | undefined>): Load<V> {
    const heard: Revocation[] = [];
    const settle = async () => {
      try {
        const value = await load();
        if (value === undefined || heard.some((revocation) => concerns(revocation, value))) return undefined;
        this.#keep(key, value);
        return value;
      } finally {
        this.#loads.delete(key);
      }
    };
    // Entered before it runs: a load that ends synchronously must not leave itself behind.
    const started = { heard, value: Promise.resolve().then(settle) };
    this.#loads.set(key, started);
    return started;
  }

  #keep(key: string, value: V): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, until: this.clock.monotonic() + KEPT_MS });
    if (this.#kept.size > this.most) this.#kept.delete(this.#kept.keys().next().value ?? key);
  }

  #drop(revocation: Revocation): void {
    for (const { heard } of this.#loads.values()) heard.push(revocation);
    // Sessions are kept under their id; the other kinds of revocation are rare enough for a walk.
    if ('sessionId' in revocation) this.#kept.delete(revocation.sessionId);
    else for (const [key, { value }] of this.#kept) if (concerns(revocation, value)) this.#kept.delete(key);
  }
}
