import type { Clock } from '#app/application/ports/clock.ts';
import type { Journal } from '#app/application/ports/journal.ts';
import { DISK_FULL, type Failure } from '#app/infrastructure/postgres/failure.ts';

/** A batch is tried again after 50 ms, in several lanes: what lasts is said this often. */
const AGAIN_MS = 10_000;

/** Says of what batches fail: at once, then now and then how often it was meanwhile; and that they go through again. */
export class BatchFailures {
  /** By code, of which there are as many as PostgreSQL has. */
  readonly #said = new Map<string, { at: number; unsaid: number }>();
  #failing = false;

  constructor(
    private readonly journal: Pick<Journal, 'info' | 'warn'>,
    private readonly clock: Pick<Clock, 'monotonic'>,
  ) {}

  failed({ kind, code }: Failure, size: number): void {
    const now = this.clock.monotonic();
    const last = this.#said.get(code);
    if (last && now - last.at < AGAIN_MS) {
      last.unsaid++;
      return;
    }
    this.#said.set(code, { at: now, unsaid: 0 });
    this.#failing = true;
    const full = code === DISK_FULL ? ': the disk of the database is full' : '';
    this.journal.warn(`batch failed${full}`, { kind, sqlstate: code, size, times: (last?.unsaid ?? 0) + 1 });
  }

  wentThrough(): void {
    if (this.#failing) this.journal.info('batches go through again');
    this.#failing = false;
  }
}
