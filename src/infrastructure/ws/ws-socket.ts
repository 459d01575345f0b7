import type { Socket as TcpSocket } from 'node:net';
import { WebSocket } from 'ws';
import type { Frame, Sent, Socket } from '#app/application/ports/transport.ts';
import { sendableCode, sendableReason, TOO_SLOW } from '../transport/closing.ts';
import { frameBytes } from './frame-bytes.ts';
import type { Topics } from './topics.ts';

/** What all sockets of one listener share. */
export interface Hub {
  readonly topics: Topics<WsSocket>;
  readonly maxBufferedBytes: number;
  publish(topic: string, frame: Frame, except: WsSocket): void;
  /** Calls `flush` when this turn of the loop is over. */
  afterTurn(socket: WsSocket): void;
}

export class WsSocket implements Socket {
  /** What `end` was given; 0 while nobody ended it. */
  endCode = 0;
  readonly topics = new Set<string>();
  #open = true;
  #corked = false;
  /** Whether bytes of an earlier turn still wait. */
  #behind = false;

  constructor(
    private readonly hub: Hub,
    private readonly ws: WebSocket,
    private readonly tcp: TcpSocket,
    readonly protocol: string,
    readonly address: string,
  ) {}

  /** The library tells of the peer's close frame only when the connection is gone; its state tells at once. */
  get open() {
    return this.#open && this.ws.readyState === WebSocket.OPEN;
  }

  /** What this turn wrote waits for nobody but its end. */
  get behind(): boolean {
    return this.open && (this.#corked ? this.#behind : this.tcp.writableLength > 0);
  }

  send(frame: Frame): Sent {
    return this.open ? this.write(frameBytes(frame)) : 'lost';
  }

  subscribe(topic: string) {
    if (this.open) this.hub.topics.add(topic, this);
  }

  unsubscribe(topic: string) {
    if (this.open) this.hub.topics.remove(topic, this);
  }

  publish(topic: string, frame: Frame) {
    if (this.open) this.hub.publish(topic, frame, this);
  }

  /** Everything of one turn leaves together anyway. */
  cork(work: () => void) {
    work();
  }

  end(code: number, reason: string) {
    if (!this.open) return;
    this.endCode = sendableCode(code);
    this.closed();
    this.ws.close(this.endCode, sendableReason(reason)); // behind what waits; `closeTimeout` cuts
  }

  // What follows is for the transport.

  /** A whole frame. Bypasses the library's sender, which without compression would write the same bytes. */
  write(bytes: Uint8Array): Sent {
    if (!this.open) return 'lost';
    if (this.tcp.writableLength > this.hub.maxBufferedBytes) {
      this.flush(); // what the kernel takes at once does not wait for a slow reader
      if (this.tcp.writableLength > this.hub.maxBufferedBytes) {
        this.end(TOO_SLOW.code, TOO_SLOW.reason);
        return 'lost';
      }
    }
    if (!this.#corked) {
      this.#corked = true;
      this.#behind = this.tcp.writableLength > 0;
      this.tcp.cork();
      this.hub.afterTurn(this);
    }
    this.tcp.write(bytes);
    return this.#behind ? 'buffered' : 'sent';
  }

  flush() {
    if (this.#corked) this.tcp.uncork();
    this.#corked = false;
  }

  closed() {
    this.#open = false;
    this.hub.topics.removeAll(this);
  }

  cut() {
    this.ws.terminate();
  }
}
