import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Metrics } from '#app/application/ports/metrics.ts';
import { type Metric, metricTable } from './metric-table.ts';

type Labels = Readonly<Record<string, string>>;

const PREFIX = 'tertulia_';
/** Values that one label takes; what comes later counts as `other`, so that no mistake of ours can fill the memory. */
const MOST_VALUES = 200;
const WORD = /^[\w.:/{}-]{1,80}$/;

interface Options {
  /** Throws for what the table doesn't know, instead of leaving it out; for tests. */
  readonly strict?: boolean;
  /** Memory, CPU, garbage collection, lag of the event loop, open files. */
  readonly process?: boolean;
}

/** Keeps a registry of its own, so that several servers in one process count apart. */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, { readonly counter: Counter; readonly labels: LabelWords }>();
  readonly #histograms = new Map<string, { readonly histogram: Histogram; readonly labels: LabelWords }>();
  readonly #gauges = new Map<string, () => number>();
  readonly #strict: boolean;

  constructor({ strict = false, process = true }: Options = {}) {
    this.#strict = strict;
    if (process) collectDefaultMetrics({ register: this.#registry });
    for (const [name, metric] of Object.entries(metricTable)) this.#add(name, metric);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  count(name: string, labels?: Labels, by = 1): void {
    const known = this.#counters.get(name);
    if (!known || !(by >= 0 && by < Number.POSITIVE_INFINITY)) return this.#refuse('counter', name, by);
    known.counter.inc(known.labels.bounded(labels), by);
  }

  gauge(name: string, read: () => number): void {
    if (metricTable[name]?.kind !== 'gauge') return this.#refuse('gauge', name);
    if (!this.#gauges.has(name)) this.#makeGauge(name);
    this.#gauges.set(name, read);
  }

  observe(name: string, value: number, labels?: Labels): void {
    const known = this.#histograms.get(name);
    if (!known || !Number.isFinite(value)) return this.#refuse('histogram', name, value);
    known.histogram.observe(known.labels.bounded(labels), value);
  }

  /** Prometheus' text format. A gauge that can't be read is NaN and spoils no other. */
  scrape(): Promise<string> {
    return this.#registry.metrics();
  }

  #add(name: string, { kind, help, labels: names = [], buckets = [] }: Metric): void {
    const labels = new LabelWords(names, this.#strict);
    const about = { name: PREFIX + name, help, labelNames: names, registers: [this.#registry] };
    if (kind === 'counter') this.#counters.set(name, { counter: new Counter(about), labels });
    if (kind === 'histogram')
      this.#histograms.set(name, { histogram: new Histogram({ ...about, buckets: [...buckets] }), labels });
  }

  #makeGauge(name: string): void {
    const read = () => this.#read(name);
    new Gauge({
      name: PREFIX + name,
      help: metricTable[name]?.help ?? name,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  #read(name: string): number {
    try {
      return Number(this.#gauges.get(name)?.());
    } catch {
      return Number.NaN; // Prometheus shows a gap; whoever reads the rest is not punished
    }
  }

  #refuse(kind: string, name: string, value?: number): void {
    if (this.#strict)
      throw new Error(`no ${kind} ${name} in metric-table.ts${value === undefined ? '' : ` that takes ${value}`}`);
  }
}

/** The labels of one metric, with the values seen so far. */
class LabelWords {
  readonly #seen: ReadonlyMap<string, Set<string>>;

  constructor(
    names: readonly string[],
    private readonly strict: boolean,
  ) {
    this.#seen = new Map(names.map((name) => [name, new Set()]));
  }

  bounded(labels: Labels = {}): Record<string, string> {
    if (this.strict && Object.keys(labels).toSorted().join() !== [...this.#seen.keys()].toSorted().join())
      throw new Error(
        `labels ${Object.keys(labels).join()} where metric-table.ts says ${[...this.#seen.keys()].join()}`,
      );
    const bounded: Record<string, string> = {};
    for (const [name, seen] of this.#seen) bounded[name] = wordOf(labels[name], seen);
    return bounded;
  }
}

const wordOf = (value: string | undefined, seen: Set<string>): string => {
  if (value === undefined) return 'none';
  if (seen.has(value)) return value;
  if (seen.size >= MOST_VALUES || !WORD.test(value)) return 'other';
  seen.add(value);
  return value;
};
