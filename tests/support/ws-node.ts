import type { ConversationEvent, UserEvent } from '#app/domain/chat/chat-events.ts';
import { RevGate } from '#app/application/chat/rev-gate.ts';
import type { ChangedOwnRow, ChangedRow } from '#app/application/ports/feed.ts';
import type { FrameCodec } from '#app/application/ports/frame-codec.ts';
import { Connection } from '#app/domain/connection/connection.ts';
import { ConnectionId, type ConversationId, type UserId } from '#app/domain/shared/ids.ts';
import { JsonCodec } from '#app/infrastructure/codecs/json-codec.ts';
import { Broadcaster } from '#app/interfaces/ws/broadcaster.ts';
import { Session } from '#app/interfaces/ws/session.ts';
import { Subscriptions } from '#app/interfaces/ws/subscriptions.ts';
import { type FakeSocket, FakeTransport } from './fake-transport.ts';
import { ManualTimers } from './manual-timers.ts';

export interface TestSession extends Session {
  readonly socket: FakeSocket;
}

/** The part of a node between its gates and its sockets. */
export class WsNode {
  readonly transport = new FakeTransport();
  readonly timers = new ManualTimers();
  readonly json = new JsonCodec();
  readonly codecsInUse = new Set<FrameCodec>([this.json]);
  readonly told: string[] = [];
  readonly rejoined: [UserId, readonly ConversationId[]][] = [];
  readonly #sessions = new Map<ConnectionId, Session>();

  readonly conversationGate = this.#gate<ConversationId, ConversationEvent, ChangedRow>();
  readonly userGate = this.#gate<UserId, UserEvent, ChangedOwnRow>();
  readonly subscriptions = new Subscriptions(this.conversationGate, this.userGate, (change, { connection }, channel) =>
    this.told.push(`${connection.id} ${change} ${channel}`),
  );
  readonly broadcaster = new Broadcaster(
    this.transport,
    { sessionOf: (id) => this.#sessions.get(id), codecsInUse: this.codecsInUse },
    this.subscriptions,
    (userId, conversations) => this.rejoined.push([userId, conversations]),
  );

  /** A session of somebody, on their own channel already. */
  enter(name: string, userId: UserId, codec: FrameCodec = this.json): TestSession {
    const connection = new Connection(ConnectionId(name), '192.0.2.1');
    connection.identify(
      { userId, sessionId: undefined, apiKeyId: undefined, expiresAt: undefined, device: undefined },
      0,
    );
    const session = new Session(connection, this.transport.socket(), codec, 0) as TestSession; // given a fake one
    this.codecsInUse.add(codec);
    this.#sessions.set(connection.id, session);
    this.subscriptions.enter(session, userId);
    return session;
  }

  /** Nothing is ever missing here; what is let out is what the test hands in. */
  #gate<Key, Event, Row>(): RevGate<Key, Event, Row> {
    return new RevGate<Key, Event, Row>(
      { heads: async () => new Map(), read: async () => ({ rows: [], more: false }), counterOf: () => 0 },
      { event: () => {}, repaired: () => {} },
      this.timers,
      { holdMs: 50, heldLimit: 10 },
    );
  }
}
