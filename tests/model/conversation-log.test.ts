import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { aMemoryWorld } from '../support/chat-world.ts';
import { aPatientPostgresWorld } from '../support/postgres-world.ts';
import { times } from '../support/scale.ts';
import { checkInvariants } from './invariants.ts';
import { Model, PLACES, USERS } from './model.ts';
import { reads } from './reads.ts';
import { Real } from './real.ts';
import { acts, executed } from './steps.ts';

const steps = fc.commands([...acts, ...acts, ...reads], { maxCommands: 200, size: 'max' });

/** New seeds each time; a failure prints the one that replays it, and becomes a test below. */
const walk = async (wanted: number, open: () => Promise<Real>): Promise<number> => {
  const before = executed.steps;
  const walked = fc.asyncProperty(steps, async (commands) => {
    const real = await open();
    const model = new Model(real.opening);
    await fc.asyncModelRun(() => ({ model, real }), commands);
    for (const place of PLACES) await checkInvariants(model, real, place, [], USERS);
  });
  while (executed.steps - before < wanted) await fc.assert(walked, { numRuns: 25 });
  return executed.steps - before;
};

describe('the conversation log, walked at random beside a naive model', () => {
  const taken = { 'in process': 0, PostgreSQL: 0 };
  afterAll(() => {
    const total = Object.values(taken).reduce((sum, steps) => sum + steps, 0);
    process.stderr.write(`Model: ${total} steps, ${taken.PostgreSQL} of them on PostgreSQL\n`);
  });

  it('holds in process', { timeout: 600_000 }, async () => {
    const wanted = times(45_500, 4_500_000);
    taken['in process'] = await walk(wanted, async () => Real.open(await aMemoryWorld(), true));
    expect(taken['in process']).toBeGreaterThanOrEqual(wanted);
  });

  it('holds on PostgreSQL', { timeout: 600_000 }, async () => {
    const wanted = times(5_000, 500_000);
    const world = await aPatientPostgresWorld();
    try {
      taken.PostgreSQL = await walk(wanted, () => Real.open(world, false));
    } finally {
      await world.close();
    }
    expect(taken.PostgreSQL).toBeGreaterThanOrEqual(wanted);
  });
});
