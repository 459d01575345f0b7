export interface Faults {
  readonly missing: number;
  readonly duplicated: number;
  /** Arrived, but after a later one of the same sender. */
  readonly disordered: number;
  /** The server's own numbers had a hole or went back. */
  readonly holes: number;
}

/**
 * Judges what arrived: each member gets each message of every other sender exactly once, in the sender's order, and
 * with the server's `seq` dense (for who does not send) or rising (for who does, since own messages come as replies).
 */
export class Ledger {
  readonly #next: Int32Array;
  readonly #ahead = new Map<number, Set<number>>();
  readonly #seq: Float64Array;
  #duplicated = 0;
  #disordered = 0;
  #holes = 0;

  constructor(private readonly shape: { readonly groups: number; readonly size: number; readonly senders: number }) {
    const members = shape.groups * shape.size;
    this.#next = new Int32Array(members * shape.senders).fill(1);
    this.#seq = new Float64Array(members);
  }

  arrived(receiver: number, sender: number, count: number): void {
    const { size, senders } = this.shape;
    const place = sender % size;
    if (Math.floor(sender / size) !== Math.floor(receiver / size) || place >= senders || sender === receiver) {
      throw new Error(`member ${receiver} got a message of ${sender}, with whom it shares nothing`);
    }
    const key = receiver * senders + place;
    const next = this.#next[key] ?? 0;
    if (count !== next) return this.#outOfTurn(key, next, count);
    this.#next[key] = next + 1;
    if (this.#ahead.size > 0) this.#catchUp(key);
  }

  numbered(receiver: number, seq: number): void {
    const last = this.#seq[receiver] ?? 0;
    const sends = receiver % this.shape.size < this.shape.senders;
    if (last !== 0 && (sends ? seq <= last : seq !== last + 1)) this.#holes++;
    this.#seq[receiver] = seq;
  }

  /** @param sent by member, how many it sent in all */
  faults(sent: Int32Array): Faults {
    let missing = 0;
    const { groups, size, senders } = this.shape;
    for (let receiver = 0; receiver < groups * size; receiver++) {
      for (let place = 0; place < senders; place++) {
        const sender = Math.floor(receiver / size) * size + place;
        if (sender === receiver) continue;
        const key = receiver * senders + place;
        missing += (sent[sender] ?? 0) - ((this.#next[key] ?? 0) - 1) - (this.#ahead.get(key)?.size ?? 0);
      }
    }
    return { missing, duplicated: this.#duplicated, disordered: this.#disordered, holes: this.#holes };
  }

  #outOfTurn(key: number, next: number, count: number): void {
    const ahead = this.#ahead.get(key) ?? new Set();
    if (count < next || ahead.has(count)) {
      this.#duplicated++;
      return;
    }
    this.#disordered++;
    this.#ahead.set(key, ahead.add(count));
  }

  #catchUp(key: number): void {
    const ahead = this.#ahead.get(key);
    if (!ahead) return;
    let next = this.#next[key] ?? 0;
    while (ahead.delete(next)) next++;
    this.#next[key] = next;
    if (ahead.size === 0) this.#ahead.delete(key);
  }
}
