import { beforeAll, describe, expect, it } from 'vitest';
import { v7 } from 'uuid';
import { everyCommand } from '../support/every-command.ts';
import { RawSocket, rawRequest } from '../support/raw-socket.ts';
import type { RequestParts, TransportName } from '../support/running-server.ts';
import { Scene } from './scene.ts';

const commands = (await everyCommand()).filter(({ overHttp }) => overHttp !== false);
const deep = (depth: number) => `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const json = (text: string, more: object = {}): RequestParts & { method: string; path: string } => ({
  ...{ method: 'POST', path: '/v1/commands/user.update', body: text },
  ...more,
});

/** What is wrong, the request, and the answer. Each is sent by somebody with a good token. */
const bad: readonly (readonly [
  what: string,
  request: RequestParts & { method: string; path: string },
  status: number,
  rule?: string,
])[] = [
  ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp'].map(
    (type) => [type, json('{}', { headers: { 'content-type': type } }), 415, 'content_type'] as const,
  ),
  ['UTF-16', json('{}', { headers: { 'content-type': 'application/json; charset=utf-16' } }), 415, 'content_type'],
  ['a gzip body', json('{}', { headers: { 'content-encoding': 'gzip' } }), 415, 'content_encoding'],
  ['a foreign page', json('{}', { headers: { origin: 'https://evil.example' } }), 403, 'origin'],
  ['a sandboxed page', json('{}', { headers: { origin: 'null', 'content-type': 'text/plain' } }), 403, 'origin'],
  ...['not json', '{', ' ', '\ufeff{}', '{"a":1,}', '{"a":NaN}', "{'a':1}", '{}{}', '/**/{}', '{"a":1e400}'].map(
    (text) => [`the body ${JSON.stringify(text)}`, json(text), 400] as const,
  ),
  ...['[]', '7', '"x"', 'null', 'true', deep(17), deep(4_105), deep(30_000)].map(
    (text) => [`the body ${text.slice(0, 12)}, ${text.length} long`, json(text), 400, 'invalid_input'] as const,
  ),
  ...['__proto__', 'constructor', 'prototype'].map(
    (key) => [`the key ${key}`, json(`{"${key}":{"admin":true}}`), 400, 'invalid_input'] as const,
  ),
  ['201 keys', json(JSON.stringify(Object.fromEntries(Array.from({ length: 201 }, (_, at) => [at, 1])))), 400],
  ['64 KiB and a byte', json(' '.repeat(65_537)), 413, 'body_too_large'],
  ['1 MB of white space', json(' '.repeat(1_000_000)), 413, 'body_too_large'],
  ['a query beside a body', json('{}', { path: '/v1/commands/user.update?displayName=x' }), 400],
  ['a parameter twice', { method: 'GET', path: '/v1/conversations?limit=1&limit=2' }, 400, 'invalid_input'],
  ['a prototype as parameter', { method: 'GET', path: '/v1/conversations?__proto__=1' }, 400, 'invalid_input'],
  ['half an escape', { method: 'GET', path: '/v1/conversations?after=%zz' }, 400, 'invalid_input'],
  ['ill-formed UTF-8 in the query', { method: 'GET', path: '/v1/conversations?after=%ff' }, 400, 'invalid_input'],
  ['ill-formed UTF-8 in the path', { method: 'GET', path: '/v1/conversations/%ff' }, 400, 'invalid_input'],
  ['U+0000 in the path', { method: 'GET', path: '/v1/conversations/%00' }, 400, 'invalid_input'],
  ['a path in the path', { method: 'GET', path: '/v1/conversations/..%2f..%2fetc%2fpasswd' }, 400, 'invalid_input'],
  [
    'two ids that differ',
    json('{}', { method: 'PATCH', path: `/v1/conversations/${v7()}`, body: `{"conversationId":"${v7()}"}` }),
    400,
  ],
  ['an unknown command', json('{}', { path: '/v1/commands/no.such' }), 404, 'no_such_route'],
  ['a command of connections', json('{}', { path: '/v1/commands/auth' }), 404, 'no_such_route'],
  ['a prototype as command', json('{}', { path: '/v1/commands/__proto__' }), 404, 'no_such_route'],
  ['a command by GET', { method: 'GET', path: '/v1/commands/user.update' }, 405, 'method'],
  ['DELETE of the start page', { method: 'DELETE', path: '/' }, 405, 'method'],
  ...[
    '/metrics',
    '/admin',
    '/debug',
    '/.env',
    '/.git/config',
    '/v1',
    '/v1/',
    '/V1/users/me',
    '/v1/users/me/',
    '//v1/users/me',
  ].map((path) => [path, { method: 'GET', path }, 404, 'no_such_route'] as const),
];

/** Bytes that no client library sends. */
const rawBad: readonly (readonly [what: string, bytes: string, statuses: readonly number[]])[] = [
  ['a way out', 'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', [404]],
  ['an escaped way out', 'GET /%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', [404]],
  ['a URL of 16 KB', `GET /${'x'.repeat(16_384)} HTTP/1.1\r\nHost: x\r\n\r\n`, [400, 414, 431]],
  ['a path of 3,000 characters', `GET /${'x'.repeat(3_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, [400]],
  ...['FOO', 'TRACE', 'CONNECT'].map(
    (method) => [method, `${method} /v1/users/me HTTP/1.1\r\nHost: x\r\n\r\n`, [400, 405]] as const,
  ),
  ['two lengths', 'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}', [400]],
  [
    'a length and chunks',
    'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    [400],
  ],
  ['a negative length', 'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', [400]],
  ['a length of 10^24', `POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 1${'0'.repeat(24)}\r\n\r\n`, [400, 413]],
  ['HTTP/1.0', 'GET /healthz HTTP/1.0\r\nHost: x\r\n\r\n', [505]],
  ['two Hosts', 'GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', [400]],
  ['4 KB of user agent', `GET /healthz HTTP/1.1\r\nHost: x\r\nUser-Agent: ${'x'.repeat(5_000)}\r\n\r\n`, [431]],
  ['100 ranges', `GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=${'0-1,'.repeat(99)}0-1\r\n\r\n`, [200, 416]],
];

describe.each<TransportName>(['uws', 'ws'])('HTTP, over %s', (transport) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ transport, settings: { LIMIT_RATE_REFRESH: '0.01/5' } });
  });

  it.for(bad)('%s', async ([, { method, path, ...parts }, status, rule]) => {
    await scene.unharmed(async () => {
      const answer = await scene.running.request(method, path, { user: scene.somebody, ...parts });
      expect(answer.status).toBe(status);
      if (rule !== undefined) expect(answer.body).toMatchObject({ status, rule, requestId: expect.any(String) });
      expect(answer.text.length).toBeLessThan(1_000);
    });
  });

  it.each(rawBad)('%s', async (_what, bytes, statuses) => {
    await scene.unharmed(async () => {
      expect(statuses).toContain((await rawRequest(scene.running.port, bytes)).status);
    });
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic YTpi', 'bearer\tx', 'Bearer a b', 'Bearer a, Bearer b', 'Token x'])(
    'asks for a token when there is %j',
    async (authorization) => {
      const answer = await scene.running.request('GET', '/v1/users/me', { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(answer.body).toMatchObject({ code: 'unauthenticated' });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    },
  );

  it('lets nobody help themselves by another X-Forwarded-For', async () => {
    const statuses: number[] = [];
    for (let call = 0; call < 10; call++) {
      const headers = { 'x-forwarded-for': `198.51.100.${call}`, forwarded: `for=198.51.100.${call}` };
      const body = { refreshToken: 'tr_guess' };
      statuses.push((await scene.running.request('POST', '/v1/session/refresh', { headers, body })).status);
    }
    expect(statuses).toEqual([...Array<number>(5).fill(401), ...Array<number>(5).fill(429)]);
  });

  it('says nothing of what it is made of, and keeps answers out of caches', async () => {
    for (const path of ['/', '/healthz', '/v1/users/me', '/no/such']) {
      const { headers } = await scene.running.request('GET', path, {});
      expect([path, headers.get('server'), headers.get('uwebsockets'), headers.get('x-powered-by')]).toEqual([
        path,
        null,
        null,
        null,
      ]);
      expect([path, headers.get('cache-control')]).toEqual([path, 'no-store']);
      expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff']);
    }
  });

  it('outlives clients that go away in the middle of every command', async () => {
    const { running, somebody, witness } = scene;
    const abandon = async (request: string, cut: number) => {
      const socket = await RawSocket.connect(running.port);
      socket.tcp.end(request.slice(0, cut));
      socket.reset();
    };
    for (const { type, access } of commands) {
      // Of nobody, so that what completes is refused, and with a body that is long under way.
      const authorization = access === 'user' ? `Authorization: Bearer ${somebody.token}\r\n` : '';
      const body = JSON.stringify({ padding: 'x'.repeat(20_000) });
      const head = `POST /v1/commands/${type} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${authorization}`;
      const request = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
      const cuts = [20, head.length, request.length - 10_000, request.length - 1];
      await Promise.all(cuts.map((cut) => abandon(request, cut)));
    }
    await witness.delivers();
    expect((await running.request('GET', '/healthz')).status).toBe(200);
  });
});
