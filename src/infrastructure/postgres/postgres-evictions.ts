import { sql } from 'kysely';
import type { Evictions } from '#app/application/ports/evictions.ts';
import type { ConnectionId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';
import { Gathered } from './gathered.ts';
import type { NodeLife } from './node-life.ts';

const AT_ONCE = 500;

/** A mark on the connection's row, found by its node when that looks. */
export class PostgresEvictions implements Evictions {
  readonly #marks = new Gathered<ConnectionId, void>((ids) => this.#mark(ids), AT_ONCE);
  readonly #closers: ((id: ConnectionId) => void)[] = [];

  constructor(
    private readonly postgres: Postgres,
    private readonly life: NodeLife,
    private readonly onAway: (error: unknown) => void,
  ) {}

  tell(id: ConnectionId): void {
    this.#marks.add(id).catch(this.onAway);
  }

  onTold(close: (id: ConnectionId) => void): void {
    this.#closers.push(close);
  }

  /** Now and then. Rejects when the database can't be asked. */
  async look(): Promise<void> {
    const { rows } = await this.postgres.run((db) =>
      sql<{ id: ConnectionId }>`
        SELECT id FROM connections WHERE life = ${this.life.name} AND evicted LIMIT ${AT_ONCE}`.execute(db),
    );
    for (const { id } of rows) for (const close of this.#closers) close(id);
  }

  /** What its node is writing just now is not waited for: two that wait for each other would both have to begin anew. */
  async #mark(ids: readonly ConnectionId[]): Promise<() => void> {
    await this.postgres.run((db) =>
      sql`
        UPDATE connections SET evicted = true
        WHERE id IN (SELECT id FROM connections WHERE id = any(${ids}::text[]) AND NOT evicted FOR UPDATE SKIP LOCKED)`.execute(
        db,
      ),
    );
    return () => {};
  }
}
