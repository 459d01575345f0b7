import { beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { ann, bodyOf, room, session, Surface } from './support.ts';

let surface: Surface;
beforeEach(() => {
  surface = new Surface();
});
const json = { 'content-type': 'application/json' };

describe('a route', () => {
  it('merges path and query, reads numbers, truths and lists, and says who asks', async () => {
    const answer = await surface.asAnn(
      `GET /v1/conversations/${room}/messages?limit=20&before=7&deleted=true&types=text,system`,
    );
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'x-request-id': 'request-1' });
    expect(bodyOf(answer)).toEqual({ done: 'message.list' });
    expect(surface.ran).toEqual([
      {
        type: 'message.list',
        input: { conversationId: room, limit: 20, before: 7, deleted: true, types: ['text', 'system'] },
        caller: { address: '2001:db8:1:2:3::4', userId: ann, sessionId: session },
      },
    ]);
  });

  it('merges path and body', async () => {
    await surface.asAnn(`PATCH /v1/conversations/${room}/messages/4`, { content: 'x', role: 'owner' });
    expect(surface.ran[0]?.input).toEqual({ conversationId: room, seq: 4, content: 'x' });
  });

  it('takes from the body what the path says as well', async () => {
    const answer = await surface.asAnn(`PATCH /v1/conversations/${room}/messages/4`, { content: 'x', seq: 4 });
    expect(answer.status).toBe(200);
  });

  it('prefers a named segment to a variable one', async () => {
    await surface.asAnn('POST /v1/conversations/private', { with: 'bob' });
    expect(surface.ran[0]?.type).toBe('conversation.open');
  });

  it('exists for every command by its type, unless it is bound to a connection', async () => {
    for (const { type, overHttp } of surface.commands) {
      const answer = await surface.asAnn(`POST /v1/commands/${type}`, {});
      expect([type, answer.status === 404]).toEqual([type, overHttp === false]);
    }
    await surface.asAnn('POST /v1/commands/conversation.leave', { conversationId: room });
    expect(surface.ran.at(-1)).toMatchObject({ type: 'conversation.leave', input: { conversationId: room } });
  });

  it('answers HEAD like GET; the transport leaves the body out', async () => {
    const answer = await surface.asAnn(`HEAD /v1/conversations/${room}/messages`);
    expect(answer).toEqual(await surface.asAnn(`GET /v1/conversations/${room}/messages`));
    expect(surface.ran.map(({ type }) => type)).toEqual(['message.list', 'message.list']);
  });

  it('is counted by its command and status, never by what was asked', async () => {
    await surface.asAnn(`GET /v1/conversations/${room}/messages`);
    await surface.asAnn('GET /v1/nothing/here');
    expect(surface.counted).toEqual([
      { name: 'command_ms', command: 'message.list', outcome: 'ok' },
      { name: 'http_requests_total', target: 'message.list', status: '200' },
      { name: 'http_requests_total', target: 'none', status: '404' },
    ]);
  });
});

describe('who may call', () => {
  it.each([
    ['no token', {}],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['two tokens', { authorization: 'Bearer ann, Bearer ann' }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['a bad token', { authorization: 'Bearer bob' }],
  ])('refuses %s', async (_what, headers) => {
    const answer = await surface.ask('DELETE /v1/conversations/x', headers);
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({ 'www-authenticate': 'Bearer' });
    expect(bodyOf(answer)).toMatchObject({ code: 'unauthenticated' });
    expect(surface.ran).toEqual([]);
  });

  it('takes no token from the query', async () => {
    const answer = await surface.ask(`GET /v1/conversations/${room}/messages?access_token=ann&token=ann`);
    expect(answer.status).toBe(401);
  });

  it('makes guessing tokens slow, per block of addresses, and leaves good tokens alone', async () => {
    surface.limit = (kind) => (kind === 'handshake' ? { allowed: false, retryAfterMs: 2_100 } : { allowed: true });
    const guess = await surface.ask('DELETE /v1/conversations/x', { authorization: 'Bearer bob' });
    expect(guess).toMatchObject({ status: 429, headers: { 'retry-after': '3' } });
    expect(surface.taken).toEqual([['handshake', '2001:db8:1:2::/64']]);
    expect((await surface.asAnn(`DELETE /v1/conversations/${room}`)).status).toBe(200);
  });

  it('says 503 when tokens can not be judged now', async () => {
    const answer = await surface.ask('DELETE /v1/conversations/x', { authorization: 'Bearer away' });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    expect(surface.taken).toEqual([]);
  });

  it('counts users by id and strangers by address, in the class of the command', async () => {
    await surface.asAnn(`DELETE /v1/conversations/${room}`);
    await surface.ask('POST /v1/sessions', json, '{"handle":"ann"}');
    expect(surface.taken).toEqual([
      ['read', ann],
      ['login', '2001:db8:1:2::/64'],
    ]);
  });

  it('refuses who calls too fast', async () => {
    surface.limit = () => ({ allowed: false, retryAfterMs: 300 });
    const answer = await surface.asAnn(`DELETE /v1/conversations/${room}`);
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(bodyOf(answer)).toMatchObject({ code: 'rate_limited', retryAfterMs: 300 });
    expect(surface.ran).toEqual([]);
  });
});

describe('bad input', () => {
  const messages = `/v1/conversations/${room}/messages`;
  it.each([
    ['a repeated parameter', `GET ${messages}?limit=1&limit=2`, 'limit'],
    ['a parameter out of range', `GET ${messages}?limit=0`, 'limit'],
    ['a number in words', `GET ${messages}?limit=ten`, 'limit'],
    ['a number with spaces', `GET ${messages}?limit=+1`, 'limit'],
    ['half a number', `GET ${messages}?limit=1.5`, 'limit'],
    ['a number in hexadecimal', `GET ${messages}?limit=0x10`, 'limit'],
    ['a huge number', `GET ${messages}?limit=9007199254740993`, 'limit'],
    ['half an escape', `GET ${messages}?limit=%2`, ''],
    ['an escape that is no UTF-8', `GET ${messages}?limit=%ff`, ''],
    ['a dangerous parameter', `GET ${messages}?__proto__=1`, ''],
    ['a parameter that contradicts the path', `GET ${messages}?conversationId=other`, 'conversationId'],
    ['too many parameters', `GET ${messages}?${'a=1&'.repeat(300)}`, ''],
    ['a path that climbs', 'GET /v1/conversations/../messages', 'conversationId'],
    ['an escaped path', 'GET /v1/conversations/%2e%2e%2fetc/messages', 'conversationId'],
    ['a zero byte in the path', 'GET /v1/conversations/%00/messages', 'conversationId'],
    ['a bad escape in the path', 'GET /v1/conversations/%zz/messages', ''],
    ['an endless path', `GET /v1/${'a'.repeat(16_000)}`, ''],
  ])('refuses %s', async (_what, target, path) => {
    const answer = await surface.asAnn(target);
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toMatchObject({ code: 'invalid', status: 400, requestId: 'request-1' });
    expect(bodyOf(answer)['errors']).toEqual([{ path, expected: expect.any(String) as string }]);
    expect(surface.ran).toEqual([]);
  });

  it.each([
    'not json',
    '{',
    '[]',
    'null',
    '7',
    '"x"',
    '{"content":1}',
    '{}',
    '{"content":"x","seq":5}',
    '\ufeff{}',
    '{"content":"x","__proto__":{}}',
    '{"content":"x","a":{"constructor":1}}',
    `{"content":"x","a":${'['.repeat(17)}${']'.repeat(17)}}`,
  ])('refuses the body %j, and takes the limit for it all the same', async (body) => {
    const answer = await surface.ask(`PATCH ${messages}/4`, { authorization: 'Bearer ann', ...json }, body);
    expect(answer.status).toBe(400);
    expect(surface.ran).toEqual([]);
    expect(surface.taken).toEqual([['read', ann]]);
  });

  it('refuses a query where there is a body, and a body where there is a query', async () => {
    expect((await surface.asAnn(`PATCH ${messages}/4?content=x`, { content: 'x' })).status).toBe(400);
    expect((await surface.asAnn(`DELETE /v1/conversations/${room}`, {})).status).toBe(400);
  });

  it.each([
    ['no type', {}],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['plain text', { 'content-type': 'text/plain' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['two types', { 'content-type': 'application/json, text/plain' }],
    ['a compressed body', { ...json, 'content-encoding': 'gzip' }],
  ])('refuses %s', async (_what, headers) => {
    const answer = await surface.ask(
      `PATCH ${messages}/4`,
      { authorization: 'Bearer ann', ...headers },
      '{"content":"x"}',
    );
    expect(answer.status).toBe(415);
    expect(bodyOf(answer)).toMatchObject({ code: 'unsupported' });
    expect(surface.ran).toEqual([]);
  });

  it('takes JSON however its type is spelt, and nothing at all as an empty object', async () => {
    const headers = { authorization: 'Bearer ann', 'content-type': 'Application/JSON; charset=UTF-8' };
    expect((await surface.ask(`PATCH ${messages}/4`, headers, '{"content":"x"}')).status).toBe(200);
    const nothing = await surface.asAnn(`PATCH ${messages}/4`);
    expect(bodyOf(nothing)).toMatchObject({ status: 400, errors: [{ path: 'content' }] });
  });

  it('refuses a body that is too long, whether it says so or not', async () => {
    const headers = { authorization: 'Bearer ann', ...json };
    const said = await surface.ask(`PATCH ${messages}/4`, { ...headers, 'content-length': '1025' }, '{}');
    const cut = await surface.ask(`PATCH ${messages}/4`, headers, null);
    const sent = await surface.ask(`PATCH ${messages}/4`, headers, 'x'.repeat(1_025));
    for (const answer of [said, cut, sent]) expect([answer.status, bodyOf(answer)['code']]).toEqual([413, 'too_large']);
  });

  it.each([
    ['two lengths', { 'content-length': '5, 6' }],
    ['a negative length', { 'content-length': '-1' }],
    ['an absurd length', { 'content-length': '1000000000000000000000000' }],
    ['a length and chunks', { 'content-length': '5', 'transfer-encoding': 'chunked' }],
    ['two hosts', { host: 'chat.example, evil.example' }],
  ])('refuses %s', async (_what, headers) => {
    expect((await surface.asAnn(`DELETE /v1/conversations/${room}`, undefined, headers)).status).toBe(400);
    expect(surface.ran).toEqual([]);
  });

  it.each([
    '/v1',
    '/v1/',
    '/v1/conversations',
    '/v2/conversations',
    '/../../etc/passwd',
    '//healthz',
    '/healthz/',
    '/metrics',
    '/admin',
    '/debug',
    '/.env',
    '/.git',
    '/v1/commands/toString',
    '/v1/commands/__proto__',
    '/v1/commands/ping',
    `/v1//conversations/${room}`,
    '*',
    '',
  ])('finds nothing at %s', async (path) => {
    const answer = await surface.asAnn(`GET ${path}`);
    expect([answer.status, bodyOf(answer)['code']]).toEqual([404, 'not_found']);
  });

  it.each(['POST', 'PUT', 'FOO', 'TRACE', 'CONNECT', 'get', 'constructor'])('refuses the method %s', async (method) => {
    const answer = await surface.asAnn(`${method} /v1/conversations/${room}`, undefined);
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'DELETE, OPTIONS' } });
    expect((await surface.asAnn(`${method} /healthz`)).headers).toMatchObject({ allow: 'GET, HEAD, OPTIONS' });
    expect(surface.ran).toEqual([]);
  });
});

describe('failures', () => {
  it('passes a refusal on as problem details', async () => {
    surface.failure = new Refusal('conflict', 'last_owner', 'a group keeps an owner');
    const answer = await surface.asAnn(`DELETE /v1/conversations/${room}`);
    expect(answer).toMatchObject({ status: 409, headers: { 'content-type': 'application/problem+json' } });
    expect(bodyOf(answer)).toEqual({
      type: 'urn:tertulia:problem:conflict',
      title: 'Conflict',
      status: 409,
      code: 'conflict',
      rule: 'last_owner',
      detail: 'a group keeps an owner',
      errors: [],
      requestId: 'request-1',
    });
  });

  it('notes a fault and tells nothing of it', async () => {
    surface.failure = new Error('password authentication failed for user "secret"');
    const answer = await surface.asAnn(`DELETE /v1/conversations/${room}`);
    expect(answer.status).toBe(500);
    expect(bodyOf(answer)).toMatchObject({ code: 'internal', detail: expect.stringContaining('fault-1') as string });
    expect(String(answer.body)).not.toMatch(/secret|password/);
    expect(surface.faults).toEqual([surface.failure]);
  });

  it('survives a page that fails', async () => {
    surface.readiness = () => Promise.reject(new Error('secret'));
    const answer = await surface.ask('GET /readyz');
    expect(answer.status).toBe(500);
    expect(String(answer.body)).not.toContain('secret');
    expect(surface.faults).toHaveLength(1);
  });
});

describe('pages from elsewhere', () => {
  const leave = `DELETE /v1/conversations/${room}`;
  it.each([
    ['null'],
    ['https://evil.example'],
    ['https://app.example.evil'],
    ['https://app.example:444'],
    ['http://app.example'],
    ['HTTPS://APP.EXAMPLE'],
    ['https://app.example, https://app.example'],
    ['https://chat.example'],
    ['http://chat.example:8080'],
  ])('from %j change nothing', async (origin) => {
    const answer = await surface.asAnn(leave, undefined, { origin });
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(surface.ran).toEqual([]);
  });

  it.each([
    [{ origin: 'https://app.example' }],
    [{ origin: 'http://chat.example' }],
    [{ origin: 'https://chat.example', 'x-forwarded-proto': 'https' }],
  ])('with %j may', async (headers) => {
    const answer = await surface.asAnn(leave, undefined, headers);
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': headers.origin, vary: 'origin' },
    });
  });

  it('may read errors as well', async () => {
    const answer = await surface.ask(leave, { origin: 'https://app.example' });
    expect(answer).toMatchObject({ status: 401, headers: { 'access-control-allow-origin': 'https://app.example' } });
  });

  it('are told what they may do when they ask first', async () => {
    const ask = { origin: 'https://app.example', 'access-control-request-method': 'DELETE' };
    expect(await surface.ask(leave.replace('DELETE', 'OPTIONS'), ask)).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': 'https://app.example',
        'access-control-allow-methods': 'DELETE',
        'access-control-allow-headers': 'authorization, content-type',
      },
    });
    const foreign = await surface.ask(leave.replace('DELETE', 'OPTIONS'), { ...ask, origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
    expect(foreign.headers).not.toHaveProperty('access-control-allow-methods');
  });

  it('get no permission to read what anybody may fetch', async () => {
    const answer = await surface.ask('GET /healthz', { origin: 'https://evil.example' });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

it.each(['GET /', 'GET /healthz', 'GET /v1/openapi.json', 'GET /nowhere', 'FOO /healthz', 'OPTIONS /healthz'])(
  'guards the answer to %s',
  async (target) => {
    expect((await surface.ask(target)).headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
  },
);
