import * as v from 'valibot';
import { CannotStart } from '#app/application/cannot-start.ts';
import type { Buckets } from '../memory/in-process-rate-limiter.ts';
import { Environment, type KeyName, keys } from './keys.ts';
import { gather, type Variables } from './sources.ts';
import { isGuessable } from './values.ts';
import { warningsOf } from './warnings.ts';

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const LAST_PORT = 65_535;

type Values = v.InferOutput<typeof Environment>;
export type Config = ReturnType<typeof arranged> & { readonly warnings: readonly string[] };

/**
 * The environment, parsed once. `warnings` are for the operator and stop nothing.
 * @throws CannotStart with every problem at once
 */
export const readConfig = (env: Variables): Config => {
  const { texts, problems } = gather(env);
  const parsed = v.safeParse(Environment, texts);
  const found = [
    ...problems,
    ...(parsed.issues ?? []).map((issue) => problemOf(issue)),
    ...(parsed.success ? contradictions(parsed.output) : []),
  ];
  if (found.length > 0 || !parsed.success) throw new CannotStart(found);
  return { ...arranged(parsed.output), warnings: warningsOf(parsed.output) };
};

/** Names the value as well, unless it may be a secret. Valibot's own words quote their input, so ours stand for them. */
const problemOf = (issue: v.BaseIssue<unknown>): string => {
  const place = v.getDotPath(issue) ?? '';
  const name = place.split('.')[0] as KeyName; // the schema's entries are our keys
  const { expected, hide } = keys[name];
  const text = issue.message.startsWith('Invalid') ? expected : issue.message;
  return `${place}: expected ${text}${hide ? '' : `, not ${JSON.stringify(String(issue.input).slice(0, 100))}`}`;
};

const contradictions = (values: Values): string[] => {
  const wrong: [boolean, string][] = [
    [
      values.DATABASE_URL !== undefined && values.JWT_SECRET === undefined,
      `JWT_SECRET: expected ${keys.JWT_SECRET.expected}; it is required with DATABASE_URL, so that all nodes have the same one`,
    ],
    [
      values.JWT_SECRET_PREVIOUS !== undefined && values.JWT_SECRET_PREVIOUS === values.JWT_SECRET,
      'JWT_SECRET_PREVIOUS: expected another value than that of JWT_SECRET',
    ],
    [
      values.METRICS_PORT !== 0 &&
        values.METRICS_PORT <= values.WS_PORT &&
        values.WS_PORT < values.METRICS_PORT + values.WORKERS,
      'METRICS_PORT: expected another port than WS_PORT, for metrics are not for everybody (each of the WORKERS takes one)',
    ],
    [
      (values.TRUSTED_ISSUERS ?? []).some((issuer) => 'secret' in issuer && isGuessable(issuer.secret)),
      'TRUSTED_ISSUERS: expected secrets of chance; one of them is a placeholder or a pattern',
    ],
    [
      values.REDIS_URL !== undefined && values.DATABASE_URL === undefined,
      'REDIS_URL: expected DATABASE_URL as well; the database inside serves one node alone',
    ],
    [
      (values.REDIS_URL ?? []).length > 1 &&
        (values.REDIS_URL ?? []).some((url) => /^\/[1-9]/.test(new URL(url).pathname)),
      'REDIS_URL: expected no database number, for a Redis Cluster has only one',
    ],
    [
      values.WORKERS > 1 && process.platform !== 'linux',
      'WORKERS: expected 1; only Linux lets several processes share a port',
    ],
    [
      values.METRICS_PORT !== 0 && values.METRICS_PORT + values.WORKERS - 1 > LAST_PORT,
      'METRICS_PORT: expected a port after which there is one for each of the WORKERS',
    ],
    [values.LIMIT_BATCH > values.LIMIT_SEND_QUEUE, 'LIMIT_BATCH: expected no more than LIMIT_SEND_QUEUE'],
    [
      values.LIMIT_BUFFERED_BYTES < 2 * values.LIMIT_FRAME_BYTES,
      'LIMIT_BUFFERED_BYTES: expected at least twice LIMIT_FRAME_BYTES, or one message could close its readers',
    ],
  ];
  return wrong.filter(([is]) => is).map(([, problem]) => problem);
};

const arranged = (values: Values) =>
  ({
    listen: { host: values.HOST, port: values.WS_PORT, transport: values.TRANSPORT, shared: values.WORKERS > 1 },
    workers: values.WORKERS,
    /** 0: no listener for them. Always on 127.0.0.1. */
    metricsPort: values.METRICS_PORT,
    dataDir: values.DATA_DIR,
    /** Undefined: the database inside. */
    databaseUrl: values.DATABASE_URL,
    /** Without urls: alone, or with others on the same database. Several urls: a cluster. */
    redis: { urls: values.REDIS_URL ?? [], prefix: values.REDIS_PREFIX },
    webClient: values.WEB_CLIENT,
    allowedOrigins: values.ALLOWED_ORIGINS ?? [],
    trustedProxies: values.TRUSTED_PROXIES ?? [],
    tokens: {
      /** Undefined: the one that `localSecret` keeps in the data directory. */
      secret: values.JWT_SECRET,
      previousSecret: values.JWT_SECRET_PREVIOUS,
      accessTtlMs: values.LIMIT_ACCESS_TOKEN_SECONDS * SECOND,
    },
    trustedIssuers: values.TRUSTED_ISSUERS ?? [],
    identity: {
      allowRegistration: values.ALLOW_REGISTRATION,
      allowGuests: values.ALLOW_GUESTS,
      refreshTtlMs: values.LIMIT_REFRESH_DAYS * DAY,
      sessionsPerUser: values.LIMIT_SESSIONS_PER_USER,
      apiKeysPerUser: values.LIMIT_API_KEYS_PER_USER,
    },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    drainMs: values.DRAIN_SECONDS * SECOND,
    drainNoticeMs: values.DRAIN_NOTICE_SECONDS * SECOND,
    databaseAwayMs: values.DATABASE_AWAY_SECONDS * SECOND,
    listeners: values.LISTENERS ?? [],
    limits: {
      frameBytes: values.LIMIT_FRAME_BYTES,
      page: values.LIMIT_PAGE,
      membersPerGroup: values.LIMIT_MEMBERS_PER_GROUP,
      conversationsPerUser: values.LIMIT_CONVERSATIONS_PER_USER,
      evictOldest: values.LIMIT_SOCKETS_EVICT,
      socketsPerUser: values.LIMIT_SOCKETS_PER_USER,
      socketsPerAddress: values.LIMIT_SOCKETS_PER_ADDRESS,
      unauthenticatedSocketsPerAddress: values.LIMIT_UNAUTHENTICATED_SOCKETS_PER_ADDRESS,
      inFlight: values.LIMIT_IN_FLIGHT,
      sendQueue: values.LIMIT_SEND_QUEUE,
      batch: values.LIMIT_BATCH,
      bufferedBytes: values.LIMIT_BUFFERED_BYTES,
      authMs: values.LIMIT_AUTH_SECONDS * SECOND,
      pingMs: values.LIMIT_PING_SECONDS * SECOND,
      malformedFrames: values.LIMIT_MALFORMED_FRAMES,
      framesPerSecond: values.LIMIT_FRAMES_PER_SECOND,
    },
    /** By LimitClass. */
    rates: {
      handshake: values.LIMIT_RATE_HANDSHAKE,
      login: values.LIMIT_RATE_LOGIN,
      refresh: values.LIMIT_RATE_REFRESH,
      send: values.LIMIT_RATE_SEND,
      sync: values.LIMIT_RATE_SYNC,
      read: values.LIMIT_RATE_READ,
      write: values.LIMIT_RATE_WRITE,
      signal: values.LIMIT_RATE_SIGNAL,
    } satisfies Buckets,
  }) as const;
