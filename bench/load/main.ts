import { Connection, type Listener } from './connection.ts';
import { bare } from './dialects/bare.ts';
import { type Dialect, Kind } from './dialects/dialect.ts';
import { socketio } from './dialects/socketio.ts';
import { tertulia } from './dialects/tertulia.ts';
import type { DialectName, FromLoad, LoadSpec, ToLoad } from './spec.ts';
import { serverOf } from './spread.ts';
import { Traffic } from './traffic.ts';

const dialects: Readonly<Record<DialectName, Dialect>> = { tertulia, socketio, bare };
const OPENING_AT_ONCE = 100;
/** Each connection says something this often, spread evenly: below every server's idea of a dead peer. */
const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE_TICK_MS = 50;

const say = (message: FromLoad): void => void process.send?.(message);
const fail = (error: unknown): void =>
  say({ kind: 'failed', error: error instanceof Error ? error.message : String(error) });

const idle = (dialect: Dialect): Listener => ({
  text(connection, buffer, start, end) {
    if (dialect.kind(buffer, start, end) === Kind.ping) connection.say(dialect.pong);
  },
  failed: (connection, error) => fail(new Error(`connection ${connection.index}: ${error.message}`)),
});

async function openAll(
  { ports, addresses, tokens }: LoadSpec,
  dialect: Dialect,
  listener: Listener,
): Promise<Connection[]> {
  const connections: Connection[] = [];
  const queue = tokens.entries();
  const worker = async (): Promise<void> => {
    for (const [index, token] of queue) {
      const port = ports[serverOf(index, ports.length)] ?? 0;
      connections[index] = await Connection.open(index, { port, addresses }, dialect, token, listener);
    }
  };
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, worker));
  return connections;
}

function keepAlive(connections: readonly Connection[], text: string): void {
  if (text === '') return;
  let next = 0;
  let share = 0;
  setInterval(() => {
    share += (connections.length * KEEP_ALIVE_TICK_MS) / KEEP_ALIVE_MS;
    for (; share >= 1; share--) connections[next++ % connections.length]?.say(text);
  }, KEEP_ALIVE_TICK_MS);
}

async function open(spec: LoadSpec): Promise<() => Promise<void>> {
  const dialect = dialects[spec.dialect];
  const traffic = spec.traffic && new Traffic(spec.traffic, dialect, spec);
  const started = performance.now();
  const connections = await openAll(spec, dialect, traffic ?? idle(dialect));
  keepAlive(connections, dialect.keepAlive);
  say({ kind: 'opened', perSecond: (connections.length / (performance.now() - started)) * 1000 });
  return async () => {
    if (traffic) say({ kind: 'result', result: await traffic.run(connections, (phase) => say({ kind: phase })) });
  };
}

let run: (() => Promise<void>) | undefined;
process.on('message', (message: ToLoad) => {
  if (message.kind === 'open')
    open(message.spec).then((opened) => {
      run = opened;
    }, fail);
  else run?.().catch(fail);
});
process.on('disconnect', () => process.exit(1));
process.on('SIGTERM', () => process.exit(0));
say({ kind: 'ready' });
