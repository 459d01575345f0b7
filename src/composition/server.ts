import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { container as root, type DependencyContainer } from 'tsyringe';
import { MOST_WATCHED } from '#app/application/connection/presence-watch.ts';
import { SendingOn } from '#app/application/connection/sending-on.ts';
import { Availability } from '#app/application/availability.ts';
import { InProcessEventBus } from '#app/application/in-process-event-bus.ts';
import type { Backplane } from '#app/application/ports/backplane.ts';
import type { EventBus } from '#app/application/ports/event-bus.ts';
import type { HttpHandler, Transport } from '#app/application/ports/transport.ts';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import { MAX_USERS_PER_COMMAND } from '#app/domain/chat/conversation.ts';
import { UNREAD_LIMIT } from '#app/domain/chat/membership.ts';
import { MAX_TEXT } from '#app/domain/chat/message-content.ts';
import type { DomainEvent } from '#app/domain/shared/domain-event.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import { codecs as makeCodecs } from '#app/infrastructure/codecs/codecs.ts';
import { decodeJson } from '#app/infrastructure/codecs/json.ts';
import { localSecret } from '#app/infrastructure/config/local-secret.ts';
import type { Config } from '#app/infrastructure/config/read-config.ts';
import { traceEvents } from '#app/infrastructure/logging/event-trace.ts';
import { LogStream } from '#app/infrastructure/logging/log-stream.ts';
import { PinoJournal } from '#app/infrastructure/logging/pino-journal.ts';
import { CryptoRandom } from '#app/infrastructure/system/crypto-random.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { EventLoopLag } from '#app/infrastructure/telemetry/event-loop-lag.ts';
import { PrometheusMetrics } from '#app/infrastructure/telemetry/prometheus-metrics.ts';
import { readWebFiles } from '#app/infrastructure/web/read-web-files.ts';
import { WsTransport } from '#app/infrastructure/ws/ws-transport.ts';
import { auth } from '#app/interfaces/commands/auth.ts';
import { type Answer, callCommand } from '#app/interfaces/commands/call.ts';
import { catalogueOf } from '#app/interfaces/commands/catalogue.ts';
import type { AnyCommand } from '#app/interfaces/commands/command.ts';
import { focus } from '#app/interfaces/commands/focus.ts';
import { ping } from '#app/interfaces/commands/ping.ts';
import { presenceSet } from '#app/interfaces/commands/presence-set.ts';
import { presenceWatch } from '#app/interfaces/commands/presence-watch.ts';
import { MAX_CURSORS } from '#app/interfaces/commands/sync.ts';
import { typing } from '#app/interfaces/commands/typing.ts';
import { asyncApiDocument } from '#app/interfaces/http/documents/asyncapi.ts';
import { openApiDocument } from '#app/interfaces/http/documents/openapi.ts';
import { httpHandler } from '#app/interfaces/http/handler.ts';
import { metricsHandler, publicPages } from '#app/interfaces/http/pages.ts';
import { WebClient } from '#app/interfaces/http/web-client.ts';
import { chatModule } from './chat.module.ts';
import { CHAT_LIMITS, MESSAGE_LOG } from './chat.tokens.ts';
import { openConnections } from './connections.ts';
import { drain, lookout } from './draining.ts';
import { identityModule } from './identity.module.ts';
import {
  AUTHENTICATOR,
  EVENT_BUS,
  IDENTITY_CONFIG,
  JOURNAL,
  LOGIN_THROTTLE,
  POSTGRES,
  RATE_LIMITER,
  REVOCATIONS,
} from './identity.tokens.ts';
import { Lifetime } from './lifetime.ts';
import { listenFromModules } from './listener-modules.ts';
import { openDirectory, openReach, openRedis } from './nodes.ts';
import { realtime } from './realtime.ts';
import { openStorage } from './storage.ts';

/** What a host program adds to a server. */
export interface Extensions {
  /** More rows of the catalogue; gets the container, to resolve what the server's own commands use. */
  readonly commands?: (container: DependencyContainer) => readonly AnyCommand[];
  /** Takes the place of what carries events between nodes, or wraps it. */
  readonly backplane?: (own: Backplane) => Backplane;
  /** Registers listeners before anything happens. */
  readonly listen?: (events: EventBus) => void;
}

export interface Server {
  readonly host: string;
  /** The one that was taken, where 0 was asked for. */
  readonly port: number;
  readonly events: EventBus;
  readonly journal: PinoJournal;
  /** Calls any command as a user, as if they had called it over HTTP. */
  call(type: string, input: object, as: UserId): Promise<Answer>;
  /** Drains and closes everything. A second call awaits the first. */
  stop(): Promise<void>;
}

const TICK_MS = 1_000;
const LOG_FLUSH_MS = 1_000;
const HEARTBEAT_MS = 10_000;
/** How often it is looked whether the database answers, for `/readyz`. */
const LOOK_MS = 2_000;
/** A node that lost track looks again this soon. */
const DISTURBED_RETRY_MS = 1_000;

/** Opens everything in order, and closes what it opened if something can't be. @throws CannotStart, PortTaken, NotListening, and what the database says */
export const startServer = async (config: Config, version: string, extensions: Extensions = {}): Promise<Server> => {
  const lifetime = new Lifetime();
  try {
    return await open(config, version, extensions, lifetime);
  } catch (error) {
    await lifetime[Symbol.asyncDispose]();
    throw error;
  }
};

const open = async (config: Config, version: string, extensions: Extensions, lifetime: Lifetime): Promise<Server> => {
  const [clock, random] = [new SystemClock(), new CryptoRandom()];
  const incarnation = Buffer.from(random.bytes(9)).toString('base64url');
  const metrics = new PrometheusMetrics();
  const destination = new LogStream(process.stdout, () => metrics.count('log_dropped_total'));
  lifetime.own(destination, (opened) => opened.close(LOG_FLUSH_MS));
  const onFault = () => metrics.count('faults_total');
  const journal = new PinoJournal({ ...config.log, node: incarnation, random, clock, destination, onFault });
  const events = new InProcessEventBus(journal, metrics);
  events.on('session.opened', ({ session }) => metrics.count('sessions_opened_total', { kind: session.kind }));
  events.on('session.ended', ({ reason }) => metrics.count('sessions_ended_total', { reason }));
  traceEvents(events, journal);
  extensions.listen?.(events);
  await listenFromModules(events, config.listeners, process.cwd());

  const node = { incarnation, journal, metrics, clock };
  const redis = await openRedis(config, lifetime, node);
  const reach = openReach(redis, config, lifetime, node);
  const backplane = extensions.backplane?.(reach.backplane) ?? reach.backplane;
  for (const type of announced) events.on(type, (event) => publish(backplane, event));
  const { postgres, log } = await openStorage(config, lifetime, {
    journal,
    metrics,
    clock,
    uncertain: () => setTimeout(() => backplane.disturb(), DISTURBED_RETRY_MS).unref(),
  });

  const container = root.createChildContainer();
  container.register(EVENT_BUS, { useValue: events });
  container.register(JOURNAL, { useValue: journal });
  container.register(POSTGRES, { useValue: postgres });
  container.register(MESSAGE_LOG, { useValue: log });
  container.register(CHAT_LIMITS, { useValue: config.limits });
  container.register(IDENTITY_CONFIG, { useValue: await identityConfig(config) });
  const modules = [identityModule(container), chatModule(container)];
  if (reach.limiter) container.register(RATE_LIMITER, { useValue: reach.limiter });
  if (reach.throttle) container.register(LOGIN_THROTTLE, { useValue: reach.throttle });
  if (reach.revocations) container.register(REVOCATIONS, { useValue: reach.revocations });
  const limits = toldLimits(config);
  const catalogue = catalogueOf([
    auth({ clock, pingMs: config.limits.pingMs, limits }),
    ping(clock, events),
    ...connectionCommands(),
    ...modules.flatMap((of) => of()),
    ...(extensions.commands?.(container) ?? []),
  ]);
  const commands = [...catalogue.values()];

  const transport = await transportOf(config);
  lifetime.own(transport, (opened) => opened.close());
  const { gateway, comparison, antiEntropy, revocationWatch } = realtime(container, config, {
    transport,
    codecs: makeCodecs(),
    backplane,
    directory: openDirectory(config, postgres, node),
    ...(await openConnections({ redis, reach, postgres }, config, lifetime, node)),
    lifetime,
    reach,
    metrics,
    incarnation,
    commands: catalogue,
  });
  lifetime.own(comparison, (begun) => begun.close());
  lifetime.own(revocationWatch, (begun) => begun.close());
  lifetime.own(antiEntropy, (begun) => begun.close());
  await antiEntropy.start();
  const availability = new Availability(clock, { awayMs: config.databaseAwayMs });
  const sendingOn = new SendingOn(availability, reach.witnesses, {
    ...{ clock, noticeMs: config.drainNoticeMs, others: () => antiEntropy.others },
    leave: (calledOff) => gateway.sendOn(config.drainMs, (ms) => pause(ms), calledOff),
  });
  const readiness = () => availability.asked(log.failing || !reach.connected());
  metrics.gauge('draining', () => (availability.draining ? 1 : 0));
  const http = httpHandler({
    commands,
    pages: publicPages({
      readiness,
      web: await webClient(config),
      documents: {
        openapi: () => openApiDocument(commands, version),
        asyncapi: () => asyncApiDocument(commands, version),
      },
    }),
    authenticator: container.resolve(AUTHENTICATOR),
    limiter: container.resolve(RATE_LIMITER),
    clock,
    journal,
    metrics,
    decodeJson,
    requestId: () => random.uuid(),
    allowedOrigins: config.allowedOrigins,
    maxBodyBytes: config.limits.frameBytes,
  });
  await serveMetrics(config, metrics, journal, lifetime);
  const fault = (error: unknown, where: string) => void journal.fault(error, where);
  const address = await transport.listen({ sockets: gateway, http, fault }, transportOptions(config));

  const lag = lifetime.own(new EventLoopLag(), (opened) => opened.stop());
  lifetime.own(
    every(TICK_MS, () => gateway.tick()),
    clearInterval,
  );
  const beat = () =>
    events.publish({ type: 'server.heartbeat', lagMs: lag.takeMs(), connections: gateway.size, queued: log.size });
  lifetime.own(every(HEARTBEAT_MS, beat), clearInterval);
  const look = lookout(() => postgres.answers(), availability, sendingOn);
  lifetime.own(every(LOOK_MS, look), clearInterval);

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await drain(config, { availability, transport, gateway });
    await lifetime[Symbol.asyncDispose]();
    events.publish({ type: 'server.stopped', pid: process.pid, node: incarnation });
    journal.info('stopped');
    await destination.close(LOG_FLUSH_MS); // again, for the line that says so
  };
  events.publish({
    type: 'server.started',
    pid: process.pid,
    address: `${address.host}:${address.port}`,
    node: incarnation,
  });
  journal.info('listening', { host: address.host, port: address.port, transport: config.listen.transport, version });
  const guards = { limiter: container.resolve(RATE_LIMITER), journal, metrics };
  return {
    ...address,
    events,
    journal,
    call: async (type, input, as) => {
      const command = catalogue.get(type);
      if (!command) throw new Error(`there is no command ${type}`);
      return callCommand(command, input, { userId: as, address: 'host' }, guards);
    },
    stop: () => (stopping ??= stop()),
  };
};

/** What other nodes, and the sockets of this one, are told of. */
const announced = [
  'message.sent',
  'message.edited',
  'message.deleted',
  'members.added',
  'member.removed',
  'member.left',
  'member.role_changed',
  'conversation.created',
  'conversation.updated',
  'conversation.deleted',
  'membership.joined',
  'membership.left',
  'membership.changed',
  'block.changed',
  'profile.changed',
  'message.delivered',
  'message.read',
] as const satisfies readonly DomainEvent['type'][];

/** One that throws all the same has lost what was committed: everybody looks at the database. */
const publish = (backplane: Backplane, event: ChatEvent): void => {
  try {
    backplane.publish([event]);
  } catch (error) {
    backplane.disturb();
    throw error;
  }
};

const identityConfig = async ({ identity, tokens, trustedIssuers, rates, databaseUrl, dataDir }: Config) => ({
  ...identity,
  jwtSecret: tokens.secret ?? (databaseUrl === undefined ? await localSecret(dataDir) : ''),
  jwtSecretPrevious: tokens.previousSecret,
  accessTokens: { issuer: 'tertulia', audience: 'tertulia', ttlMs: tokens.accessTtlMs },
  trustedIssuers,
  limits: rates,
});

/** What has no use case of its own: it concerns the connection and nothing that lasts. */
const connectionCommands = () => [focus(), typing(), presenceWatch(), presenceSet()];

const toldLimits = ({ limits, rates }: Config) => ({
  frameBytes: limits.frameBytes,
  textCodePoints: MAX_TEXT,
  page: limits.page,
  membersPerGroup: limits.membersPerGroup,
  usersPerCommand: MAX_USERS_PER_COMMAND,
  conversationsPerUser: limits.conversationsPerUser,
  inFlight: limits.inFlight,
  unread: UNREAD_LIMIT,
  syncCursors: MAX_CURSORS,
  watchedUsers: MOST_WATCHED,
  sendBurst: rates.send.burst,
  sendsPerMinute: Math.floor(rates.send.rate * 60),
});

/** What `make build` made; beside this file as in the sources. */
const WEB_FOLDER = fileURLToPath(new URL('../../dist/web', import.meta.url));

const webClient = async ({ webClient }: Config): Promise<WebClient | undefined> => {
  const files = webClient ? await readWebFiles(WEB_FOLDER) : undefined;
  return files && new WebClient(files);
};

/** The binary is loaded only where it is used: it exists for some platforms and one major of Node. */
const transportOf = async ({ listen }: Config): Promise<Transport> => {
  if (listen.transport === 'ws') return new WsTransport();
  const { UwsTransport } = await import('#app/infrastructure/uws/uws-transport.ts');
  return new UwsTransport();
};

/** A frame above the application's limit gets a clear error; one far above it ends the socket. */
const FAR_ABOVE = 1_048_576;

const transportOptions = ({ listen, limits, trustedProxies }: Config) => ({
  host: listen.host,
  port: listen.port,
  maxFrameBytes: FAR_ABOVE,
  maxBodyBytes: limits.frameBytes,
  maxBufferedBytes: limits.bufferedBytes,
  trustedProxies,
  sharedPort: listen.shared,
});

const serveMetrics = async (
  config: Config,
  metrics: PrometheusMetrics,
  journal: PinoJournal,
  lifetime: Lifetime,
): Promise<void> => {
  if (config.metricsPort === 0) return;
  const transport = lifetime.own(new WsTransport(), (opened) => opened.close());
  const http: HttpHandler = metricsHandler(() => metrics.scrape());
  const noSockets = {
    upgrade: () => ({ accept: false, response: { status: 404 } }) as const,
    open: () => {},
    message: () => {},
    control: () => {},
    close: () => {},
  };
  await transport.listen(
    { sockets: noSockets, http, fault: (error, where) => void journal.fault(error, where) },
    { ...transportOptions(config), host: '127.0.0.1', port: config.metricsPort, trustedProxies: [], sharedPort: false },
  );
};

const every = (ms: number, work: () => void): NodeJS.Timeout => setInterval(work, ms).unref();
