import type { Pace, TrafficSpec } from './load/spec.ts';
import type { Options } from './options.ts';
import { publish, socketio } from './servers/baseline.ts';
import type { Contender } from './servers/contender.ts';
import { tertulia } from './servers/tertulia.ts';
import { disjoint, overlapping, type World } from './servers/world.ts';

/** What one run of one server gave; a case names the figure that its goal is about. */
export type Figure = 'sendsPerSecond' | 'deliveriesPerSecond' | 'p50Ms' | 'kibPerConnection';

export interface Goal {
  readonly text: string;
  /** What is judged: the subject's figure divided by the baseline's, or the subject's figure alone. */
  readonly of: 'ratio' | 'value';
  passes(value: number): boolean;
}

export interface Case {
  readonly name: string;
  readonly title: string;
  readonly figure: Figure;
  readonly subject: Contender;
  readonly baseline: Contender;
  readonly goal: Goal;
  world(options: Options): World;
  /** Absent: connections are opened, and their memory is weighed. */
  traffic?(options: Options): TrafficSpec;
}

const IN_FLIGHT = 1_000;
const PAIRS = 500;
const GROUPS = 200;
const GROUP_SIZE = 10;
const CROWD = 1_000;
const BURSTS = 8;
const CALM_SENDS_PER_SECOND = 500;
/** More than a server that keeps up ever has open per user at that pace. */
const CALM_WINDOW = 16;

const atLeast = (least: number, text: string): Goal => ({ text, of: 'ratio', passes: (value) => value >= least });
const traffic =
  (groups: number, size: number, senders: number, window: number, pace: Pace) =>
  ({ seconds, warmupSeconds }: Options): TrafficSpec => ({
    groups,
    size,
    senders,
    window,
    pace,
    seconds,
    warmupSeconds,
  });

export const cases: readonly Case[] = [
  {
    name: 'private',
    title: '500 private conversations, 1,000 sends in flight: acked/s',
    figure: 'sendsPerSecond',
    subject: tertulia,
    baseline: socketio,
    goal: atLeast(6, '≥ 6× (aim 10×)'),
    world: () => disjoint('private', PAIRS, 2),
    traffic: traffic(PAIRS, 2, 1, IN_FLIGHT / PAIRS, 'ack'),
  },
  {
    name: 'groups',
    title: '200 groups of 10, 1,000 sends in flight: acked/s',
    figure: 'sendsPerSecond',
    subject: tertulia,
    baseline: socketio,
    goal: atLeast(6, '≥ 6× (aim 10×)'),
    world: () => disjoint('group', GROUPS, GROUP_SIZE),
    traffic: traffic(GROUPS, GROUP_SIZE, IN_FLIGHT / GROUPS, 1, 'ack'),
  },
  {
    name: 'latency',
    title: '500 sends/s over 500 private conversations: p50 ack, ms',
    figure: 'p50Ms',
    subject: tertulia,
    baseline: socketio,
    goal: { text: '≤ 1.2×', of: 'ratio', passes: (value) => value <= 1.2 },
    world: () => disjoint('private', PAIRS, 2),
    traffic: traffic(PAIRS, 2, 1, CALM_WINDOW, CALM_SENDS_PER_SECOND),
  },
  {
    name: 'fanout',
    title: 'group of 1,000, eight bursts in flight: deliveries/s',
    figure: 'deliveriesPerSecond',
    subject: tertulia,
    baseline: publish,
    goal: atLeast(0.8, '≥ 0.8×'),
    world: () => disjoint('group', 1, CROWD),
    traffic: traffic(1, CROWD, BURSTS, 1, 'burst'),
  },
  {
    name: 'memory',
    title: 'idle authenticated connection, 5 conversations: KiB of process memory',
    figure: 'kibPerConnection',
    subject: tertulia,
    baseline: socketio,
    goal: { text: '≤ 8 KiB', of: 'value', passes: (value) => value <= 8 },
    world: ({ connections }) => overlapping(connections, GROUP_SIZE),
  },
];
