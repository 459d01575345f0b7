import { AddMembers } from '#app/application/chat/add-members.ts';
import { AntiEntropy } from '#app/application/chat/anti-entropy.ts';
import { DeleteMessage } from '#app/application/chat/delete-message.ts';
import { EditMessage } from '#app/application/chat/edit-message.ts';
import { HeadComparison } from '#app/application/chat/head-comparison.ts';
import { RemoveMember } from '#app/application/chat/remove-member.ts';
import { SendMessage } from '#app/application/chat/send-message.ts';
import { Sync } from '#app/application/chat/sync.ts';
import type { EventBus } from '#app/application/ports/event-bus.ts';
import type { EventFrame, FrameCodec } from '#app/application/ports/frame-codec.ts';
import type { Timers } from '#app/application/ports/timers.ts';
import { makeGates } from '#app/composition/gates.ts';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import { Connection } from '#app/domain/connection/connection.ts';
import type { DomainEvent } from '#app/domain/shared/domain-event.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { ConnectionId, type UserId } from '#app/domain/shared/ids.ts';
import { Authentication } from '#app/interfaces/ws/authentication.ts';
import { Broadcaster } from '#app/interfaces/ws/broadcaster.ts';
import { Session } from '#app/interfaces/ws/session.ts';
import { Subscriptions } from '#app/interfaces/ws/subscriptions.ts';
import { FakeTransport, type FakeSocket } from '../support/fake-transport.ts';
import type { Asker } from './database.ts';
import type { Stream } from './judge.ts';
import type { Station } from './network.ts';
import type { FrameShape } from './shapes.ts';
import type { World } from './world.ts';

/** Who is at the other end of a socket. */
export interface Peer {
  readonly userId: UserId;
  hear(frame: FrameShape): void;
  lost(): void;
}

/** Frames stay what they are: encoding them is tested elsewhere, and would take most of the time. */
class FrameTable implements FrameCodec {
  readonly protocol = 'simulated';
  readonly binary = false;
  readonly #frames: FrameShape[] = [];

  encode(frame: EventFrame): string {
    return String(this.#frames.push(frame as FrameShape) - 1); // events alone are encoded here
  }

  of(text: string): FrameShape {
    return this.#frames[Number(text)]!; // it was made here
  }

  decode(): never {
    throw new Error('clients call');
  }
}

const HOLD_MS = 50;
const LATE_MS = 1_000;
const UNCERTAIN_MS = 1_000;
const AGAIN_MS = 500;

/** A node as it is composed in production, from its use cases to its topics; only the ports are simulated. */
export class SimulatedNode implements Station, Asker {
  alive = true;
  /** Until then everything that would happen here waits. */
  #frozenUntil = 0;
  readonly #transport = new FakeTransport();
  readonly #codec = new FrameTable();
  readonly #sessions = new Map<ConnectionId, { readonly session: Session; readonly peer: Peer }>();
  readonly #streams = new WeakMap<Session, Stream>();
  #opened = 0;

  readonly sync: Sync;
  readonly send: SendMessage;
  readonly edit: EditMessage;
  readonly delete: DeleteMessage;
  readonly add: AddMembers;
  readonly remove: RemoveMember;
  readonly #authentication: Authentication;
  readonly #subscriptions: Subscriptions;
  readonly #antiEntropy: AntiEntropy;
  readonly #disturb: () => void;

  constructor(
    private readonly world: World,
    readonly incarnation: string,
  ) {
    const { database, network, chance } = world;
    const [feed, conversations, log] = [database.feedOf(this), database.conversationsOf(this), database.logOf(this)];
    const timers: Timers = { after: (ms, work) => this.later(ms, work) };
    const clock = { now: () => world.time.now, monotonic: () => world.time.now };
    const backplane = network.join(this);
    const events: EventBus = {
      publish: (event) => isChatEvent(event) && backplane.publish([event]),
      hears: () => false,
      on: () => () => {},
    };
    const gates = makeGates(feed, timers, {
      holdMs: HOLD_MS,
      lateMs: LATE_MS,
      heldLimit: 20,
      onHeld: () => world.met.held++,
      onRepair: () => world.met.repairs++,
      onSilentLoss: () => world.met.silent++,
      onFault: (error) => world.expected(error),
    });
    this.#subscriptions = new Subscriptions(gates.conversations, gates.users, () => {});
    this.#authentication = new Authentication(
      {
        authenticate: async (token) => ({ kind: 'guest', userId: token as UserId, expiresAt: undefined }), // given one
      },
      feed,
      this.#subscriptions,
      gates.users,
      { events, clock, socketsPerUser: 100, evictOldest: false, claim: async () => {}, known: () => {} },
    );
    const sessions = {
      sessionOf: (id: ConnectionId) => this.#sessions.get(id)?.session,
      codecsInUse: [this.#codec],
    };
    const broadcaster = new Broadcaster(this.#transport, sessions, this.#subscriptions, (userId, ids) => {
      this.#authentication.rejoin(userId, ids).catch((error: unknown) => {
        world.expected(error);
        for (const { socket } of [...this.#subscriptions.ofUser(userId)]) socket.end(4450, 'resume');
      });
    });
    gates.openInto(broadcaster);
    const comparison = new HeadComparison(feed, [gates.conversations, gates.users], timers, {
      onFault: (error) => world.expected(error),
      onOtherHistory: () => world.judge.blame('another history'),
    });
    comparison.begin('routine');
    backplane.subscribe((event) => {
      if ('rev' in event && 'actorId' in event) gates.conversations.accept(event.conversationId, event.rev, event);
      else if ('urev' in event) gates.users.accept(event.userId, event.urev, event);
    });
    backplane.onDisturbance(() => comparison.begin('disturbed'));
    this.#disturb = () => backplane.disturb();
    this.#antiEntropy = new AntiEntropy(database.directoryOf(this), backplane, comparison, timers, {
      clock,
      onUnheard: () => {},
      onFault: (error) => world.expected(error),
    });
    this.#begin();

    this.sync = new Sync(feed);
    this.send = new SendMessage(log, events);
    this.edit = new EditMessage(conversations, events);
    this.delete = new DeleteMessage(conversations, events);
    this.add = new AddMembers(conversations, events, chance, { membersPerGroup: 100, conversationsPerUser: 100 });
    this.remove = new RemoveMember(conversations, events, chance);
  }

  /** In production a node that can't is started again by who watches it. */
  #begin(): void {
    this.#antiEntropy.start().catch((error: unknown) => {
      this.world.expected(error);
      this.later(AGAIN_MS, () => this.#begin());
    });
  }

  // What happens here

  later(ms: number, work: () => void): () => void {
    let callOff = () => {};
    const due = () => {
      if (!this.alive) return;
      const wait = this.#frozenUntil - this.world.time.now;
      if (wait > 0) callOff = this.world.time.after(wait, due);
      else work();
    };
    callOff = this.world.time.after(ms, due);
    return () => callOff();
  }

  soon(ms: number): Promise<void> {
    return new Promise((resolve) => this.later(ms, resolve));
  }

  uncertain(): void {
    this.later(UNCERTAIN_MS, this.#disturb);
  }

  // What happens to it

  freeze(ms: number): void {
    this.#frozenUntil = Math.max(this.#frozenUntil, this.world.time.now + ms);
  }

  /** From one moment to the next; who was connected notices. */
  die(): void {
    this.alive = false;
    this.world.network.leave(this);
    for (const { peer } of this.#sessions.values())
      this.world.time.after(this.world.chance.between(0, 300), () => peer.lost());
    this.#sessions.clear();
  }

  // What clients do

  /** @throws Refusal */
  async open(peer: Peer): Promise<{ readonly session: Session; readonly urev: number; readonly epoch: string }> {
    const stream: Stream = new Map();
    const socket = this.#transport.socket();
    const connection = new Connection(ConnectionId(`${this.incarnation}-${++this.#opened}`), socket.address);
    const session = new Session(connection, socket, this.#codec, this.world.time.now);
    this.#sessions.set(connection.id, { session, peer });
    socket.got.push = (text) => {
      const frame = this.#codec.of(text as string); // this codec's
      this.world.judge.event(stream, peer.userId, frame);
      peer.hear(frame);
      return 0;
    };
    const end = socket.end.bind(socket);
    socket.end = (code, reason) => {
      if (!socket.open) return;
      end(code, reason);
      this.later(0, () => this.close(session));
    };
    this.#streams.set(session, stream);
    const { urev, epoch } = await this.#authentication.authenticate(session, peer.userId, undefined);
    return { session, urev, epoch };
  }

  streamOf(session: Session): Stream {
    return this.#streams.get(session)!; // every session that was opened here has one
  }

  close(session: Session): void {
    const known = this.#sessions.get(session.connection.id);
    if (!known) return;
    this.#sessions.delete(session.connection.id);
    (session.socket as FakeSocket).open = false; // as above
    for (const topic of (session.socket as FakeSocket).topics) session.socket.unsubscribe(topic);
    this.#subscriptions.leave(session);
    known.peer.lost();
  }
}

const isChatEvent = (event: DomainEvent): event is ChatEvent & DomainEvent => 'urev' in event || 'rev' in event;

export const isPassing = (error: unknown): boolean => error instanceof Refusal && error.kind === 'unavailable';
