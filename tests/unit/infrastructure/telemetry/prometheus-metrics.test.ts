import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { EventLoopLag } from '#app/infrastructure/telemetry/event-loop-lag.ts';
import { metricTable } from '#app/infrastructure/telemetry/metric-table.ts';
import { PrometheusMetrics } from '#app/infrastructure/telemetry/prometheus-metrics.ts';

let metrics: PrometheusMetrics;
beforeEach(() => {
  metrics = new PrometheusMetrics({ process: false });
});
const lines = async (start: string) => (await metrics.scrape()).split('\n').filter((line) => line.startsWith(start));

describe('metrics', () => {
  it('count by label', async () => {
    metrics.count('connections_closed_total', { code: '1006' });
    metrics.count('connections_closed_total', { code: '1006' }, 2);
    metrics.count('connections_closed_total', { code: '4413' });
    expect(await lines('tertulia_connections_closed_total')).toEqual([
      'tertulia_connections_closed_total{code="1006"} 3',
      'tertulia_connections_closed_total{code="4413"} 1',
    ]);
  });

  it('observe into buckets', async () => {
    metrics.observe('batch_size', 3);
    metrics.observe('batch_size', 300);
    expect(await lines('tertulia_batch_size')).toEqual(
      expect.arrayContaining([
        'tertulia_batch_size_bucket{le="2"} 0',
        'tertulia_batch_size_bucket{le="4"} 1',
        'tertulia_batch_size_sum 303',
        'tertulia_batch_size_count 2',
      ]),
    );
  });

  it('read gauges when somebody scrapes; the last registration counts', async () => {
    let open = 1;
    metrics.gauge('connections', () => -1);
    metrics.gauge('connections', () => open);
    expect(await lines('tertulia_connections ')).toEqual(['tertulia_connections 1']);
    open = 5;
    expect(await lines('tertulia_connections ')).toEqual(['tertulia_connections 5']);
  });

  it('survive a gauge that throws, and show the others', async () => {
    metrics.gauge('connections', () => {
      throw new Error('broken');
    });
    metrics.gauge('users', () => 2);
    expect(await lines('tertulia_connections ')).toEqual(['tertulia_connections Nan']);
    expect(await lines('tertulia_users ')).toEqual(['tertulia_users 2']);
  });

  it('bound what a label can hold, whatever we are given', async () => {
    for (let round = 0; round < 10_000; round++)
      metrics.count('rate_limited_total', { class: `class-${round}`, extra: `${round}` });
    const written = await lines('tertulia_rate_limited_total');
    expect(written).toHaveLength(201);
    expect(written.at(-1)).toBe('tertulia_rate_limited_total{class="other"} 9800');
  });

  it.each(['two words', 'a"b', 'a\nb', '', 'ä', 'x'.repeat(81)])('do not take %j for a label', async (word) => {
    metrics.count('rate_limited_total', { class: word });
    metrics.count('rate_limited_total');
    expect(await lines('tertulia_rate_limited_total')).toEqual([
      'tertulia_rate_limited_total{class="other"} 1',
      'tertulia_rate_limited_total{class="none"} 1',
    ]);
  });

  const nonsense: [string, (metrics: PrometheusMetrics) => void][] = [
    ['an unknown counter', (on) => on.count('nothing_total')],
    ['an unknown gauge', (on) => on.gauge('nothing', () => 1)],
    ['an unknown histogram', (on) => on.observe('nothing_ms', 1)],
    ['an inherited name', (on) => on.count('toString')],
    ['the wrong kind', (on) => on.count('batch_ms')],
    ['a negative count', (on) => on.count('connections_opened_total', {}, -1)],
    ['no number', (on) => on.count('connections_opened_total', {}, Number.NaN)],
    ['an infinite duration', (on) => on.observe('batch_ms', Number.POSITIVE_INFINITY)],
  ];
  it.each(nonsense)('leave out %s, and throw for it only in tests', async (_what, act) => {
    const before = await metrics.scrape();
    expect(() => act(metrics)).not.toThrow();
    expect(await metrics.scrape()).toBe(before);
    expect(() => act(new PrometheusMetrics({ strict: true, process: false }))).toThrow('metric-table.ts');
  });

  it('throw for wrong labels in tests', () => {
    const strict = new PrometheusMetrics({ strict: true, process: false });
    expect(() => strict.count('connections_closed_total')).toThrow('labels');
    expect(() => strict.count('connections_closed_total', { code: '1', more: '2' })).toThrow('labels');
    expect(() => strict.count('connections_closed_total', { code: '1' })).not.toThrow();
  });

  it('stand apart from those of another server, and tell of the process', async () => {
    const [one, other] = [new PrometheusMetrics(), new PrometheusMetrics()];
    one.count('connections_opened_total');
    expect(await one.scrape()).toContain('tertulia_connections_opened_total 1');
    expect(await other.scrape()).toContain('tertulia_connections_opened_total 0');
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds', 'process_open_fds'])
      expect(await one.scrape()).toContain(name);
    expect(one.contentType).toMatch(/^text\/plain/);
  });
});

describe('the table of metrics', () => {
  it.each(Object.entries(metricTable))('%s is named by its kind', (name, { kind, help, buckets }) => {
    expect(name).toMatch(
      kind === 'counter' ? /^[a-z_]+_total$/ : kind === 'histogram' ? /^[a-z_]+_(ms|size)$/ : /^[a-z_]+$/,
    );
    expect(help.length).toBeGreaterThan(5);
    expect((buckets?.length ?? 0) > 0).toBe(kind === 'histogram');
  });

  it('holds the names that the sources use, and no others', () => {
    const root = join(import.meta.dirname, '../../../../src');
    const used = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [
        ...readFileSync(join(root, file), 'utf8').matchAll(/\bmetrics\)?\??\s*\.(count|gauge|observe)\(\s*'([^']+)'/gi),
      ])
      .map(([, call, name]) => `${call} ${name}`);
    const calls = { counter: 'count', gauge: 'gauge', histogram: 'observe' } as const;
    const known = Object.entries(metricTable).map(([name, { kind }]) => `${calls[kind]} ${name}`);
    expect([...new Set(used)].toSorted()).toEqual(known.toSorted());
  });
});

describe('the lag of the event loop', () => {
  const busy = (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('is what a busy process makes its timers wait', async () => {
    const lag = new EventLoopLag();
    busy(120);
    expect(lag.takeMs()).toBeGreaterThanOrEqual(99);
    busy(80);
    await turn();
    await turn();
    expect(lag.takeMs()).toBeGreaterThanOrEqual(59);
    lag.stop();
  });

  it('is told once', () => {
    let now = 0;
    const lag = new EventLoopLag(() => now);
    now += 120;
    expect([lag.takeMs(), lag.takeMs()]).toEqual([100, 0]);
    lag.stop();
  });
});
