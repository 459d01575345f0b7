import type { DestinationStream } from 'pino';
import type { Clock } from '#app/application/ports/clock.ts';
import type { Journal, JournalFields } from '#app/application/ports/journal.ts';
import type { Random } from '#app/application/ports/random.ts';
import { brieflyDescribed, describedError } from './described-error.ts';
import { allowed, type Fields } from './fields.ts';
import { JsonSink, type Level, levels, type Sink, TextSink } from './log-sinks.ts';
import { oneLine } from './safe-text.ts';

export interface PinoJournalOptions {
  readonly level: Level;
  readonly format: 'json' | 'text';
  /** The incarnation of this process, on every line. */
  readonly node: string;
  readonly random: Random;
  readonly clock: Clock;
  readonly destination: DestinationStream;
  /** Told of each fault, for counting. */
  readonly onFault?: () => void;
}

const EVENT = /^[\w.: -]{1,100}$/;
/** Faults told at length in one second; further ones take one short line each, so that a flood stays readable. */
const AT_LENGTH = 50;

export class PinoJournal implements Journal {
  readonly #sink: Sink;
  readonly #listeners: ((level: Level) => void)[] = [];
  #window = { since: Number.NEGATIVE_INFINITY, faults: 0 };

  constructor(private readonly options: PinoJournalOptions) {
    const { level, format, node, destination } = options;
    this.#sink =
      format === 'json'
        ? new JsonSink(level, { pid: process.pid, node }, destination)
        : new TextSink(level, destination);
  }

  get level(): Level {
    return this.#sink.level;
  }

  /** Takes effect with the next line. */
  setLevel(level: Level): void {
    this.#sink.level = level;
    for (const told of this.#listeners) told(level);
  }

  /** One level more than now; after `debug` comes `error`. For a signal, which can't carry a word. Answers the new level. */
  turn(): Level {
    const next = levels[(levels.indexOf(this.level) + levels.length - 1) % levels.length] ?? 'info';
    this.setLevel(next);
    return next;
  }

  /** Calls `told` now and at every change. */
  onLevel(told: (level: Level) => void): void {
    this.#listeners.push(told);
    told(this.level);
  }

  debug(event: string, fields: Fields = {}): void {
    this.#write('debug', event, allowed(fields));
  }

  info(event: string, fields: JournalFields = {}): void {
    this.#write('info', event, allowed(fields));
  }

  warn(event: string, fields: JournalFields = {}): void {
    this.#write('warn', event, allowed(fields));
  }

  fault(error: unknown, where: string): string {
    this.options.onFault?.();
    const correlationId = Buffer.from(this.options.random.bytes(6)).toString('hex');
    const told = this.#floods() ? brieflyDescribed(error) : describedError(error);
    this.#write('error', 'fault', { ...allowed({ correlationId, where }), error: told });
    return correlationId;
  }

  #write(level: Level, event: string, record: Readonly<Record<string, unknown>>): void {
    this.#sink.write(level, { event: EVENT.test(event) ? event : oneLine(event, 100), ...record });
  }

  #floods(): boolean {
    const now = this.options.clock.monotonic();
    if (now - this.#window.since >= 1_000) this.#window = { since: now, faults: 0 };
    return ++this.#window.faults > AT_LENGTH;
  }
}
