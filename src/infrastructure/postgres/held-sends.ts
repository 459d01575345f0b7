import type { ConversationId } from '#app/domain/shared/ids.ts';

interface Send {
  readonly draft: { readonly conversationId: ConversationId; readonly id: string };
}

interface Held<S> {
  waiting: S[];
  /** Were on their way and found it locked again: they go before what came meanwhile. */
  readonly back: S[];
  flying: boolean;
  /** How often it was found locked. */
  found: number;
}

/** A conversation that was found locked so often waits for its lock alone: whoever holds it is no batch of another node. */
const ALONE_AFTER = 4;

/**
 * Sends to conversations that somebody else has locked, each conversation's in order of arrival; a conversation is in here
 * until none of its sends is. Nothing here waits: its owner takes what is due and says when it is back.
 */
export class HeldSends<S extends Send> {
  readonly #conversations = new Map<ConversationId, Held<S>>();

  get empty(): boolean {
    return this.#conversations.size === 0;
  }

  /** Takes it if others to its conversation are here: it must not overtake them. */
  join(send: S): boolean {
    const held = this.#conversations.get(send.draft.conversationId);
    held?.waiting.push(send);
    return held !== undefined;
  }

  /** Its conversation was found locked, by a batch or by what was taken from here. */
  add(send: S): void {
    const held = this.#conversations.get(send.draft.conversationId);
    if (held?.flying) held.back.push(send);
    else if (held) held.waiting.push(send);
    else this.#conversations.set(send.draft.conversationId, { waiting: [send], back: [], flying: false, found: 1 });
  }

  /** At most so many, of all that were found locked a few times only: those are likely in a batch of another node. */
  takeTogether(limit: number): S[] {
    const taken: S[] = [];
    for (const held of this.#conversations.values()) {
      if (taken.length === limit) break;
      if (held.found < ALONE_AFTER && !held.flying) taken.push(...this.#fly(held, limit - taken.length));
    }
    return taken;
  }

  /** At most so many of one that was found locked too often for that; none when there is no such. */
  takeAlone(limit: number): S[] {
    for (const held of this.#conversations.values())
      if (held.found >= ALONE_AFTER && !held.flying) return this.#fly(held, limit);
    return [];
  }

  /** What was taken has been answered, or added again. Not `through`: nobody got as far as its lock, so that may be held still. */
  landed(sends: readonly S[], through: boolean): void {
    for (const id of new Set(sends.map(({ draft }) => draft.conversationId))) {
      const held = this.#conversations.get(id);
      if (!held) continue;
      held.flying = false;
      if (held.back.length > 0) held.found++;
      else if (through) held.found = 1;
      held.waiting.unshift(...held.back.splice(0));
      // At the end, so that whoever did not fit into this flight is in the next.
      this.#conversations.delete(id);
      if (held.waiting.length > 0) this.#conversations.set(id, held);
    }
  }

  /** Lets go of those that wait and for whom this answers false. */
  keep(wanted: (send: S) => boolean): void {
    for (const [id, held] of this.#conversations) {
      held.waiting = held.waiting.filter(wanted);
      if (held.waiting.length === 0 && !held.flying) this.#conversations.delete(id);
    }
  }

  #fly(held: Held<S>, limit: number): S[] {
    held.flying = true;
    return held.waiting.splice(0, Math.min(limit, untilRepeated(held.waiting)));
  }
}

/** How many there are before an id comes again: no batch takes one twice. */
const untilRepeated = (sends: readonly Send[]): number => {
  const ids = new Set<string>();
  const repeated = sends.findIndex(({ draft: { id } }) => ids.size === ids.add(id).size);
  return repeated < 0 ? sends.length : repeated;
};
