import { describe, expect, it } from 'vitest';
import { times } from '../support/scale.ts';
import { type Outcome, simulate } from './simulate.ts';

/** One life, to be looked at; else all. */
const only = process.env['SEED'];
const [FIRST, SEEDS] = only === undefined ? [1, times(2_000, 200_000)] : [Number(only), 1];
const REPLAYS = Math.min(50, SEEDS);
const MS_PER_SEED = 300; // of a machine that has much else to do

/** In the mean of many lives; that it was no idle walk. */
const LEAST: Readonly<Record<string, number>> =
  only === undefined ? { held: 20, repairs: 15, silent: 0.3, deaths: 0.5, freezes: 0.5, cuts: 0.2 } : {};

const again = (seed: number) => `seed ${seed}, to be seen again by: SEED=${seed} npx vitest run --project simulation`;
const told = ({ seed, violations }: Outcome) =>
  violations.length === 0 ? [] : [`${again(seed)}\n    ${violations.slice(0, 5).join('\n    ')}`];

describe('three nodes and sixty clients', () => {
  const traces = new Map<number, string>();

  it(`lose, leak, double and turn nothing, and end alike: lives ${FIRST} to ${FIRST + SEEDS - 1}`, {
    timeout: 60_000 + SEEDS * MS_PER_SEED,
  }, async () => {
    const failed: string[] = [];
    const met: Record<string, number> = {};
    let [acked, frames, steps] = [0, 0, 0];
    const began = performance.now();
    for (let seed = FIRST; seed < FIRST + SEEDS && failed.length < 5; seed++) {
      const outcome = await simulate(seed);
      traces.set(seed, outcome.trace);
      failed.push(...told(outcome));
      acked += outcome.acked;
      frames += outcome.frames;
      steps += outcome.steps;
      for (const [what, count] of Object.entries(outcome.met)) met[what] = (met[what] ?? 0) + count;
    }
    const seconds = (performance.now() - began) / 1_000;
    process.stderr.write(
      `${SEEDS} seeds in ${seconds.toFixed(1)} s: ${acked} sends acked, ${frames} frames, ${steps} steps; ${JSON.stringify(met)}\n`,
    );
    expect(failed.join('\n')).toBe('');
    for (const [what, least] of Object.entries(LEAST)) expect(met[what], what).toBeGreaterThan(least * SEEDS);
  });

  it(`are the same when ${REPLAYS} of them are lived again`, { timeout: 60_000 }, async () => {
    for (let n = 0; n < REPLAYS; n++) {
      const seed = FIRST + Math.floor((n * SEEDS) / REPLAYS);
      const { trace } = await simulate(seed);
      expect(trace, again(seed)).toBe(traces.get(seed));
    }
    expect(new Set(traces.values()).size).toBe(traces.size); // and all different
  });
});
