import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { v7 } from 'uuid';
import { RunningServer } from '../support/running-server.ts';
import { Stored } from './stored.ts';

// One secret for every field that holds one. None of them may be found in what operators read.
const word = (name: string) => `canary-${name}-${v7().slice(24)}`;
const secrets = {
  password: `${word('password')} is long`,
  newPassword: `${word('new-password')} is long`,
  wrongPassword: word('wrong-password'),
  content: word('content'),
  edited: word('edited'),
  title: word('title'),
  displayName: word('name'),
  refreshToken: word('refresh'),
  badToken: word('token'),
  email: `${word('mail')}@example.org`,
  device: word('device'),
  inBadInput: word('input'),
  inBadFrame: word('frame'),
  inQuery: word('query'),
};

let running: RunningServer;
let stored: Stored;
let logged = '';
const written = vi.spyOn(process.stdout, 'write').mockImplementation((chunk: unknown, ...rest: unknown[]) => {
  logged += typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString();
  for (const done of rest) if (typeof done === 'function') (done as () => void)();
  return true;
});

beforeAll(async () => {
  running = await RunningServer.start({ settings: { LOG_LEVEL: 'debug' } });
  stored = await Stored.of(running.databaseUrl);
});
afterAll(() => written.mockRestore());

const lines = () => logged.split('\n').filter((line) => line.startsWith('{'));

it('come back in no line of the log and in no metric, whatever goes wrong', async () => {
  const { password, newPassword, displayName, email, title, content } = secrets;
  const registered = await running.request('POST', '/v1/users', {
    body: { handle: 'canary', displayName, email, password, device: { name: secrets.device } },
  });
  expect(registered.status).toBe(200);
  const { accessToken, refreshToken } = registered.body as { accessToken: string; refreshToken: string };
  const user = { token: accessToken };

  const login = (text: string) =>
    running.request('POST', '/v1/session/login', { body: { login: 'canary', password: text } });
  expect((await login(secrets.wrongPassword)).status).toBe(401);
  expect((await login(`${secrets.inBadInput}\u0000${'x'.repeat(2_000)}`)).status).toBe(400);
  const refresh = (text: string) => running.request('POST', '/v1/session/refresh', { body: { refreshToken: text } });
  expect((await refresh(secrets.refreshToken)).status).toBe(401);
  expect((await running.request('GET', '/v1/users/me', { user: { token: secrets.badToken } })).status).toBe(401);
  expect((await running.request('GET', `/v1/users/me?x=${secrets.inQuery}`, { user })).status).toBe(200);

  const socket = await running.connectAs(user);
  const [id, message] = [v7(), v7()];
  await socket.call('conversation.create', { id, title });
  await socket.call('message.send', { conversationId: id, id: message, content });
  await socket.call('message.edit', { conversationId: id, id: message, content: secrets.edited });
  await socket.call('message.send', { conversationId: id, id: message, content: `${secrets.inBadInput}\u0000` });
  await socket.answer(`{"id":${secrets.inBadFrame}`);
  const { data } = await socket.call('api_key.create', { name: 'key' });
  const apiKey = data!.secret as string;
  await socket.call('user.change_password', { currentPassword: password, newPassword });

  // A fault of ours, with the words of its query in it.
  await stored.rows('alter table messages rename column content to hidden');
  try {
    for (const [type, input] of [
      ['message.history', { conversationId: id }],
      ['message.edit', { conversationId: id, id: message, content: secrets.edited }],
      ['message.send', { conversationId: id, id: v7(), content }],
    ] as const) {
      const { error } = await socket.call(type, input);
      expect([type, error?.code]).toEqual([type, expect.stringMatching(/^(internal|unavailable)$/)]);
      expect(JSON.stringify(error)).not.toMatch(/select|insert|update|column|relation|postgres|\.ts|node_modules/i);
      if (error?.code === 'internal') expect(logged).toContain(/noted as (\w+)/.exec(error.message)![1]);
    }
  } finally {
    await stored.rows('alter table messages rename column hidden to content');
  }
  expect(await running.metric('faults_total')).toBeGreaterThan(0);
  await socket.call('session.revoke_all');
  await socket.ended();
  expect(await running.metric('sessions_opened_total', { kind: 'session' })).toBeGreaterThan(0);
  expect(await running.metric('sessions_ended_total', { reason: 'revoked' })).toBe(1);

  expect(lines().length).toBeGreaterThan(20);
  const shown = `${logged}\n${await running.metricsText()}`;
  const found = { ...secrets, accessToken, refreshToken, apiKey, jwtSecret: running.secret };
  expect(
    Object.entries(found)
      .filter(([, secret]) => shown.includes(secret))
      .map(([name]) => name),
  ).toEqual([]);
});

it('leave one whole JSON object on each line, whatever is in the fields', async () => {
  const forged = '\n{"level":"fatal","event":"forged"}\u001b[31m\u2028\r\n';
  const user = await running.aUser();
  for (const [path, body] of [
    ['/v1/users', { handle: forged, displayName: forged, password: forged }],
    ['/v1/commands/user.update', { displayName: forged }],
    [`/v1/commands/${encodeURIComponent(forged)}`, {}],
    [`/v1/conversations/${encodeURIComponent(forged)}/messages`, { id: forged, content: forged }],
  ] as const)
    expect((await running.request('POST', path, { user, body })).status).toBeGreaterThanOrEqual(400);
  const socket = await running.connect();
  await socket.answer(JSON.stringify({ id: forged.repeat(4), type: forged }));
  await socket.exchange(JSON.stringify({ id: 1, type: forged }), 1);
  await socket.auth(forged);
  await socket.ended();
  for (const line of lines())
    expect(JSON.parse(line)).toMatchObject({ time: expect.any(String), event: expect.any(String) });
  expect(logged).not.toContain('forged');
  expect(logged).not.toContain('\u001b');
});
