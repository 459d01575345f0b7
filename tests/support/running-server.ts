import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { type DependencyContainer } from 'tsyringe';
import { v7 } from 'uuid';
import { afterAll } from 'vitest';
import { type Server, startServer } from '#app/composition/server.ts';
import type { Backplane } from '#app/application/ports/backplane.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import type { SessionId, UserId } from '#app/domain/shared/ids.ts';
import { JoseAccessTokens } from '#app/infrastructure/auth/jose-access-tokens.ts';
import { readConfig } from '#app/infrastructure/config/read-config.ts';
import { DatabaseAway } from '#app/infrastructure/postgres/failure.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { freePort } from './free-port.ts';
import { aDatabase } from './services.ts';
import { untilAvailable, welcomed } from './until-available.ts';
import { type ClientOptions, WsClient } from './ws-client.ts';

export type TransportName = 'uws' | 'ws';

/** Somebody with a session of theirs. */
export interface TestUser {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly token: string;
  readonly refreshToken: string;
}

export interface RequestParts {
  /** A string is sent as it stands. */
  readonly body?: object | string | undefined;
  readonly user?: Pick<TestUser, 'token'> | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

const START_MS = 30_000;

/** Limits out of the way of tests that are about something else. */
const ROOMY = '900000/9000000';
const roomy: Readonly<Record<string, string>> = Object.fromEntries(
  ['HANDSHAKE', 'LOGIN', 'REFRESH', 'SEND', 'SYNC', 'READ', 'WRITE', 'SIGNAL'].map((name) => [
    `LIMIT_RATE_${name}`,
    ROOMY,
  ]),
);

export interface RunningServerOptions {
  readonly transport?: TransportName;
  /** Over settings that keep limits of rate out of the way. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Instead of a fresh one. */
  readonly databaseUrl?: string;
  /** Stands before what carries events between nodes. */
  readonly backplane?: (own: Backplane) => Backplane;
}

/** A whole server in this process. It is stopped at the end of the test file if not before. */
export class RunningServer {
  private constructor(
    readonly server: Server,
    readonly databaseUrl: string,
    /** For what is not a command: use cases of operators. */
    readonly container: DependencyContainer,
    /** `JWT_SECRET`, to forge tokens with. */
    readonly secret: string,
    private readonly metricsPort: number,
  ) {}

  static async start({ transport = 'uws', settings = {}, databaseUrl, backplane }: RunningServerOptions = {}) {
    const url = databaseUrl ?? (await aDatabase()).url;
    const secret = settings['JWT_SECRET'] ?? randomBytes(32).toString('base64url');
    const metricsPort = await freePort();
    let container: DependencyContainer | undefined;
    const config = readConfig({
      ...{ WS_PORT: '0', METRICS_PORT: String(metricsPort), TRANSPORT: transport },
      ...{ DATABASE_URL: url, JWT_SECRET: secret, ALLOW_GUESTS: 'true', LOG_LEVEL: 'error' },
      ...{ DRAIN_SECONDS: '0', DRAIN_NOTICE_SECONDS: '0', LIMIT_FRAMES_PER_SECOND: '1000000', ...roomy },
      // It may have been built, or not.
      WEB_CLIENT: 'false',
      ...settings,
    });
    const server = await patiently(() =>
      startServer(config, '0.0.0-test', {
        ...(backplane && { backplane }),
        commands: (given) => {
          container = given;
          return [];
        },
      }),
    );
    const running = new RunningServer(server, url, container!, secret, metricsPort); // the server asked for commands
    opened.push(running);
    return running;
  }

  get port(): number {
    return this.server.port;
  }

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.port}/v1/ws`;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** A connection of nobody yet. */
  connect(options?: ClientOptions): Promise<WsClient> {
    return WsClient.connect(this.ws, options);
  }

  /** A connection of somebody. */
  async connectAs({ token }: Pick<TestUser, 'token'>, options?: ClientOptions): Promise<WsClient> {
    const { client, reply } = await welcomed(() => this.connect(options), token);
    if (!reply.ok) throw new Error(`auth was refused: ${reply.error?.code} ${reply.error?.rule}`);
    return client;
  }

  /** Enters as a guest, which costs no hash of a password. */
  async aUser(displayName = 'Somebody'): Promise<TestUser> {
    return userOf(await this.post('session.guest', { displayName }));
  }

  users(count: number): Promise<readonly TestUser[]> {
    return Promise.all(Array.from({ length: count }, () => this.aUser()));
  }

  /** With a handle and a password; takes as long as hashing takes. */
  async aRegisteredUser(handle: string, password: string): Promise<TestUser> {
    return userOf(await this.post('user.register', { handle, displayName: handle, password }));
  }

  /** As `user` if given. @throws Error unless it went well */
  async post(type: string, input: object, user?: Pick<TestUser, 'token'>): Promise<Record<string, unknown>> {
    const ask = () => this.request('POST', `/v1/commands/${type}`, { body: input, user });
    const { status, body } = await untilAvailable(ask, ({ body: { code } }) => code);
    if (status !== 200) throw new Error(`${type}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async request(
    method: string,
    path: string,
    { body, user, headers = {} }: RequestParts = {},
  ): Promise<{ status: number; body: Record<string, unknown>; text: string; headers: Headers }> {
    const response = await fetch(`${this.http}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(user && { authorization: `Bearer ${user.token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, body: asObject(text), headers: response.headers };
  }

  /** What a command answers when the host program calls it for a user. @throws Error unless it went well */
  async as(user: Pick<TestUser, 'userId'>, type: string, input: object): Promise<Record<string, unknown>> {
    const ask = () => this.server.call(type, input, user.userId);
    const answer = await untilAvailable(ask, (one) => (one.ok ? undefined : one.error.code));
    if (!answer.ok) throw new Error(`${type}: ${answer.error.code} ${answer.error.rule}`);
    return answer.data as Record<string, unknown>;
  }

  /** A group of `owner` with these members; answers its id. */
  async aGroup(owner: TestUser, members: readonly TestUser[] = [], policies: object = {}): Promise<string> {
    const id = v7();
    const users = members.map(({ userId }) => userId);
    await this.as(owner, 'conversation.create', { id, title: 'A group', users, ...policies });
    return id;
  }

  /** Another access token of the same session, with a life of its own. */
  async tokenOf({ userId, sessionId }: TestUser, ttlMs: number): Promise<string> {
    const options = { issuer: 'tertulia', audience: 'tertulia', ttlMs };
    return (await new JoseAccessTokens(this.secret, options, new SystemClock()).issue(userId, sessionId)).token;
  }

  /** The sum of all samples of a metric whose labels include these. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    return (await this.metricsText())
      .split('\n')
      .filter((line) => line.startsWith(`tertulia_${name}{`) || line.startsWith(`tertulia_${name} `))
      .filter((line) => wanted.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  async metricsText(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text();
  }
}

const userOf = (welcome: Record<string, unknown>): TestUser => {
  const { user, session, accessToken, refreshToken } = welcome as {
    user: { id: UserId };
    session: { id: SessionId };
    accessToken: string;
    refreshToken: string;
  };
  return { userId: user.id, sessionId: session.id, token: accessToken, refreshToken };
};

const asObject = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
};

/** As under a supervisor: again where the machine was too busy for the database to answer in time. */
const patiently = async <T>(start: () => Promise<T>): Promise<T> => {
  for (const until = performance.now() + START_MS; ; )
    try {
      return await start();
    } catch (error) {
      const away = error instanceof DatabaseAway || (error instanceof Refusal && error.kind === 'unavailable');
      if (!away || performance.now() > until) throw error;
    }
};

const opened: RunningServer[] = [];
afterAll(async () => {
  for (const running of opened.splice(0)) await running.stop();
});
