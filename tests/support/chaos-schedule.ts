import { NODES } from './chaos-cluster.ts';
import type { FaultKind } from './chaos-fault.ts';
import { faultKinds } from './chaos-faults.ts';
import { seeded } from './network-lab.ts';

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly ms: number;
  readonly node: number;
}
/** One fault, or two that fall together. */
export type Planned = readonly [PlannedFault] | readonly [PlannedFault, PlannedFault];

export const PAIR = 'two of them together';
export const nameOf = (planned: Planned): string => (planned.length === 2 ? PAIR : planned[0].kind.name);

export interface Choice {
  /** Each as short as it can be. */
  readonly brief?: boolean;
  /** Only these kinds, and no pairs. */
  readonly only?: readonly FaultKind[];
}

const PAIRS = 2;

/** Which faults, when, to whom and for how long: the same for the same seed. Each kind comes once before any comes again. */
export const schedule = (seed: number, count: number, { brief = false, only }: Choice = {}): readonly Planned[] => {
  const planned = only ? repeated(only, seed, count) : deck(seed, count);
  if (!brief) return planned;
  const shortest = (one: PlannedFault): PlannedFault => ({ ...one, ms: one.kind.ms[0] });
  return planned.map(([one, other]) => (other ? [shortest(one), shortest(other)] : [shortest(one)]));
};

const repeated = (kinds: readonly FaultKind[], seed: number, count: number): readonly Planned[] => {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, n) => [drawn(kinds[n % kinds.length]!, random)] as const); // in range
};

const deck = (seed: number, count: number): readonly Planned[] => {
  const random = seeded(seed);
  const planned: Planned[] = [];
  while (planned.length < count) {
    const pairs = Array.from({ length: PAIRS }, () => pair(random));
    const more = faultKinds.flatMap((kind) => Array<FaultKind>((kind.weight ?? 1) - 1).fill(kind));
    planned.push(...shuffled([...faultKinds.map((kind) => [drawn(kind, random)] as const), ...pairs], random));
    planned.push(
      ...shuffled(
        more.map((kind) => [drawn(kind, random)] as const),
        random,
      ),
    );
  }
  return planned.slice(0, count);
};

const drawn = (kind: FaultKind, random: () => number): PlannedFault => {
  const [least, most] = kind.ms;
  return { kind, ms: Math.round(least + random() * (most - least)), node: Math.floor(random() * NODES) };
};

/** Of different parts, or of two nodes: what is killed can't be frozen too. */
const pair = (random: () => number): Planned => {
  const [one, other] = [any(random), any(random)];
  if (one.kind.part !== other.kind.part) return [one, other];
  return one.kind.part === 'node' ? [one, { ...other, node: one.node + 1 }] : pair(random);
};

const sociable = faultKinds.filter(({ alone }) => !alone);
const any = (random: () => number): PlannedFault => drawn(sociable[Math.floor(random() * sociable.length)]!, random); // in range

const shuffled = <T>(items: readonly T[], random: () => number): T[] =>
  items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
