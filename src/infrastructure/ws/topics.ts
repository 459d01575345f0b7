/** Who subscribed to what, both ways: the shared map for publishing, the holder's own set for leaving. */
export class Topics<Holder extends { readonly topics: Set<string> }> {
  readonly #holders = new Map<string, Set<Holder>>();

  add(topic: string, holder: Holder) {
    const holders = this.#holders.get(topic);
    if (holders === undefined) this.#holders.set(topic, new Set([holder]));
    else holders.add(holder);
    holder.topics.add(topic);
  }

  remove(topic: string, holder: Holder) {
    holder.topics.delete(topic);
    const holders = this.#holders.get(topic);
    if (holders?.delete(holder) === true && holders.size === 0) this.#holders.delete(topic);
  }

  removeAll(holder: Holder) {
    for (const topic of holder.topics) this.remove(topic, holder);
  }

  of(topic: string): ReadonlySet<Holder> | undefined {
    return this.#holders.get(topic);
  }
}
