import { beforeEach, expect, it } from 'vitest';
import { RevocationWatch } from '#app/application/identity/revocation-watch.ts';
import type { Rests, Revocation } from '#app/application/ports/revocations.ts';
import { UserId } from '#app/domain/shared/ids.ts';
import { random } from '../../../support/identity.ts';
import { ManualTimers, settle } from '../../../support/manual-timers.ts';

const someone = (): Rests => ({ userId: UserId(random.uuid()) });

let timers: ManualTimers;
let held: Rests[];
let fallen: Set<Rests>;
let away: boolean;
let asked: number[];
let announced: Revocation[];
let faults: number;
let lose: () => void;
let watch: RevocationWatch;

beforeEach(() => {
  [timers, held, fallen, away, asked, announced, faults] = [
    new ManualTimers(),
    [someone()],
    new Set(),
    false,
    [],
    [],
    0,
  ];
  const proofs = {
    fallen: async (these: readonly Rests[]) => {
      if (away) throw new Error('the database is away');
      asked.push(these.length);
      return these
        .filter((rests) => fallen.has(rests))
        .map(({ userId }): Revocation => ({ userId, reason: 'user_disabled' }));
    },
  };
  const revocations = {
    announce: (revocation: Revocation) => void announced.push(revocation),
    subscribe: () => () => {},
    onLoss: (look: () => void) => (lose = look),
  };
  watch = new RevocationWatch(
    proofs,
    revocations,
    () => held,
    timers,
    () => faults++,
  );
});

it('finds in every round what fell unheard', async () => {
  await timers.pass(25_000);
  expect(announced).toEqual([]);
  fallen.add(held[0]!);
  await timers.pass(25_000);
  expect(announced).toEqual([{ userId: held[0]!.userId, reason: 'user_disabled' }]);
});

it('looks at once when an announcement may have been lost, once for many losses', async () => {
  fallen.add(held[0]!);
  for (let n = 0; n < 5; n++) lose();
  await settle();
  expect([asked, announced.length, timers.size]).toEqual([[1, 1], 2, 1]);
});

it('asks for a thousand at a time', async () => {
  held = Array.from({ length: 2_500 }, someone);
  lose();
  await settle();
  expect(asked).toEqual([1_000, 1_000, 500]);
});

it('looks again soon after the database was away', async () => {
  away = true;
  lose();
  await settle();
  expect(faults).toBe(1);
  away = false;
  await timers.pass(1_000);
  expect(asked).toEqual([1]);
});

it('is over once it is closed', async () => {
  watch.close();
  lose();
  await timers.pass(60_000);
  expect([asked, timers.size]).toEqual([[], 0]);
});
