import type { Frame, Sent, Socket, Transport } from '#app/application/ports/transport.ts';

/** Sockets and topics of one node without a network: what each socket got can be read. */
export class FakeTransport implements Pick<Transport, 'publish' | 'subscribers'> {
  readonly topics = new Map<string, Set<FakeSocket>>();

  socket(): FakeSocket {
    return new FakeSocket(this);
  }

  publish(topic: string, frame: Frame, but?: FakeSocket): void {
    for (const socket of this.topics.get(topic) ?? []) if (socket !== but) socket.send(frame);
  }

  subscribers(topic: string): number {
    return this.topics.get(topic)?.size ?? 0;
  }

  listen(): never {
    throw new Error('nobody listens here');
  }
  stopListening(): void {}
  async finish(): Promise<void> {}
  async close(): Promise<void> {}
}

export class FakeSocket implements Socket {
  open = true;
  behind = false;
  readonly protocol = '';
  readonly address = '192.0.2.1';
  readonly got: Frame[] = [];
  ended: { code: number; reason: string } | undefined;

  constructor(private readonly transport: FakeTransport) {}

  /** Its frames, decoded. */
  get heard(): readonly { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[] {
    return this.got.map((frame) => JSON.parse(frame as string) as FakeSocket['heard'][number]);
  }

  get topics(): readonly string[] {
    return [...this.transport.topics].flatMap(([topic, sockets]) => (sockets.has(this) ? [topic] : []));
  }

  send(frame: Frame): Sent {
    if (!this.open) return 'lost';
    this.got.push(frame);
    return 'sent';
  }

  subscribe(topic: string): void {
    const sockets = this.transport.topics.get(topic) ?? new Set();
    this.transport.topics.set(topic, sockets.add(this));
  }

  unsubscribe(topic: string): void {
    this.transport.topics.get(topic)?.delete(this);
  }

  publish(topic: string, frame: Frame): void {
    this.transport.publish(topic, frame, this);
  }

  cork(work: () => void): void {
    work();
  }

  end(code: number, reason: string): void {
    if (!this.open) return;
    this.open = false;
    this.ended = { code, reason };
    for (const topic of this.topics) this.unsubscribe(topic);
  }
}
