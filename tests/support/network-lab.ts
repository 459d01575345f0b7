import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { WebSocketFrames } from './web-socket-frames.ts';

/** From the client to the server, or back. */
export type Direction = 'up' | 'down';

/** How a way through the lab behaves; as if it were not there, where nothing is said. */
export interface Conditions {
  /** Each piece takes so long, and up to `jitterMs` more; none overtakes another. */
  readonly delayMs?: number;
  readonly jitterMs?: number;
  readonly bytesPerSecond?: number;
  /** Nothing gets through for now; it is kept, and comes when this is over. */
  readonly stalled?: boolean;
  /** What is sent is gone, and neither end hears of it: a connection that lost something stays so for ever. */
  readonly silent?: boolean;
  /** How often a WebSocket message comes twice, or after the one behind it; between 0 and 1. No TCP does this; a bad proxy may. */
  readonly duplicated?: number;
  readonly reordered?: number;
}

/** The same numbers for the same seed. */
export const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

/** A client's way to a server on this machine, by TCP, that can be made bad. */
export class NetworkLab {
  readonly conditions: Record<Direction, Conditions> = { up: {}, down: {} };
  /** Since it began. */
  readonly seen = { connections: 0, refused: 0, cuts: 0, duplicated: 0, reordered: 0, swallowed: 0 };
  #refusing = false;
  #cut: { readonly of: Direction; after: number } | undefined;
  readonly #ways = new Set<Way>();

  private constructor(
    private readonly server: Server,
    /** Where new connections go. */
    public targetPort: number,
    readonly random: () => number,
  ) {}

  static async start(targetPort: number, random: () => number = seeded(1)): Promise<NetworkLab> {
    const server = createServer({ allowHalfOpen: true });
    const lab = new NetworkLab(server, targetPort, random);
    server.on('connection', (client) => lab.#carry(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return lab;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get open(): number {
    return this.#ways.size;
  }

  /** Bytes that are kept for later. */
  get waiting(): number {
    return [...this.#ways].reduce((sum, way) => sum + way.waiting, 0);
  }

  /** In one direction, or in both. */
  set(conditions: Conditions, ...directions: readonly Direction[]): void {
    for (const one of directions.length > 0 ? directions : (['up', 'down'] as const)) this.conditions[one] = conditions;
    for (const way of this.#ways) way.go();
  }

  /** New connections are reset at once, as by a server that is not there. */
  refuse(yes: boolean): void {
    this.#refusing = yes;
  }

  /** Resets every connection now. */
  drop(): void {
    for (const way of this.#ways) way.reset();
  }

  /** Lets exactly so many more bytes of all connections through, and resets the one whose next byte it is. */
  cutAfter(bytes: number, of: Direction): void {
    this.#cut = { of, after: bytes };
  }

  /** Everything is as if the lab were not there; what was lost stays lost. */
  heal(): void {
    this.#refusing = false;
    this.#cut = undefined;
    this.set({});
  }

  async close(): Promise<void> {
    this.drop();
    this.server.close();
    await once(this.server, 'close');
  }

  #carry(client: Socket): void {
    if (this.#refusing) {
      this.seen.refused++;
      client.on('error', () => {});
      return void client.resetAndDestroy();
    }
    this.seen.connections++;
    const server = connect({ port: this.targetPort, host: '127.0.0.1', allowHalfOpen: true });
    const way = new Way(client, server, this, (bytes, of) => this.#room(bytes, of));
    this.#ways.add(way);
    way.over.then(
      () => this.#ways.delete(way),
      () => {},
    );
  }

  /** How many of these bytes may pass; undefined for all of them. */
  #room(bytes: number, of: Direction): number | undefined {
    if (this.#cut?.of !== of) return undefined;
    const room = this.#cut.after;
    this.#cut.after -= bytes;
    if (room > bytes) return undefined;
    this.#cut = undefined;
    this.seen.cuts++;
    return room;
  }
}

type Room = (bytes: number, of: Direction) => number | undefined;

/** One connection. */
class Way {
  readonly over: Promise<unknown>;
  readonly #pipes: readonly Pipe[];

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    lab: NetworkLab,
    room: Room,
  ) {
    const cut = (): void => this.reset();
    this.#pipes = [new Pipe(client, server, 'up', lab, room, cut), new Pipe(server, client, 'down', lab, room, cut)];
    this.over = Promise.all([client, server].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // A reset comes through as a reset, unless the way is silent.
      socket.on('error', () => this.#pipes.some(({ mute }) => mute) || this.reset());
    }
  }

  get waiting(): number {
    return this.#pipes.reduce((sum, pipe) => sum + pipe.waiting, 0);
  }

  go(): void {
    for (const pipe of this.#pipes) pipe.go();
  }

  reset(): void {
    for (const pipe of this.#pipes) pipe.stop();
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }
}

/** More than this waiting, and the sender is held up, as by a full window. */
const WINDOW_BYTES = 262_144;
/** A message that was to be overtaken goes on alone when nothing comes behind it. */
const OVERTAKE_MS = 30;

/** One direction of a connection. */
class Pipe {
  /** Something of it was swallowed: nothing may come after. */
  mute = false;
  readonly #frames = new WebSocketFrames();
  readonly #queue: { readonly bytes: Buffer; readonly due: number }[] = [];
  waiting = 0;
  #lastDue = 0;
  #timer: NodeJS.Timeout | undefined;
  #held: Buffer | undefined;
  #ended = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly direction: Direction,
    private readonly lab: NetworkLab,
    private readonly room: Room,
    private readonly cut: () => void,
  ) {
    from.on('data', (bytes) => this.#take(bytes));
    from.on('end', () => {
      this.#ended = true;
      this.go();
    });
  }

  /** Sends what is due; called again whenever conditions change. */
  go(): void {
    clearTimeout(this.#timer);
    const { stalled, silent } = this.#conditions;
    if (stalled) return;
    if (silent || this.mute) return this.#swallow();
    for (let next; (next = this.#queue[0]); ) {
      const wait = next.due - performance.now();
      if (wait > 0) return void (this.#timer = setTimeout(() => this.go(), Math.ceil(wait)));
      this.#queue.shift();
      this.waiting -= next.bytes.length;
      if (!this.#send(next.bytes)) return this.stop();
    }
    if (this.waiting < WINDOW_BYTES) this.from.resume();
    if (this.#ended && !this.#held) this.to.end();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  get #conditions(): Conditions {
    return this.lab.conditions[this.direction];
  }

  #take(bytes: Buffer): void {
    for (const { piece, isMessage } of this.#frames.split(bytes))
      if (!isMessage || !this.#misplace(piece)) this.#add(piece);
    if (this.waiting >= WINDOW_BYTES) this.from.pause();
    this.go();
  }

  /** Whether it goes another way than the next in line. */
  #misplace(message: Buffer): boolean {
    const { duplicated = 0, reordered = 0 } = this.#conditions;
    const overtaken = this.#held;
    this.#held = undefined;
    if (overtaken) {
      this.#add(message);
      this.#add(overtaken);
      return true;
    }
    if (this.lab.random() < duplicated) {
      this.lab.seen.duplicated++;
      this.#add(message);
    }
    if (this.lab.random() >= reordered) return false;
    this.#held = message;
    this.lab.seen.reordered++;
    setTimeout(() => {
      if (this.#held !== message) return;
      this.#held = undefined;
      this.#add(message);
      this.go();
    }, OVERTAKE_MS).unref();
    return true;
  }

  #add(bytes: Buffer): void {
    const { delayMs = 0, jitterMs = 0, bytesPerSecond = Infinity } = this.#conditions;
    const arrives = performance.now() + delayMs + this.lab.random() * jitterMs;
    // After the one before, and no faster than the line takes it.
    this.#lastDue = Math.max(arrives, this.#lastDue + (bytes.length / bytesPerSecond) * 1_000);
    this.#queue.push({ bytes, due: this.#lastDue });
    this.waiting += bytes.length;
  }

  /** Whether there is to be more. */
  #send(bytes: Buffer): boolean {
    const room = this.room(bytes.length, this.direction);
    // What came before the cut arrives, and then the end of it.
    if (room !== undefined) this.to.write(bytes.subarray(0, room), () => this.cut());
    else this.to.write(bytes);
    return room === undefined;
  }

  #swallow(): void {
    this.lab.seen.swallowed += this.waiting;
    if (this.waiting > 0 || this.#ended) this.mute = true;
    this.#queue.length = 0;
    this.waiting = 0;
    this.from.resume();
  }
}
