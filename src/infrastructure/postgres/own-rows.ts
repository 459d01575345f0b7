import type { RawBuilder } from 'kysely';
import { Gathered } from './gathered.ts';
import type { NodeLife } from './node-life.ts';

const AT_ONCE = 500;
/** Keys of which this node has nothing any more and whose rows could not be taken out: then it is cheaper to begin another life. */
const MOST_GONE = 20_000;

/**
 * The rows of one table under the life of this node: for each key what is true when its page is written. A key whose page failed
 * is written again with the next beats, and no other.
 */
export class OwnRows<Key> {
  readonly #writes = new Gathered<Key, void>((keys) => this.#write(keys), AT_ONCE);
  /** Their rows may say something else than what is true. */
  readonly #unwritten = new Set<Key>();

  /** @param statement writes what is true of the keys, under the name of the life */
  constructor(
    private readonly life: NodeLife,
    private readonly own: ReadonlyMap<Key, unknown>,
    private readonly statement: (keys: readonly Key[]) => RawBuilder<unknown>,
  ) {
    life.keep(this);
  }

  /** Rejects when it could not be written; it is later. */
  write(key: Key): Promise<void> {
    this.#unwritten.add(key);
    return this.#writes.add(key);
  }

  /** Resolves, also after failures, when all that was to be written before the call has been tried. */
  tried(): Promise<void> {
    return this.#writes.answered();
  }

  /** Another life began: all that this node has is to be written, and what it had ends with the life before. */
  restart(): void {
    this.#unwritten.clear();
    for (const key of this.own.keys()) this.#unwritten.add(key);
  }

  /** Writes a page of what is left. Answers whether that was all. Rejects when it could not be written. */
  async mend(): Promise<boolean> {
    const page: Key[] = [];
    for (const key of this.#unwritten) if (page.push(key) === AT_ONCE) break;
    await Promise.all(page.map((key) => this.#writes.add(key)));
    return this.#unwritten.size === 0;
  }

  async #write(keys: readonly Key[]): Promise<() => void> {
    for (const key of keys) this.#unwritten.delete(key);
    try {
      await this.life.write(this.statement(keys));
    } catch (error) {
      for (const key of keys) this.#unwritten.add(key);
      if (this.#unwritten.size > this.own.size + MOST_GONE) this.life.end();
      throw error;
    }
    return () => {};
  }
}
