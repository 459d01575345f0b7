import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from './free-port.ts';

/** A `redis-server` of the PATH on a port of its own, without persistence, that may be killed and started again. */
export class RedisServer {
  #server: ChildProcess | undefined;
  private constructor(
    readonly port: number,
    private readonly more: Readonly<Record<string, string>>,
  ) {}

  static async start(more: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), more);
    await server.start();
    return server;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when it accepts connections. @throws when there is no redis-server */
  async start(): Promise<void> {
    const options = { bind: '127.0.0.1', port: this.port, save: '', appendonly: 'no', databases: REDIS_DATABASES };
    const flags = Object.entries({ ...options, ...this.more }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const server = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      server.on('error', reject);
      server.on('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${said}`)));
      server.stdout.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4_000);
        if (said.includes('Ready to accept connections')) resolve();
      });
    });
  }

  /** Of a cluster's own talk. */
  get busPort(): string {
    return this.more['cluster-port'] ?? '';
  }

  get running(): boolean {
    return this.#server?.exitCode === null && this.#server.signalCode === null;
  }

  /** SIGSTOP freezes it, SIGCONT lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#server?.kill(signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const server = this.#server;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  }

  stop(): Promise<void> {
    return this.kill('SIGTERM');
  }
}

export const REDIS_DATABASES = 1_024;
