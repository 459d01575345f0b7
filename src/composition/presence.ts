import type { DependencyContainer } from 'tsyringe';
import { LiveReceipts } from '#app/application/chat/live-receipts.ts';
import { AnnounceTyping } from '#app/application/connection/announce-typing.ts';
import { PresenceTracker } from '#app/application/connection/presence-tracker.ts';
import { PresenceWatch } from '#app/application/connection/presence-watch.ts';
import { TypingBoard } from '#app/application/connection/typing-board.ts';
import type { EventBus } from '#app/application/ports/event-bus.ts';
import type { Metrics } from '#app/application/ports/metrics.ts';
import type { PresenceStore } from '#app/application/ports/presence-store.ts';
import type { Signals } from '#app/application/ports/signals.ts';
import { Repeating } from '#app/application/repeating.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import { PostgresAcquaintances } from '#app/infrastructure/postgres/postgres-acquaintances.ts';
import { PostgresLastSeen } from '#app/infrastructure/postgres/postgres-last-seen.ts';
import { systemTimers } from '#app/infrastructure/system/system-timers.ts';
import { EventLoopLag } from '#app/infrastructure/telemetry/event-loop-lag.ts';
import type { Broadcaster } from '#app/interfaces/ws/broadcaster.ts';
import type { Subscriptions } from '#app/interfaces/ws/subscriptions.ts';
import { CLOCK, EVENT_BUS, POSTGRES } from './identity.tokens.ts';
import type { Lifetime } from './lifetime.ts';

/** The bound of what watchers are told: one frame each in a round. */
const ROUND_MS = 1_000;
const LAG_MS = 500;
/** A loop that is so late has more important things to do than what is worth something only now. */
const BUSY_MS = 250;

export interface AttentionContext {
  readonly lifetime: Lifetime;
  readonly signals: Signals;
  readonly presence: PresenceStore;
  readonly metrics: Metrics;
  readonly subscriptions: Subscriptions;
  readonly broadcaster: Broadcaster;
}

/** Who is there, who looks at what, who types: everything of a node that is worth something only now. */
export const openAttention = (c: DependencyContainer, context: AttentionContext) => {
  const { lifetime, signals, presence, metrics, subscriptions, broadcaster } = context;
  const [clock, events, postgres] = [c.resolve(CLOCK), c.resolve(EVENT_BUS), c.resolve(POSTGRES)];
  const [acquaintances, lastSeen] = [new PostgresAcquaintances(postgres), new PostgresLastSeen(postgres)];
  const onFault = () => metrics.count('presence_failures_total');
  const busy = loadGate(lifetime);
  signalRelations(events, signals);

  const tracker = new PresenceTracker(presence, lastSeen, signals, { clock, timers: systemTimers, events, onFault });
  lifetime.own(tracker, (opened) => opened.close());
  const watch = new PresenceWatch(presence, acquaintances, lastSeen, signals, {
    tell: (id, changed) => broadcaster.presence(id, changed),
    here: (userId) => tracker.statusOf(userId),
    busy: () => {
      if (busy()) metrics.count('presence_rounds_shed_total');
      return busy();
    },
    onFault,
  });
  const round = async () => {
    tracker.tick();
    await watch.round();
  };
  lifetime.own(new Repeating(systemTimers, ROUND_MS, round, onFault), (begun) => begun.close());

  const board = new TypingBoard(systemTimers, clock, {
    isOpen: (id) => subscriptions.conversation(id) !== undefined,
    tell: (id, users) => broadcaster.typing(id, users),
  });
  lifetime.own(board, (opened) => opened.close());
  signals.onSignal((signal) => {
    if (signal.type === 'typing') board.heard(signal.conversationId, signal.userId, signal.active);
  });
  const announce = new AnnounceTyping(acquaintances, signals, events, clock);
  const receipts = lifetime.own(
    new LiveReceipts(systemTimers, (id, changed) => broadcaster.receipts(id, changed)),
    (opened) => opened.close(),
  );
  events.on('connection.closed', ({ connectionId }) => {
    tracker.left(connectionId);
    watch.leave(connectionId);
  });
  metrics.gauge('watched_users', () => watch.size);
  metrics.gauge('typing_conversations', () => board.size);
  return { subscriptions, broadcaster, tracker, watch, board, announce, clock, metrics, busy, receipts };
};

/** Whether this process is late now. */
const loadGate = (lifetime: Lifetime): (() => boolean) => {
  const lag = lifetime.own(new EventLoopLag(), (opened) => opened.stop());
  let busy = false;
  const look = () => {
    busy = lag.takeMs() > BUSY_MS;
  };
  lifetime.own(setInterval(look, LAG_MS).unref(), clearInterval);
  return () => busy;
};

/** What decides who may see anything of whom is told to whoever shows it, on all nodes. */
const signalRelations = (events: EventBus, signals: Signals): void => {
  const changed = (users: readonly UserId[]) => signals.send({ type: 'relations', users });
  for (const type of ['membership.joined', 'membership.left'] as const)
    events.on(type, ({ userId }) => changed([userId]));
  events.on('block.changed', ({ userId, blockedId }) => signals.send({ type: 'blocks', users: [userId, blockedId] }));
};
