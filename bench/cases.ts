import type { Pace, TrafficSpec } from './load/spec.ts';
import type { Options } from './options.ts';
import { publish, socketio, twoSocketio } from './servers/baseline.ts';
import type { Contender } from './servers/contender.ts';
import { tertulia, twoTertulia } from './servers/tertulia.ts';
import { disjoint, overlapping, type World } from './servers/world.ts';

/** What one run of one server gave; a case names the figure that its goal is about. */
export type Figure = 'sendsPerSecond' | 'deliveriesPerSecond' | 'crossedPerSecond' | 'p50Ms' | 'kibPerConnection';

export interface Goal {
  readonly text: string;
  /** What is judged: the subject's figure divided by the baseline's, or the subject's figure alone. */
  readonly of: 'ratio' | 'value';
  passes(value: number): boolean;
}

/** One line of the table. */
export interface Question {
  readonly title: string;
  readonly figure: Figure;
  readonly baseline: Contender;
  /** Absent where the figure is told and nothing is asked of it. */
  readonly goal?: Goal;
}

export interface Case {
  readonly name: string;
  readonly subject: Contender;
  readonly questions: readonly Question[];
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
/** Beside as many Socket.IO servers, and beside one node: what the second adds, of which nothing is asked where they share a core. */
const ofTwoNodes = (people: string): readonly Question[] => [
  ...(['sendsPerSecond', 'crossedPerSecond'] as const).map((figure) => ({
    title: `two nodes, ${people}: ${figure === 'sendsPerSecond' ? 'acked/s' : 'deliveries to the other node/s'}`,
    figure,
    baseline: twoSocketio,
    goal: atLeast(2.5, '≥ 2.5×'),
  })),
  ...(['sendsPerSecond', 'deliveriesPerSecond'] as const).map((figure) => ({
    title: `two nodes beside one, ${people}: ${figure === 'sendsPerSecond' ? 'acked/s' : 'deliveries/s'}`,
    figure,
    baseline: tertulia,
  })),
];
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
    subject: tertulia,
    questions: [
      {
        title: '500 private conversations, 1,000 sends in flight: acked/s',
        figure: 'sendsPerSecond',
        baseline: socketio,
        goal: atLeast(6, '≥ 6× (aim 10×)'),
      },
    ],
    world: () => disjoint('private', PAIRS, 2),
    traffic: traffic(PAIRS, 2, 1, IN_FLIGHT / PAIRS, 'ack'),
  },
  {
    name: 'groups',
    subject: tertulia,
    questions: [
      {
        title: '200 groups of 10, 1,000 sends in flight: acked/s',
        figure: 'sendsPerSecond',
        baseline: socketio,
        goal: atLeast(6, '≥ 6× (aim 10×)'),
      },
    ],
    world: () => disjoint('group', GROUPS, GROUP_SIZE),
    traffic: traffic(GROUPS, GROUP_SIZE, IN_FLIGHT / GROUPS, 1, 'ack'),
  },
  {
    name: 'latency',
    subject: tertulia,
    questions: [
      {
        title: '500 sends/s over 500 private conversations: p50 ack, ms',
        figure: 'p50Ms',
        baseline: socketio,
        goal: { text: '≤ 1.2×', of: 'ratio', passes: (value) => value <= 1.2 },
      },
    ],
    world: () => disjoint('private', PAIRS, 2),
    traffic: traffic(PAIRS, 2, 1, CALM_WINDOW, CALM_SENDS_PER_SECOND),
  },
  {
    name: 'fanout',
    subject: tertulia,
    questions: [
      {
        title: 'group of 1,000, eight bursts in flight: deliveries/s',
        figure: 'deliveriesPerSecond',
        baseline: publish,
        goal: atLeast(0.8, '≥ 0.8×'),
      },
    ],
    world: () => disjoint('group', 1, CROWD),
    traffic: traffic(1, CROWD, BURSTS, 1, 'burst'),
  },
  {
    name: 'memory',
    subject: tertulia,
    questions: [
      {
        title: 'idle authenticated connection, 5 conversations: KiB of process memory',
        figure: 'kibPerConnection',
        baseline: socketio,
        goal: { text: '≤ 8 KiB', of: 'value', passes: (value) => value <= 8 },
      },
    ],
    world: ({ connections }) => overlapping(connections, GROUP_SIZE),
  },
  {
    name: 'two-nodes-private',
    subject: twoTertulia,
    questions: ofTwoNodes('500 private conversations'),
    world: () => disjoint('private', PAIRS, 2),
    traffic: traffic(PAIRS, 2, 1, IN_FLIGHT / PAIRS, 'ack'),
  },
  {
    name: 'two-nodes-groups',
    subject: twoTertulia,
    questions: ofTwoNodes('200 groups of 10'),
    world: () => disjoint('group', GROUPS, GROUP_SIZE),
    traffic: traffic(GROUPS, GROUP_SIZE, IN_FLIGHT / GROUPS, 1, 'ack'),
  },
];

/** Each once, the subject last. */
export const contenders = ({ subject, questions }: Case): readonly Contender[] => [
  ...new Set([...questions.map(({ baseline }) => baseline), subject]),
];
