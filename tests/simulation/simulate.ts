import { World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  /** Of everything that happened, in its order. */
  readonly trace: string;
  readonly acked: number;
  readonly frames: number;
  readonly steps: number;
  readonly met: World['met'];
}

const ARRIVAL_MS = 500;
const LOAD_MS = 6_000;
const BETWEEN_MS = 40;
/** The routine comparison of heads comes every 30 s, and waits a second for what may be late. */
const HEALING_MS = 36_000;

/** A run of a few virtual seconds under load and faults, healed, and left alone until all must be as it was. */
export const simulate = async (seed: number): Promise<Outcome> => {
  const world = new World(seed);
  const { time, chance, judge } = world;
  await world.found();
  for (const client of world.clients) time.after(chance.between(0, ARRIVAL_MS), () => client.come());
  await time.run(ARRIVAL_MS);
  for (let at = 0; at < LOAD_MS; at += chance.between(1, 2 * BETWEEN_MS)) time.after(at, () => act(world));
  misfortunes(world);
  await time.run(ARRIVAL_MS + LOAD_MS);
  heal(world);
  await time.run(ARRIVAL_MS + LOAD_MS + HEALING_MS);
  await world.compare();
  const { violations, trace, acked, frames } = judge;
  return { seed, violations, trace, acked: acked.size, frames, steps: time.steps, met: world.met };
};

/** Somebody does something. */
const act = (world: World): void => {
  const { chance, judge } = world;
  const client = chance.of(world.clients);
  const { id, owner } = chance.of(world.groups);
  const what = chance.next();
  if (what < 0.62) client.write(id);
  else if (what < 0.72) client.rewrite(id, false);
  else if (what < 0.76) client.rewrite(id, true);
  else if (what < 0.8) {
    world.met.drops++;
    client.drop();
  } else {
    const somebody = chance.of(world.users);
    const adding = !judge.isMember(id, somebody);
    const owners = world.clients.filter(({ userId }) => userId === owner);
    if (somebody !== owner) chance.of(owners).addOrRemove(id, somebody, adding);
  }
};

/** Each kind in about half of the seeds, so that each is seen with and without each other. */
const misfortunes = (world: World): void => {
  const { chance, time, network, database } = world;
  const moment = () => chance.between(0, LOAD_MS - 500);
  const at = () => chance.between(0, world.nodes.length - 1);
  if (chance.happens(0.6)) network.lost = chance.of([0.02, 0.1, 0.4]);
  if (chance.happens(0.4)) network.doubled = 0.2;
  if (chance.happens(0.6)) network.meanMs = chance.of([5, 20, 100]);
  if (chance.happens(0.5)) database.meanMs = chance.of([10, 40]);
  if (chance.happens(0.4)) database.failing = chance.of([0.01, 0.05]);
  for (let n = chance.between(0, 2); n > 0; n--)
    time.after(moment(), () => {
      world.met.freezes++;
      world.nodes[at()]?.freeze(chance.between(50, 5_000));
    });
  for (let n = chance.between(0, 2); n > 0; n--)
    time.after(moment(), () => world.kill(at(), chance.between(200, 5_000)));
  if (chance.happens(0.4))
    time.after(moment(), () => {
      const node = world.nodes[at()];
      if (!node) return;
      world.met.cuts++;
      network.cut(node);
      time.after(chance.between(500, 6_000), () => network.mend(node));
    });
};

const heal = (world: World): void => {
  const { network, database } = world;
  network.lost = 0;
  network.doubled = 0;
  network.meanMs = 1;
  database.failing = 0;
  database.meanMs = 2;
};
