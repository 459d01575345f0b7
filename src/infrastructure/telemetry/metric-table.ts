/** What is measured under a name. In Prometheus each name begins with `tertulia_`. */
export interface Metric {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds, ascending; only for histograms. */
  readonly buckets?: readonly number[];
}

const MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const;
const COUNT = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024] as const;

const counter = (help: string, ...labels: string[]): Metric => ({ kind: 'counter', help, labels });
const gauge = (help: string): Metric => ({ kind: 'gauge', help });
const histogram = (help: string, buckets: readonly number[], ...labels: string[]): Metric => ({
  kind: 'histogram',
  help,
  labels,
  buckets,
});

/** Every metric of ours; what is not in here is not counted. Labels hold words of ours, never what users wrote, nor ids. */
export const metricTable: Readonly<Record<string, Metric>> = {
  connections: gauge('Open sockets'),
  unauthenticated_connections: gauge('Open sockets that have not said who they are'),
  users: gauge('Users with an open socket'),
  topics: gauge('Topics that somebody on this node hears'),
  connections_opened_total: counter('Sockets opened'),
  connections_closed_total: counter('Sockets closed', 'code'),
  connections_refused_total: counter('Upgrades refused', 'rule'),

  command_ms: histogram('Time from a command to its answer', MS, 'command', 'outcome'),
  http_requests_total: counter('HTTP requests answered', 'target', 'status'),
  malformed_frames_total: counter('Frames that are none', 'rule'),
  rate_limited_total: counter('Calls turned away for coming too fast', 'class'),

  send_queue: gauge('Messages that wait for the database or are on their way'),
  batch_ms: histogram('Time of one round trip with a batch of messages', MS),
  batch_size: histogram('Messages in one round trip', COUNT),
  batch_failures_total: counter('Round trips that failed', 'kind'),
  ambiguous_sends_total: counter('Messages that were written again since the first answer never came'),
  ambiguous_sends_stored_total: counter('Those of them that had been stored all along'),
  uncertain_sends_total: counter('Messages given up on while nobody knew whether they were stored'),

  slow_consumers_total: counter('Sockets closed since their peer read too slowly'),
  gate_held_total: counter('Events that had to wait for one with a lower rev'),
  gate_repairs_total: counter('Gaps that were filled from the database'),
  silent_loss_repaired_total: counter('Losses that nothing had hinted at, found by a routine comparison of heads'),
  repair_failures_total: counter('Repairs that have to be tried again'),
  broadcasts_lost_total: counter('Messages to other nodes that did not get through'),
  redis_up: gauge('1 while this node hears itself by way of Redis'),
  redis_failures_total: counter('Connections to Redis that failed, and questions that it did not answer'),
  typing_dropped_total: counter('Words of typing that went no further: said too fast, or under load', 'why'),
  signals_dropped_total: counter('Ephemeral words that found their queue full'),
  presence_failures_total: counter('Times when presence could not be told, asked or noted'),
  presence_rounds_shed_total: counter('Times when presence waited for more important work'),
  watched_users: gauge('Users whose presence somebody on this node watches'),
  typing_conversations: gauge('Conversations in which somebody types, as this node knows'),
  registered_nodes: gauge('Nodes whose connections the registry knows, this one included'),
  registry_failures_total: counter('Times when the registry of connections could not be asked or told'),
  other_nodes: gauge('Other nodes that live on the same database'),
  unheard_nodes: gauge('Those of them whose changes are found in the database, since no event of theirs arrives'),
  directory_failures_total: counter('Times when this node could not say that it lives'),
  backplane_disturbances_total: counter('Times when events may have been lost, and heads were compared'),

  sessions_opened_total: counter('Sessions that began; attempts are in command_ms of session.login', 'kind'),
  sessions_ended_total: counter('Sessions that ended', 'reason'),
  faults_total: counter('Faults of ours'),
  listener_failures_total: counter('Listeners that threw or rejected', 'event'),
  events_dropped_total: counter('Events left out since listeners published in a loop', 'event'),
  log_dropped_total: counter('Log lines lost since nobody read them'),
  database_up: gauge('1 while the database answers'),
  draining: gauge('1 while the server stops'),
};
