import { onTestFinished } from 'vitest';
import type { Link, LinkListener, Status, Stop } from '../../../clients/sdk/src/link/link.ts';
import type { Socket, Surroundings } from '../../../clients/sdk/src/link/surroundings.ts';
import type { TokenSource } from '../../../clients/sdk/src/link/token-source.ts';
import { newWebSocketLink } from '../../../clients/sdk/src/link/web-socket-link.ts';
import type { ServerEvent } from '../../../clients/sdk/src/protocol.ts';
import { ManualTimers, settle } from '../../support/manual-timers.ts';

export const annId = '0193e49f-1111-7222-8333-444455556666';
export const bobId = '0193e49f-2222-7333-8444-555566667777';
export const conversationId = '0193e4a0-5b7c-7d2e-8f10-3c4b5a697887';
export const messageId = '0193e4a1-0c2d-7f3e-9a4b-5c6d7e8f9a0b';

export const welcome = (over: object = {}) => ({
  ...{ userId: annId, epoch: '7d1c0e5a', urev: 12, serverTime: 1_795_284_900_000, featureLevel: 1 },
  timings: { pingMs: 25_000, typingMs: 4_000, typingExpiresMs: 6_000 },
  limits: {
    ...{ frameBytes: 65_536, textCodePoints: 5_000, page: 100, membersPerGroup: 10_000, usersPerCommand: 200 },
    ...{ conversationsPerUser: 1_000, inFlight: 64, unread: 1_000, syncCursors: 1_000, watchedUsers: 200 },
    ...{ sendBurst: 200, sendsPerMinute: 3_000 },
  },
  ...over,
});
export const aMessage = (over: object = {}) => ({
  ...{ id: messageId, seq: 42, rev: 58, senderId: bobId, type: 'text', content: 'Hello, Ann.' },
  sentAt: '2026-11-20T18:30:01.250Z',
  ...over,
});
export const created = (over: object = {}) => ({
  type: 'message.created',
  data: { conversationId, rev: 58, message: aMessage(), ...over },
});

interface Sent {
  readonly id: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A socket whose other end is the test. */
export class FakeSocket implements Socket {
  protocol = '';
  binaryType = 'blob';
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onerror: Socket['onerror'] = null;
  onclose: Socket['onclose'] = null;
  readonly sent: Sent[] = [];
  /** By the client. */
  closed = false;
  /** Pings are answered without the test. */
  pongs = false;

  constructor(
    readonly url: string,
    readonly protocols: readonly string[],
  ) {}

  send(text: string): void {
    const frame = JSON.parse(text) as Sent;
    this.sent.push(frame);
    if (this.pongs && frame.type === 'ping')
      queueMicrotask(() => this.says({ id: frame.id, ok: true, data: { timestamp: 1 } }));
  }

  close(): void {
    this.closed = true;
  }

  opens(protocol = 'tertulia.v1'): void {
    this.protocol = protocol;
    this.onopen?.({} as never); // it looks at nothing
  }

  says(frame: unknown): void {
    this.saysRaw(JSON.stringify(frame));
  }

  saysRaw(data: unknown): void {
    this.onmessage?.({ data } as never); // all that it looks at
  }

  closesWith(code: number): void {
    this.onclose?.({ code } as never); // all that it looks at
  }

  /** The last frame of this type that it was sent. */
  last(type: string): Sent {
    const sent = this.sent.findLast((frame) => frame.type === type);
    if (!sent) throw new Error(`no ${type} among ${this.sent.map((frame) => frame.type).join(', ')}`);
    return sent;
  }

  answers(type: string, data: object): void {
    this.says({ id: this.last(type).id, ok: true, data });
  }

  refuses(type: string, error: object): void {
    this.says({ id: this.last(type).id, ok: false, error: { message: 'no', ...error } });
  }
}

interface StageOptions {
  readonly url?: string;
  readonly auth?: TokenSource;
  readonly onWake?: Surroundings['onWake'];
}

/** A link whose time, luck and network are the test's. */
export class LinkStage implements LinkListener {
  readonly sockets: FakeSocket[] = [];
  readonly log: string[] = [];
  readonly events: ServerEvent[] = [];
  readonly reports: unknown[] = [];
  readonly timers = new ManualTimers();
  readonly link: Link;
  /** What chance says next. */
  luck = 0.5;
  now = 1_000;
  wall = 1_795_284_900_000;
  stop: Stop | undefined;

  constructor({ url = 'https://chat.example', auth = 'a token', onWake }: StageOptions = {}) {
    const { sockets, timers } = this;
    class Opened extends FakeSocket {
      constructor(url: string, protocols: readonly string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    }
    this.link = newWebSocketLink({
      url,
      auth,
      surroundings: {
        WebSocket: Opened,
        after: (ms, work) => timers.after(ms, work),
        monotonic: () => this.now,
        wall: () => this.wall,
        random: () => this.luck,
        report: (error) => this.reports.push(error),
        ...(onWake && { onWake }),
      },
    });
    this.link.listen(this);
    onTestFinished(() => {
      this.link.close();
      if (timers.size > 0) throw new Error(`${timers.size} timers are left`);
      const open = sockets.filter((socket) => !socket.closed && socket.onclose).length;
      if (open > 0) throw new Error(`${open} sockets are left`);
    });
  }

  status(status: Status): void {
    this.log.push(status);
  }

  opened(): void {
    this.log.push('opened');
  }

  lost(): void {
    this.log.push('lost');
  }

  event(event: ServerEvent): void {
    this.log.push(event.type);
    this.events.push(event);
  }

  stopped(stop: Stop): void {
    this.log.push('stopped');
    this.stop = stop;
  }

  /** The one that was opened last. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  }

  /** Time goes by, with everything that is due in it. */
  async pass(ms: number, step = 100): Promise<void> {
    await settle();
    for (let left = ms; left > 0; left -= step) await this.leap(Math.min(step, left));
  }

  /** Time goes by at once, as in a sleep: what is due comes late. */
  async leap(ms: number): Promise<void> {
    this.now += ms;
    this.wall += ms;
    await this.timers.pass(ms);
  }

  /** Lets the link open its next socket and say who it is, and answers. */
  async arrive(over: object = {}): Promise<FakeSocket> {
    await this.begins();
    this.socket.opens();
    this.socket.answers('auth', welcome(over));
    return this.socket;
  }

  /** Lets the link open its next socket, which stays unopened. */
  async begins(): Promise<FakeSocket> {
    const before = this.sockets.length;
    for (let waited = 0; this.sockets.length === before; waited += 100) {
      if (waited > 600_000) throw new Error('it opens no socket');
      await this.pass(waited === 0 ? 1 : 100);
    }
    return this.socket;
  }

  /** How long it takes until the next socket is opened, in milliseconds. */
  async untilNext(step = 10): Promise<number> {
    const [before, start] = [this.sockets.length, this.now];
    while (this.sockets.length === before) {
      if (this.now - start > 600_000) throw new Error('it opens no socket');
      await this.pass(step, step);
    }
    return this.now - start;
  }

  async started(over: object = {}): Promise<FakeSocket> {
    this.link.start();
    return this.arrive(over);
  }
}
