import { beforeAll, describe, expect, it } from 'vitest';
import { v7 } from 'uuid';
import type { AnyCommand } from '#app/interfaces/commands/command.ts';
import { everyCommand } from '../support/every-command.ts';
import { RunningServer, type TestUser, type TransportName } from '../support/running-server.ts';
import type { ReplyError, WsClient } from '../support/ws-client.ts';
import { type BadCall, badCallsOf } from './command-cases.ts';
import { Stored } from './stored.ts';
import { Witness } from './witness.ts';

type Fields = Readonly<Record<string, unknown>>;

const [conversationId, userId, password] = [v7(), v7(), 'eight plain words that nobody has used'];

/** A good input of every command: a command without one fails the build. */
const goodInputs: Readonly<Record<string, Fields>> = {
  'api_key.create': { name: 'robot' },
  'api_key.list': {},
  'api_key.revoke': { apiKeyId: v7() },
  auth: { token: 'a token' },
  'block.list': {},
  'block.set': { userId, blocked: true },
  'conversation.create': { id: v7(), title: 'A group' },
  'conversation.delete': { conversationId },
  'conversation.delivered': { conversationId, deliveredSeq: 1 },
  'conversation.get': { conversationId },
  'conversation.leave': { conversationId },
  'conversation.list': {},
  'conversation.open_private': { userId },
  'conversation.read': { conversationId, readSeq: 1 },
  'conversation.receipts': { conversationId },
  'conversation.settings': { conversationId, archived: true },
  'conversation.update': { conversationId, title: 'Another title' },
  'member.add': { conversationId, users: [userId] },
  'member.list': { conversationId },
  'member.remove': { conversationId, userId },
  'member.set_role': { conversationId, userId, role: 'admin' },
  'message.delete': { conversationId, id: v7() },
  'message.edit': { conversationId, id: v7(), content: 'other words' },
  'message.history': { conversationId },
  'message.send': { conversationId, id: v7(), content: 'hello' },
  focus: { conversationId },
  ping: {},
  'presence.set': { status: 'away' },
  'presence.watch': { users: [userId] },
  'session.guest': { displayName: 'Guest' },
  'session.list': {},
  'session.login': { login: 'ann', password },
  'session.logout': {},
  'session.refresh': { refreshToken: 'tr_x' },
  'session.revoke': { sessionId: v7() },
  'session.revoke_all': {},
  'session.revoke_others': {},
  sync: { epoch: 'x', urev: 0, cursors: [] },
  typing: { conversationId, active: true },
  'user.change_password': { currentPassword: password, newPassword: `${password}!` },
  'user.me': {},
  'user.register': { handle: 'ann', displayName: 'Ann', password },
  'user.update': { displayName: 'Ann' },
  'users.find': { handle: 'ann' },
  'users.get': { ids: [userId] },
};

const commands = await everyCommand();
const calls = new Map(commands.map((command) => [command, badCallsOf(command, goodInputs[command.type] ?? {})]));

/** Over `ws` every ninth: only the transport is another one. */
const share: Readonly<Record<TransportName, number>> = { uws: 1, ws: 9 };

let tried = 0;

describe.each<TransportName>(['uws', 'ws'])('bad input of commands, over %s', (transport) => {
  let running: RunningServer;
  let somebody: TestUser;
  let socket: WsClient;
  let stored: Stored;
  let witness: Witness;
  beforeAll(async () => {
    const settings = { LIMIT_MALFORMED_FRAMES: '1000', LIMIT_IN_FLIGHT: '1024' };
    running = await RunningServer.start({ transport, settings });
    somebody = await running.aUser();
    socket = await running.connectAs(somebody);
    stored = await Stored.of(running.databaseUrl);
    witness = await Witness.of(running);
  });

  it.each([...calls.keys()])('$type', async (command) => {
    const bad = calls.get(command)!.filter((_, at) => at % share[transport] === 0);
    const before = await stored.now();
    const counted = await running.metric('command_ms_count', { command: command.type });

    const answered = new Map<BadCall, ReplyError | undefined>();
    for (const call of bad) answered.set(call, await overSocket(command, call));
    const overHttp = command.overHttp === false ? [] : await inChunks(bad, (call) => overRoute(call, generic(call)));
    const routed = command.http ? bad.flatMap((call) => resource(command, call) ?? []) : [];
    const overRoutes = await inChunks(routed, ({ call, ...request }) => overRoute(call, request));

    const complaints = [
      ...bad.map((call) => complaint(call, answered.get(call))),
      ...overHttp.map((error, at) => differs(bad[at]!, error, answered.get(bad[at]!))),
      ...overRoutes.map((error, at) => differs(routed[at]!.call, error, answered.get(routed[at]!.call))),
    ];
    expect(complaints.filter((one) => one !== undefined)).toEqual([]);

    const asCommands = bad.filter(({ path }) => path !== undefined).length + overHttp.length + overRoutes.length;
    expect(await running.metric('command_ms_count', { command: command.type })).toBe(counted + asCommands);
    expect(await stored.now()).toEqual(before);
    await witness.delivers();
    tried += bad.length + overHttp.length + overRoutes.length;
  });

  it('has tried enough', () => {
    const kinds = [...calls.values()].reduce((sum, { length }) => sum + length, 0);
    expect(kinds).toBeGreaterThanOrEqual(600);
    process.stderr.write(`bad input of commands over ${transport}: ${tried} calls made of ${kinds} cases\n`);
    tried = 0;
  });

  const overSocket = async (command: AnyCommand, call: BadCall): Promise<ReplyError | undefined> => {
    // A refused `auth` ends its socket, so each has one of its own.
    const on = command.type === 'auth' ? await running.connect() : socket;
    const { type, data } = call;
    const reply =
      call.path === undefined ? await on.answer(JSON.stringify({ id: 1, type, data })) : await on.call(type, data);
    if (on !== socket) await (call.path === undefined ? on.close() : on.ended());
    return reply.error;
  };

  const overRoute = async ({ type }: BadCall, { method, path, body }: HttpCall): Promise<ReplyError | undefined> => {
    const user = commands.find((command) => command.type === type)?.access === 'user' ? somebody : undefined;
    const { body: problem, status } = await running.request(method, path, { user, body });
    const { code, rule, errors } = problem as { code: string; rule: string; errors: ReplyError['details'] };
    return status === 200 ? undefined : { code, message: '', rule, ...(errors && { details: errors }) };
  };
});

interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
}

const generic = ({ type, data }: BadCall): HttpCall => ({
  method: 'POST',
  path: `/v1/commands/${type}`,
  body: JSON.stringify(data),
});

/** The same call as the command's own route has it, where text can tell it; nothing where it can't. */
const resource = ({ http }: AnyCommand, call: BadCall): (HttpCall & { call: BadCall }) | undefined => {
  const { data, field } = call;
  if (!http || !isFields(data) || Object.hasOwn(data, '__proto__')) return undefined;
  const inPath = [...http.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const asText = http.method === 'GET' || http.method === 'DELETE' ? Object.keys(data) : inPath;
  if (inPath.some((name) => !(name in data)) || (asText === inPath ? false : !field)) return undefined;
  if (field && asText.includes(field.name) && !tellable(field.kind.text, field.value, inPath.includes(field.name)))
    return undefined;
  const path = http.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(data[name])));
  const rest = Object.entries(data).filter(([name]) => !inPath.includes(name));
  if (asText === inPath) return { call, method: http.method, path, body: JSON.stringify(Object.fromEntries(rest)) };
  const query = rest.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&');
  return { call, method: http.method, path: query === '' ? path : `${path}?${query}`, body: undefined };
};

const isFields = (data: unknown): data is Fields => typeof data === 'object' && data !== null && !Array.isArray(data);

const tellable = (reading: string, value: unknown, inPath: boolean): boolean => {
  // With an exponent it is text there, and refused as such.
  if (reading === 'number') return typeof value === 'number' && !String(value).includes('e');
  // Beyond 4 KiB of headers the transport refuses; an empty segment of a path is another path.
  if (reading !== 'text' || typeof value !== 'string' || !value.isWellFormed() || value.length > 1_000) return false;
  return !inPath || (value !== '' && !value.startsWith('..'));
};

const inChunks = async <In, Out>(inputs: readonly In[], work: (input: In) => Promise<Out>): Promise<Out[]> => {
  const outputs: Out[] = [];
  for (let at = 0; at < inputs.length; at += 16)
    outputs.push(...(await Promise.all(inputs.slice(at, at + 16).map(work))));
  return outputs;
};

/** What is wrong with an answer, or nothing. */
const complaint = ({ type, what, code, path }: BadCall, error: ReplyError | undefined): string | undefined => {
  const where = `${type}, ${what}`;
  if (error?.code !== code) return `${where}: ${error?.code ?? 'ok'} instead of ${code}`;
  const paths = error.details?.map((detail) => detail.path).join();
  if (path !== undefined && paths !== path) return `${where}: points at ${paths} instead of ${path}`;
  // Nothing that was sent travels back.
  return JSON.stringify(error).length < 600 ? undefined : `${where}: a long answer`;
};

const differs = (call: BadCall, error: ReplyError | undefined, overSocket: ReplyError | undefined) => {
  const shown = ({ code, rule, details }: Partial<ReplyError> = {}) =>
    JSON.stringify(call.path === undefined ? { code } : { code, rule, details });
  if (shown(error) === shown(overSocket)) return undefined;
  return `${call.type}, ${call.what}: over HTTP ${shown(error)}, over WebSocket ${shown(overSocket)}`;
};
