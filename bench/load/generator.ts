import { TASKSET } from '../servers/machine.ts';
import { Program } from '../servers/process.ts';
import type { FromLoad, LoadSpec, ToLoad, TrafficResult } from './spec.ts';

const OPEN_MS = 60_000;
const SLACK_MS = 40_000;
const main = new URL('./main.ts', import.meta.url).pathname;

type Said<K extends FromLoad['kind']> = Extract<FromLoad, { readonly kind: K }>;

/** The load generator's process, seen from the one that directs the bench. */
export class Generator {
  private constructor(private readonly process: Program) {}

  static async start(cpus: string | undefined): Promise<Generator> {
    const prefix = cpus === undefined ? [] : [TASKSET, '-c', cpus];
    const generator = new Generator(
      Program.start({ name: 'the load generator', args: ['--import', 'tsx', main], env: {}, prefix, ipc: true }),
    );
    await generator.#said('ready', OPEN_MS);
    return generator;
  }

  /** Opens and authenticates all connections. @returns how many a second */
  async open(spec: LoadSpec): Promise<number> {
    const opened = this.#said('opened', OPEN_MS);
    this.#tell({ kind: 'open', spec });
    return (await opened).perSecond;
  }

  /** `measuring` is called when the warm-up is over, `measured` when the measured time is. */
  async run(seconds: number, measuring: () => void, measured: () => void): Promise<TrafficResult> {
    const ms = seconds * 1000 + SLACK_MS;
    const result = this.#said('result', ms);
    const phases = Promise.all([
      this.#said('measuring', ms).then(measuring),
      this.#said('measured', ms).then(measured),
    ]);
    this.#tell({ kind: 'run' });
    await Promise.race([phases, result.then(() => undefined)]);
    return (await result).result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.stop();
  }

  #tell(message: ToLoad): void {
    this.process.child.send(message);
  }

  #said<K extends FromLoad['kind']>(kind: K, ms: number): Promise<Said<K>> {
    const { child } = this.process;
    const heard = new Promise<Said<K>>((resolve, reject) => {
      const hear = (message: FromLoad): void => {
        if (message.kind !== kind && message.kind !== 'failed') return;
        child.off('message', hear);
        if (message.kind === 'failed') reject(new Error(message.error));
        else resolve(message as Said<K>); // the kinds were just compared
      };
      child.on('message', hear);
    });
    return this.process.before(heard, ms, `to say ${kind}`);
  }
}
