import { type DestinationStream, type Level as PinoLevel, pino, stdTimeFunctions } from 'pino';

export type Level = 'debug' | 'info' | 'warn' | 'error';
export const levels: readonly Level[] = ['debug', 'info', 'warn', 'error'];

/** Where records go that are safe already. */
export interface Sink {
  level: Level;
  write(level: Level, record: Readonly<Record<string, unknown>>): void;
}

/** One JSON object a line. */
export class JsonSink implements Sink {
  readonly #logger;

  constructor(level: Level, base: Readonly<Record<string, unknown>>, destination: DestinationStream) {
    this.#logger = pino(
      {
        level,
        base: { ...base },
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      destination,
    );
  }

  get level(): Level {
    return levels.find((level) => level === this.#logger.level) ?? 'info';
  }

  set level(level: Level) {
    this.#logger.level = level satisfies PinoLevel;
  }

  write(level: Level, record: Readonly<Record<string, unknown>>): void {
    this.#logger[level](record);
  }
}

/** For people: time, level, event, the rest as name=value; errors with their frames below. */
export class TextSink implements Sink {
  constructor(
    public level: Level,
    private readonly destination: DestinationStream,
  ) {}

  write(level: Level, record: Readonly<Record<string, unknown>>): void {
    if (levels.indexOf(level) < levels.indexOf(this.level)) return;
    const { event, error, ...fields } = record;
    const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${plain(value)}`);
    const head = `${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${String(event)}${pairs.join('')}`;
    this.destination.write(`${head}${typeof error === 'object' ? `\n${errorLines(error as object)}` : ''}\n`);
  }
}

const plain = (value: unknown) =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
const errorLines = (error: object) => JSON.stringify(error, undefined, 2).replaceAll(/^/gm, '    ');
