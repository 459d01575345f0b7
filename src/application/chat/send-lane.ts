import type { MessageId } from '#app/domain/shared/ids.ts';

/**
 * Keeps one connection's sends to one conversation in order through failures. After a send ends `unavailable`, what was
 * called after it ends `unavailable` too (rule `order`), until the same message id is sent again. What was called before
 * it goes on: a full queue turns the latest away while earlier ones still wait in it.
 */
export class SendLane {
  #calls = 0;
  #broken: { readonly place: number; readonly id: MessageId } | undefined;

  /** The place of a send in the lane, to be taken in the order of the calls. */
  enter(): number {
    return ++this.#calls;
  }

  /** Asked when a send is about to enter a batch. */
  admits(place: number, id: MessageId): boolean {
    const broken = this.#broken;
    if (!broken || place < broken.place) return true;
    if (broken.id !== id || broken.place === place) return false;
    this.#broken = undefined;
    return true;
  }

  /** The earliest failure counts: it is the one that must be sent again first. */
  break(place: number, id: MessageId): void {
    if (!this.#broken || place < this.#broken.place) this.#broken = { place, id };
  }

  get idle(): boolean {
    return this.#broken === undefined;
  }
}
