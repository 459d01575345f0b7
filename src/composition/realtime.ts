import type { DependencyContainer } from 'tsyringe';
import { AntiEntropy } from '#app/application/chat/anti-entropy.ts';
import { HeadComparison } from '#app/application/chat/head-comparison.ts';
import { ClaimConnection } from '#app/application/connection/claim-connection.ts';
import { RevocationWatch } from '#app/application/identity/revocation-watch.ts';
import type { AddressCensus } from '#app/application/ports/address-census.ts';
import type { ConnectionRegistry } from '#app/application/ports/connection-registry.ts';
import type { Evictions } from '#app/application/ports/evictions.ts';
import type { Backplane } from '#app/application/ports/backplane.ts';
import type { FrameCodec } from '#app/application/ports/frame-codec.ts';
import type { Metrics } from '#app/application/ports/metrics.ts';
import type { PresenceStore } from '#app/application/ports/presence-store.ts';
import type { NodeDirectory } from '#app/application/ports/node-directory.ts';
import type { Transport } from '#app/application/ports/transport.ts';
import type { ConnectionId } from '#app/domain/shared/ids.ts';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import type { Config } from '#app/infrastructure/config/read-config.ts';
import { PostgresProofs } from '#app/infrastructure/postgres/postgres-proofs.ts';
import { systemTimers } from '#app/infrastructure/system/system-timers.ts';
import type { AnyCommand } from '#app/interfaces/commands/command.ts';
import { closeCodes } from '#app/interfaces/protocol/close-codes.ts';
import { Authentication } from '#app/interfaces/ws/authentication.ts';
import { Broadcaster } from '#app/interfaces/ws/broadcaster.ts';
import { Dispatcher } from '#app/interfaces/ws/dispatcher.ts';
import { Gateway } from '#app/interfaces/ws/gateway.ts';
import { Subscriptions } from '#app/interfaces/ws/subscriptions.ts';
import type { Lifetime } from './lifetime.ts';
import type { Reach } from './nodes.ts';
import { openAttention } from './presence.ts';
import { FEED } from './chat.tokens.ts';
import { makeGates } from './gates.ts';
import { AUTHENTICATOR, CLOCK, EVENT_BUS, JOURNAL, POSTGRES, RATE_LIMITER, REVOCATIONS } from './identity.tokens.ts';

export interface RealtimeParts {
  readonly transport: Transport;
  /** The first is the default. */
  readonly codecs: readonly FrameCodec[];
  readonly backplane: Backplane;
  readonly directory: NodeDirectory;
  readonly registry: ConnectionRegistry;
  readonly census: AddressCensus;
  /** Undefined: no other node has any. */
  readonly evictions: Evictions | undefined;
  readonly presence: PresenceStore;
  readonly lifetime: Lifetime;
  readonly reach: Pick<Reach, 'connected' | 'signals'>;
  readonly metrics: Metrics;
  /** Random, of this life of the process. */
  readonly incarnation: string;
  readonly commands: ReadonlyMap<string, AnyCommand>;
}

const HOLD_MS = 50;
/** Of events of other nodes that are busy: a batch of theirs may take so long from its commit to here. */
const LONGEST_HOLD_MS = 400;
const HELD_LIMIT = 1_000;
/** From another node that is busy; who compares every 30 seconds can wait that long. */
const LATE_MS = 1_000;

/** Everything of a node that knows who is connected: from frames to commands, and from events to topics. */
export const realtime = (c: DependencyContainer, config: Config, parts: RealtimeParts) => {
  const {
    transport,
    codecs,
    backplane,
    directory,
    registry,
    census,
    evictions,
    reach,
    metrics,
    incarnation,
    commands,
  } = parts;
  const [events, clock, journal] = [c.resolve(EVENT_BUS), c.resolve(CLOCK), c.resolve(JOURNAL)];
  const feed = c.resolve(FEED);

  const gates = makeGates(feed, systemTimers, {
    holdMs: HOLD_MS,
    longestHoldMs: LONGEST_HOLD_MS,
    lateMs: LATE_MS,
    heldLimit: HELD_LIMIT,
    onHeld: () => metrics.count('gate_held_total'),
    onRepair: () => metrics.count('gate_repairs_total'),
    onSilentLoss: () => metrics.count('silent_loss_repaired_total'),
    onFault: (error) => {
      metrics.count('repair_failures_total');
      journal.fault(error, 'rev gate');
    },
  });
  const subscriptions = new Subscriptions(gates.conversations, gates.users, (change, session, channel) => {
    const type = `channel.${change}` as const;
    if (events.hears(type)) events.publish({ type, connectionId: session.connection.id, at: clock.now(), channel });
  });
  const evict = (id: ConnectionId) => {
    if (!gateway.evict(id)) evictions?.tell(id);
  };
  const onAway = () => metrics.count('registry_failures_total');
  const claim = new ClaimConnection(registry, {
    ...{ mostPerUser: config.limits.socketsPerUser, evictOldest: config.limits.evictOldest },
    ...{ reachable: reach.connected, evict, onAway },
  });
  evictions?.onTold((id) => gateway.evict(id));
  events.on('connection.closed', ({ connectionId }) => {
    registry.remove(connectionId).catch(onAway);
  });
  const authentication = new Authentication(c.resolve(AUTHENTICATOR), feed, subscriptions, gates.users, {
    events,
    clock,
    socketsPerUser: config.limits.socketsPerUser,
    evictOldest: config.limits.evictOldest,
    claim: (connection) => claim.execute(connection),
    known: (session) => {
      gateway.known(session);
      const { id, identity } = session.connection;
      if (identity) attention.tracker.arrived(id, identity.userId);
    },
  });
  const dispatcher = new Dispatcher({
    commands,
    authentication,
    attention: () => attention,
    events,
    metrics,
    clock,
    journal,
    limiter: c.resolve(RATE_LIMITER),
    frameLimit: config.limits.frameBytes,
    inFlightLimit: config.limits.inFlight,
    malformedLimit: config.limits.malformedFrames,
  });
  const gateway: Gateway = new Gateway({
    codecs,
    dispatcher,
    subscriptions,
    revocations: c.resolve(REVOCATIONS),
    limiter: c.resolve(RATE_LIMITER),
    census,
    events,
    metrics,
    clock,
    incarnation,
    allowedOrigins: config.allowedOrigins,
    limits: config.limits,
  });
  const broadcaster = new Broadcaster(transport, gateway, subscriptions, (userId, conversations) => {
    authentication.rejoin(userId, conversations).catch((error: unknown) => {
      journal.fault(error, 'rejoin');
      // What these sockets may hear is not known any more; they come back and resume.
      for (const { socket } of subscriptions.ofUser(userId)) socket.end(closeCodes.overloaded, 'resume');
    });
  });
  gates.openInto(broadcaster);
  const attention: ReturnType<typeof openAttention> = openAttention(c, {
    ...{ lifetime: parts.lifetime, presence: parts.presence, metrics, subscriptions, broadcaster },
    signals: reach.signals,
  });

  const receive = (event: ChatEvent): void => {
    if ('rev' in event && 'actorId' in event) gates.conversations.accept(event.conversationId, event.rev, event);
    else if ('urev' in event) gates.users.accept(event.userId, event.urev, event);
    else if (subscriptions.conversation(event.conversationId)) attention.receipts.changed(event);
  };
  const comparison = new HeadComparison(feed, [gates.conversations, gates.users], systemTimers, {
    onFault: (error) => {
      metrics.count('repair_failures_total');
      journal.fault(error, 'comparing heads');
    },
    onOtherHistory: () => {
      journal.warn('the database holds another history: all sockets begin anew');
      gateway.sendAway();
    },
  });
  comparison.begin('routine');
  backplane.subscribe(receive, (topic) => gates.conversations.isOpen(topic) || gates.users.isOpen(topic));
  backplane.onDisturbance(() => {
    metrics.count('backplane_disturbances_total');
    comparison.begin('disturbed');
  });
  const antiEntropy = new AntiEntropy(directory, backplane, comparison, systemTimers, {
    clock,
    onFault: () => metrics.count('directory_failures_total'),
    // Without Redis nobody expects to hear them.
    onUnheard: (nodes) => {
      if (config.redis.urls.length > 0)
        journal.warn('other nodes live and are not heard by way of redis: are REDIS_URL and REDIS_PREFIX the same?', {
          count: nodes,
        });
    },
  });

  const revocationWatch = new RevocationWatch(
    new PostgresProofs(c.resolve(POSTGRES)),
    c.resolve(REVOCATIONS),
    () => gateway.identities(),
    systemTimers,
    (error) => void journal.fault(error, 'looking for revocations'),
  );

  metrics.gauge('connections', () => gateway.size);
  metrics.gauge('unauthenticated_connections', () => gateway.unauthenticated);
  metrics.gauge('users', () => subscriptions.users);
  metrics.gauge('other_nodes', () => antiEntropy.others);
  metrics.gauge('unheard_nodes', () => antiEntropy.unheard);
  metrics.gauge('topics', () => gates.conversations.size + gates.users.size);
  return { gateway, comparison, antiEntropy, revocationWatch };
};
