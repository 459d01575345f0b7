import * as v from 'valibot';
import { type TrustedIssuerConfig, trustedIssuers } from './trusted-issuers.ts';
import {
  addressBlocks,
  databaseUrl,
  flag,
  host,
  integer,
  oneOf,
  origins,
  path,
  paths,
  rate,
  redisPrefix,
  redisUrls,
  secret,
  type Value,
} from './values.ts';

/** Under which heading a key is explained. */
export type Topic = 'Listening' | 'Storage' | 'Identity' | 'Operation' | 'Extension' | 'Limits' | 'Rates';

/** One setting: all that the reader, `--help`, `config` and the document know of it. */
export interface Key {
  readonly topic: Topic;
  readonly about: string;
  readonly expected: string;
  /** As one would write it; undefined when there is none. */
  readonly fallback: string | undefined;
  /** Never shown. `password`: only the password in the URL is hidden; `passwords`: in each of several. */
  readonly hide: 'all' | 'password' | 'passwords' | undefined;
}

interface More<Fallback extends string | undefined> {
  readonly fallback?: Fallback;
  readonly hide?: Key['hide'];
}

const under =
  (topic: Topic) =>
  <Out, const Fallback extends string | undefined = undefined>(
    about: string,
    { expected, schema }: Value<Out>,
    { fallback, hide }: More<Fallback> = {},
  ) => ({
    topic,
    about,
    expected,
    fallback: fallback as string | undefined,
    hide,
    // One cast for two overloads of valibot: with a default the output is never undefined.
    schema: (fallback === undefined ? v.optional(schema) : v.optional(schema, fallback)) as v.GenericSchema<
      string | undefined,
      Fallback extends string ? Out : Out | undefined
    >,
  });

const listening = under('Listening');
const storage = under('Storage');
const identity = under('Identity');
const operation = under('Operation');
const extension = under('Extension');
const limit = under('Limits');
const perUser = under('Rates');

const issuers: Value<readonly TrustedIssuerConfig[]> = {
  expected: 'a JSON array of issuers, each with issuer, audience and either jwks and algorithms or a secret',
  schema: trustedIssuers(),
};

/** Every setting there is. A setting that is not in here does not exist. */
export const keys = {
  WS_PORT: listening('Port for WebSocket and HTTP. 0 takes a free one.', integer(0, 65_535), { fallback: '8301' }),
  HOST: listening(
    'Address to listen on. 0.0.0.0 or :: lets other machines in: put a proxy that speaks TLS before it.',
    host,
    {
      fallback: '127.0.0.1',
    },
  ),
  METRICS_PORT: listening(
    'Port for /metrics and /healthz, on 127.0.0.1 only. 0 turns that listener off.',
    integer(0, 65_535),
    {
      fallback: '8302',
    },
  ),
  TRANSPORT: listening(
    '`uws` is the fast one; `ws` runs where its binary does not (musl, another Node).',
    oneOf('uws', 'ws'),
    {
      fallback: 'uws',
    },
  ),
  ALLOWED_ORIGINS: listening(
    'Web pages of these origins may connect, besides those that this server serves itself.',
    origins,
  ),
  WEB_CLIENT: listening('Whether the messenger is served at `/`, where it was built.', flag, { fallback: 'true' }),
  WORKERS: listening(
    'Processes that share the port and the work of this machine, each with metrics on a port of its own from METRICS_PORT on. Linux only.',
    integer(1, 64),
    { fallback: '1' },
  ),
  TRUSTED_PROXIES: listening('Proxies whose X-Forwarded-For is believed. Nobody else’s is.', addressBlocks),

  DATA_DIR: storage('Where the database inside, its files and the generated secret lie.', path, { fallback: './data' }),
  DATABASE_URL: storage(
    'A PostgreSQL (15 or later) to use. Without it one is started inside, in DATA_DIR. Of several servers, the one that takes writes is found, and found again after a failover.',
    databaseUrl,
    {
      hide: 'password',
    },
  ),
  REDIS_URL: storage(
    'A Redis (6 or later) through which several nodes tell each other at once what happened; it keeps nothing that could be lost. Several addresses are a Redis Cluster (7 or later). Without it they find out from the database, a second later.',
    redisUrls,
    { hide: 'passwords' },
  ),
  REDIS_PREFIX: storage(
    'Begins the name of every key and channel, for services that share one Redis. The same on all nodes.',
    redisPrefix,
    { fallback: 'tertulia' },
  ),

  JWT_SECRET: identity(
    'Signs access tokens. Required with DATABASE_URL; else it is made once and kept in DATA_DIR/jwt-secret.',
    secret,
    {
      hide: 'all',
    },
  ),
  JWT_SECRET_PREVIOUS: identity(
    'Still accepted, no longer used to sign: move JWT_SECRET here to rotate it without logging anybody out.',
    secret,
    {
      hide: 'all',
    },
  ),
  TRUSTED_ISSUERS: identity(
    'Whose tokens are accepted besides ours. Each `{issuer, audience}` with either `{jwks, algorithms}` or `{secret}`.',
    issuers,
    { hide: 'all' },
  ),
  ALLOW_REGISTRATION: identity('Whether strangers may register.', flag, { fallback: 'true' }),
  ALLOW_GUESTS: identity('Whether strangers may enter as guests, without a password.', flag, { fallback: 'false' }),

  LOG_LEVEL: operation(
    'What is logged at least. `debug` logs the type and the ids of every event.',
    oneOf('debug', 'info', 'warn', 'error'),
    {
      fallback: 'info',
    },
  ),
  LOG_FORMAT: operation('`json` for machines, one object a line; `text` for people.', oneOf('json', 'text'), {
    fallback: 'json',
  }),
  DRAIN_SECONDS: operation('How long a stopping server gives its clients to leave.', integer(0, 600), {
    fallback: '20',
  }),
  DRAIN_NOTICE_SECONDS: operation(
    'How long a stopping server goes on as before while `/readyz` says no, so that load balancers notice first: a little longer than they take to. Not waited for where nobody asks `/readyz`.',
    integer(0, 600),
    { fallback: '3' },
  ),
  DATABASE_AWAY_SECONDS: operation(
    'How long a node goes on without its database before `/readyz` says no. If another node has it, clients are then sent there.',
    integer(5, 3_600),
    { fallback: '30' },
  ),
  CONFIG_FILE: operation('A file of KEY=value lines with any of these settings. The environment wins over it.', path),

  LISTENERS: extension(
    'Modules, relative to the working directory, that export `listeners`: an object from event types to functions.',
    paths,
  ),

  LIMIT_FRAME_BYTES: limit('One WebSocket frame or HTTP body.', integer(1_024, 524_288), { fallback: '65536' }),
  LIMIT_PAGE: limit('Entries in one page.', integer(1, 100), { fallback: '100' }),
  LIMIT_MEMBERS_PER_GROUP: limit('Members of one group.', integer(2, 100_000), { fallback: '10000' }),
  LIMIT_CONVERSATIONS_PER_USER: limit('Conversations of which one user is a member.', integer(1, 100_000), {
    fallback: '1000',
  }),
  LIMIT_SOCKETS_PER_USER: limit('Open sockets of one user.', integer(1, 10_000), { fallback: '100' }),
  LIMIT_SOCKETS_EVICT: limit(
    'Whether one socket too many of a user closes their oldest instead of being refused.',
    flag,
    {
      fallback: 'false',
    },
  ),
  LIMIT_SOCKETS_PER_ADDRESS: limit(
    'Open sockets from one address (IPv6: one /64). Behind a proxy, set TRUSTED_PROXIES.',
    integer(1, 1_000_000),
    {
      fallback: '2000',
    },
  ),
  LIMIT_UNAUTHENTICATED_SOCKETS_PER_ADDRESS: limit(
    'Those of them that have not said who they are.',
    integer(1, 1_000_000),
    { fallback: '200' },
  ),
  LIMIT_SESSIONS_PER_USER: limit('Sessions of one user; one more ends the one used longest ago.', integer(1, 10_000), {
    fallback: '100',
  }),
  LIMIT_API_KEYS_PER_USER: limit('Live API keys of one user.', integer(0, 1_000), { fallback: '20' }),
  LIMIT_IN_FLIGHT: limit('Unanswered requests of one socket.', integer(1, 1_024), { fallback: '64' }),
  LIMIT_SEND_QUEUE: limit('Messages of all users that wait for the database.', integer(1, 1_000_000), {
    fallback: '10000',
  }),
  LIMIT_BATCH: limit('Messages written in one round trip.', integer(1, 4_096), { fallback: '512' }),
  LIMIT_BUFFERED_BYTES: limit(
    'Bytes that wait for one slow reader before its socket is closed.',
    integer(65_536, 67_108_864),
    {
      fallback: '1048576',
    },
  ),
  LIMIT_AUTH_SECONDS: limit('Time to say who one is after connecting.', integer(1, 60), { fallback: '10' }),
  LIMIT_PING_SECONDS: limit('Interval of the heartbeat; a peer silent for two of them is gone.', integer(5, 300), {
    fallback: '25',
  }),
  LIMIT_ACCESS_TOKEN_SECONDS: limit('Life of an access token.', integer(60, 3_600), { fallback: '900' }),
  LIMIT_REFRESH_DAYS: limit('Life of a session that is not renewed.', integer(1, 365), { fallback: '30' }),
  LIMIT_FRAMES_PER_SECOND: limit(
    'Frames of one socket within a second, pings included; one more closes it.',
    integer(10, 1_000_000),
    { fallback: '1000' },
  ),
  LIMIT_MALFORMED_FRAMES: limit('Malformed frames after which a socket is closed.', integer(1, 1_000), {
    fallback: '10',
  }),

  LIMIT_RATE_HANDSHAKE: perUser('Opening sockets, per address.', rate, { fallback: '20/400' }),
  LIMIT_RATE_LOGIN: perUser('Passwords tried and accounts made, per address.', rate, { fallback: '1/30' }),
  LIMIT_RATE_REFRESH: perUser('Renewals of tokens, per address.', rate, { fallback: '10/200' }),
  LIMIT_RATE_SEND: perUser('Messages sent, per user.', rate, { fallback: '50/200' }),
  LIMIT_RATE_SYNC: perUser('Catching up, per user.', rate, { fallback: '10/100' }),
  LIMIT_RATE_READ: perUser('Reading, per user.', rate, { fallback: '50/200' }),
  LIMIT_RATE_WRITE: perUser('Every other durable change, per user.', rate, { fallback: '10/100' }),
  LIMIT_RATE_SIGNAL: perUser('Typing, focus and cursors, per user.', rate, { fallback: '20/100' }),
} satisfies Readonly<Record<string, Key & { readonly schema: v.GenericSchema<string | undefined, unknown> }>>;

export type KeyName = keyof typeof keys;
export const keyNames = Object.keys(keys) as KeyName[];

type Schemas = { readonly [Name in KeyName]: (typeof keys)[Name]['schema'] };
/** The whole environment, as one schema. */
export const Environment = v.object(
  Object.fromEntries(Object.entries(keys).map(([name, { schema }]) => [name, schema])) as unknown as Schemas, // fromEntries forgets the names
);
