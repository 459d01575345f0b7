import { setTimeout as sleep } from 'node:timers/promises';
import { digits, Needle } from './bytes.ts';
import type { Connection, Listener } from './connection.ts';
import { type Dialect, Kind } from './dialects/dialect.ts';
import { Histogram } from './histogram.ts';
import { Ledger } from './ledger.ts';
import type { LoadSpec, TrafficResult, TrafficSpec } from './spec.ts';
import { serverOf } from './spread.ts';
import { contentMark, marked, Template } from './template.ts';

const DRAIN_MS = 15_000;
const STALL_MS = 10_000;

/** Drives the sends of one run and judges all that comes back. Arrays by sender, slot and member: nothing is allocated per message. */
export class Traffic implements Listener {
  readonly #mark = new Needle(contentMark.text);
  readonly #latency = new Histogram();
  readonly #ledger: Ledger;
  readonly #templates = new Map<number, Template>();
  readonly #sentAt: Float64Array;
  readonly #sent: Int32Array;
  /** Per sender: what must still come before the next send of a pace by burst. */
  readonly #due: Int32Array;
  /** Per sender: its free slots, as bits; only a pace in sends a second looks for one. */
  readonly #busy: Uint8Array;
  /** Per member: the server it is connected to. */
  readonly #server: Uint8Array;
  #connections: readonly Connection[] = [];
  #sending = false;
  #inFlight = 0;
  #total = { sent: 0, acked: 0, delivered: 0, crossed: 0, readBack: 0, rounds: 0, skipped: 0 };
  #failure: Error | undefined;

  constructor(
    private readonly spec: TrafficSpec,
    private readonly dialect: Dialect,
    { conversations, ports }: Pick<LoadSpec, 'conversations' | 'ports'>,
  ) {
    const members = spec.groups * spec.size;
    this.#ledger = new Ledger(spec);
    this.#sentAt = new Float64Array(members * spec.window);
    this.#busy = new Uint8Array(members * spec.window);
    this.#sent = new Int32Array(members);
    this.#due = new Int32Array(members);
    this.#server = Uint8Array.from({ length: members }, (_, member) => serverOf(member, ports.length));
    for (const sender of this.#senders()) {
      const conversationId = conversations[Math.floor(sender / spec.size)] ?? '';
      for (let slot = 0; slot < spec.window; slot++) {
        this.#templates.set(
          sender * spec.window + slot,
          new Template(dialect.request({ conversationId, sender, slot })),
        );
      }
    }
  }

  async run(
    connections: readonly Connection[],
    phase: (name: 'measuring' | 'measured') => void,
  ): Promise<TrafficResult> {
    this.#connections = connections;
    this.#sending = true;
    const stop = typeof this.spec.pace === 'number' ? this.#paced(this.spec.pace) : this.#closed();
    await this.#watched(this.spec.warmupSeconds * 1000);
    this.#latency.clear();
    phase('measuring');
    const [before, cpu, started] = [{ ...this.#total }, process.cpuUsage(), performance.now()];
    await this.#watched(this.spec.seconds * 1000);
    const [after, used, seconds] = [{ ...this.#total }, process.cpuUsage(cpu), (performance.now() - started) / 1000];
    const latencyMs = {
      p50: this.#latency.percentile(0.5),
      p99: this.#latency.percentile(0.99),
      max: this.#latency.max,
    };
    phase('measured');
    this.#sending = false;
    stop();
    await this.#drained();
    const rounds = this.spec.pace === 'burst' ? 'rounds' : 'acked';
    return {
      seconds,
      sendsPerSecond: (after[rounds] - before[rounds]) / seconds,
      deliveriesPerSecond: (after.delivered - before.delivered) / seconds,
      crossedPerSecond: (after.crossed - before.crossed) / seconds,
      latencyMs,
      acked: this.#total.acked,
      delivered: this.#total.delivered,
      readBack: this.#total.readBack,
      skipped: after.skipped,
      faults: this.#ledger.faults(this.#sent),
      generatorCpu: (used.user + used.system) / 1e6 / seconds,
    };
  }

  text(connection: Connection, buffer: Buffer, start: number, end: number): void {
    const kind = this.dialect.kind(buffer, start, end);
    if (kind === Kind.delivery) this.#delivered(connection, buffer, start, end);
    else if (kind === Kind.ack) this.#acked(connection, buffer, start, end);
    else if (kind === Kind.deliveries) this.#readBack(connection, buffer.toString('utf8', start, end));
    else if (kind === Kind.ping) connection.say(this.dialect.pong);
  }

  failed(connection: Connection, error: Error): void {
    this.#failure ??= new Error(`connection ${connection.index}: ${error.message}`);
  }

  #acked(connection: Connection, buffer: Buffer, start: number, end: number): void {
    const slot = this.dialect.slot(buffer, start, end);
    if (slot < 0) return;
    const key = connection.index * this.spec.window + slot;
    if (this.#busy[key] === 0) throw new Error(`a second reply to slot ${slot}`);
    this.#busy[key] = 0;
    this.#inFlight--;
    this.#total.acked++;
    if (this.spec.pace === 'burst') return this.#burst(connection.index);
    this.#latency.record(performance.now() - (this.#sentAt[key] ?? 0));
    if (this.spec.pace === 'ack' && this.#sending) this.#send(connection, slot);
  }

  #delivered(connection: Connection, buffer: Buffer, start: number, end: number): void {
    const mark = this.#mark.after(buffer, start, end);
    if (mark === -1) throw new Error(`a delivery without its mark: ${buffer.toString('utf8', start, end)}`);
    const { sender, count } = contentMark;
    this.#arrived(
      connection.index,
      digits(buffer, mark + sender.at, sender.width),
      digits(buffer, mark + count.at, count.width),
      this.dialect.seq(buffer, start, end),
    );
  }

  #readBack({ index }: Connection, frame: string): void {
    for (const { content, seq } of this.dialect.deliveries?.(frame) ?? []) {
      const [sender, count] = marked(content);
      if (sender === index) continue;
      this.#arrived(index, sender, count, seq);
      this.#total.readBack++;
    }
  }

  #arrived(receiver: number, sender: number, count: number, seq: number): void {
    this.#ledger.arrived(receiver, sender, count);
    if (seq !== 0) this.#ledger.numbered(receiver, seq);
    this.#total.delivered++;
    if (this.#server[receiver] !== this.#server[sender]) this.#total.crossed++;
    if (this.spec.pace === 'burst') this.#burst(sender);
  }

  /** One thing less to wait for; with the last, the sender's next burst begins. */
  #burst(sender: number): void {
    const left = (this.#due[sender] ?? 0) - 1;
    this.#due[sender] = left;
    if (left !== 0) return;
    this.#total.rounds++;
    this.#latency.record(performance.now() - (this.#sentAt[sender * this.spec.window] ?? 0));
    const connection = this.#connections[sender];
    if (this.#sending && connection) this.#send(connection, 0);
  }

  #send(connection: Connection, slot: number): void {
    const { index } = connection;
    const key = index * this.spec.window + slot;
    const count = (this.#sent[index] ?? 0) + 1;
    this.#sent[index] = count;
    this.#total.sent++;
    if (this.dialect.acks) {
      this.#busy[key] = 1;
      this.#inFlight++;
    }
    this.#due[index] = this.spec.size - 1 + (this.dialect.acks ? 1 : 0);
    this.#sentAt[key] = performance.now();
    const template = this.#templates.get(key);
    if (template) connection.write(template.stamp(count));
  }

  #closed(): () => void {
    for (const sender of this.#senders()) {
      const connection = this.#connections[sender];
      for (let slot = 0; slot < this.spec.window; slot++) if (connection) this.#send(connection, slot);
    }
    return () => undefined;
  }

  #paced(perSecond: number): () => void {
    const senders = [...this.#senders()];
    const started = performance.now();
    let placed = 0;
    const timer = setInterval(() => {
      const due = ((performance.now() - started) / 1000) * perSecond;
      for (; placed < due; placed++) this.#place(senders[placed % senders.length] ?? 0);
    }, 1);
    return () => clearInterval(timer);
  }

  #place(sender: number): void {
    const connection = this.#connections[sender];
    for (let slot = 0; slot < this.spec.window; slot++) {
      if (connection && this.#busy[sender * this.spec.window + slot] === 0) return this.#send(connection, slot);
    }
    this.#total.skipped++;
  }

  *#senders(): Generator<number> {
    for (let group = 0; group < this.spec.groups; group++) {
      for (let place = 0; place < this.spec.senders; place++) yield group * this.spec.size + place;
    }
  }

  /** Waits, and gives up as soon as a connection failed or nothing moves any more. */
  async #watched(ms: number): Promise<void> {
    const end = performance.now() + ms;
    let moved = performance.now();
    let last = -1;
    for (let left = ms; left > 0; left = end - performance.now()) {
      await sleep(Math.min(left, 100));
      if (this.#failure) throw this.#failure;
      const now = this.#total.acked + this.#total.delivered;
      if (now !== last) moved = performance.now();
      else if (performance.now() - moved > STALL_MS)
        throw new Error(`nothing came back for ${STALL_MS} ms, ${this.#inFlight} in flight`);
      last = now;
    }
  }

  /** What does not arrive in time is counted as missing by the ledger; an ack that does not come is an error. */
  async #drained(): Promise<void> {
    const expected = this.#total.sent * (this.spec.size - 1);
    const end = performance.now() + DRAIN_MS;
    while ((this.#inFlight > 0 || this.#total.delivered < expected) && performance.now() < end) await this.#watched(20);
    if (this.#inFlight > 0) throw new Error(`${this.#inFlight} sends were never answered`);
    await this.#watched(100); // a duplicate comes late
  }
}
