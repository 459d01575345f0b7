import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { endProcessesOf } from '#app/infrastructure/embedded/postgres-processes.ts';
import { eventually } from './raw-socket.ts';
import { untilAvailable, welcomed } from './until-available.ts';
import { WsClient } from './ws-client.ts';

type Settings = Readonly<Record<string, string>>;

const root = join(import.meta.dirname, '../..');
/** Starting includes making a database, on a machine that has other things to do. */
const START_MS = 120_000;
/** What it says then. */
export const DATABASE_AWAY = 'the connection to the database failed';

/** What is run: the sources, unless another one is given. */
export interface Program {
  readonly cwd: string;
  /** For Node. */
  readonly args: readonly string[];
}
const sources: Program = { cwd: root, args: ['--import', 'tsx', 'src/main.ts'] };

/** The server as operators run it: a process of its own, with nothing but these settings. */
export class StartedServer {
  output = '';
  port = 0;
  /** Its exit code; null after a signal. */
  readonly exited: Promise<number | null>;
  #exited = false;

  private constructor(
    private readonly process: ChildProcess,
    private readonly dataDir: string | undefined,
  ) {
    for (const stream of [process.stdout, process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    // 'close' comes when all that it wrote has been read.
    this.exited = once(process, 'close').then(([code]) => {
      this.#exited = true;
      return code as number | null;
    });
  }

  /** Started, and not waited for. */
  static spawn(settings: Settings, { cwd, args } = sources): StartedServer {
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, args, {
      cwd,
      env: { PATH, HOST: '127.0.0.1', WS_PORT: '0', METRICS_PORT: '0', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new StartedServer(child, settings['DATA_DIR']);
  }

  /**
   * Resolves when it listens. As under a supervisor, it is started again where the machine was too busy for the database to
   * answer in time. @throws Error with what it wrote when it ends instead
   */
  static async start(settings: Settings, program?: Program): Promise<StartedServer> {
    for (const until = performance.now() + START_MS; ; ) {
      const server = await StartedServer.#tried(settings, program);
      if (!server.#exited) return server;
      if (!server.output.includes(DATABASE_AWAY) || performance.now() > until)
        throw new Error(`it does not start:\n${server.output}`);
    }
  }

  static async #tried(settings: Settings, program?: Program): Promise<StartedServer> {
    const server = StartedServer.spawn(settings, program);
    const listening = await eventually(
      () => /listening on 127\.0\.0\.1:(\d+)/.exec(server.output) ?? (server.#exited ? 'exited' : undefined),
      'the server listens',
      START_MS,
    ).catch((error: unknown) => {
      server.signal('SIGKILL');
      throw error;
    });
    if (listening !== 'exited') server.port = Number(listening[1]);
    return server;
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.port}/v1/ws`;
  }

  async connect(token: string): Promise<WsClient> {
    const { client, reply } = await welcomed(() => WsClient.connect(this.ws), token);
    if (!reply.ok) throw new Error(`auth was refused: ${reply.error?.code}`);
    return client;
  }

  async post(type: string, input: object, token?: string): Promise<Record<string, unknown>> {
    const ask = async () => {
      const response = await fetch(`http://127.0.0.1:${this.port}/v1/commands/${type}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(input),
      });
      return { response, body: (await response.json()) as Record<string, unknown> };
    };
    const { response, body } = await untilAvailable(ask, (answer) => answer.body['code']);
    if (!response.ok) throw new Error(`${type}: ${response.status} ${JSON.stringify(body)}`);
    return body;
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** As a power cut would: the server and its PostgreSQL at once, with -9. */
  async killEverything(): Promise<void> {
    this.signal('SIGKILL');
    if (this.dataDir !== undefined) await endProcessesOf(join(this.dataDir, 'postgres'), 'SIGKILL', 5_000);
    await this.exited;
  }
}
