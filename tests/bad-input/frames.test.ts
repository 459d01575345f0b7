import { SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { v7 } from 'uuid';
import { signingKey } from '#app/infrastructure/auth/signing-keys.ts';
import { eventually, handshake, OPCODE, rawFrame, rawRequest, RawSocket } from '../support/raw-socket.ts';
import { everyCommand } from '../support/every-command.ts';
import type { TestUser, TransportName } from '../support/running-server.ts';
import type { Reply, WsClient } from '../support/ws-client.ts';
import { Scene } from './scene.ts';

const settings = {
  ALLOWED_ORIGINS: 'https://good.example',
  LIMIT_FRAMES_PER_SECOND: '1000',
  LIMIT_RATE_SYNC: '0.01/5',
};
const FRAME = 65_536;
/** Above it the transport ends the socket, which tells nothing. */
const FAR_ABOVE = 1_048_576;

const frame = (fields: string) => `{"id":1,"type":"ping","data":{${fields}}}`;
const nested = (depth: number) => `{"id":1,"type":"ping","data":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const keys = (count: number) => frame(Array.from({ length: count }, (_, at) => `"${at}":1`).join());

/** Rows 12, 21, 22, 24 (what is no number), 26, 27, 29, 30: frames without an id that could be told. */
const malformed: readonly (readonly [what: string, text: string])[] = [
  ...['', ' ', 'not json', '{', 'nul', '}', '"', '{"id":1', '{}{}', '\u0000', '[]', '"x"', '7', 'null', 'true'].map(
    (text) => [`text ${JSON.stringify(text)}`, text] as const,
  ),
  ['only white space', ' \n\t'.repeat(10_000)],
  ...['missing', '{}', '[]', 'null', 'true', '1e400', '-1', '1.5', '9007199254740992', '""', `"${'x'.repeat(65)}"`].map(
    (id) => [`id ${id.slice(0, 20)}`, id === 'missing' ? '{"type":"ping"}' : `{"id":${id},"type":"ping"}`] as const,
  ),
  ['an id of 10 KB', `{"id":"${'x'.repeat(10_240)}","type":"ping"}`],
  ...[16, 4_105, 30_000].map((depth) => [`data ${depth} deep`, nested(depth)] as const),
  ['201 keys', keys(201)],
  ['5,000 keys', keys(5_000)],
  ['1,001 items', frame(`"x":[${'0,'.repeat(1_000)}0]`)],
  ['20,000 items', frame(`"cursors":[${'0,'.repeat(20_000)}0]`)],
  ...['__proto__', 'constructor', 'prototype'].flatMap((key) => [
    [`key ${key} in data`, frame(`"${key}":{"admin":true}`)] as const,
    [`key ${key} in the frame`, `{"id":1,"type":"ping","${key}":{}}`] as const,
    [`key ${key} deep inside`, frame(`"x":[{"y":{"${key}":1}}]`)] as const,
    [`key ${key} with escapes`, frame(`"\\u00${key.charCodeAt(0).toString(16)}${key.slice(1)}":1`)] as const,
  ]),
  ...['\ufeff{"id":1,"type":"ping"}', '{"id":1,"type":"ping",}', '{"id":1,"type":"ping"}//', '/**/{"id":1}'].map(
    (text) => [text, text] as const,
  ),
  ...[
    '{"id":NaN}',
    "{'id':1}",
    '{id:1}',
    '{"id":01}',
    '{"id":+1}',
    '{"id":0x1}',
    '{"id":Infinity}',
    '{"id":1}\u0000',
  ].map((text) => [text, text] as const),
  ['a line break in a string', '{"id":1,"type":"pi\nng"}'],
];

/** Row 23: the id is known, the type is not. */
const unknownTypes = [
  ...[
    'missing',
    '""',
    '"no.such"',
    '"PING"',
    '"ping "',
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '"hasOwnProperty"',
  ],
  ...['7', 'null', '{}', '[]', '["ping"]', `"${'x'.repeat(300)}"`, '"ping\\u0000"', '"message.created"'],
];

describe.each<TransportName>(['uws', 'ws'])('frames, over %s', (transport) => {
  let scene: Scene;
  let socket: WsClient;
  beforeAll(async () => {
    scene = await Scene.open({ transport, settings });
  });

  const aSocket = async (protocols: readonly string[] = []): Promise<WsClient> =>
    (socket = await scene.running.connectAs(scene.somebody, { protocols }));
  const counted = (rule: string) => scene.running.metric('malformed_frames_total', { rule });
  const stillServed = async () => expect(await socket.call('ping')).toMatchObject({ ok: true });

  it.each(malformed)('calls %s invalid', async (_what, text) => {
    await scene.unharmed(async () => {
      await aSocket();
      const before = (await counted('malformed_frame')) + (await counted('bad_id'));
      const reply = await socket.answer(text);
      expect(reply).toMatchObject({ id: null, ok: false, error: { code: 'invalid' } });
      expect(JSON.stringify(reply).length).toBeLessThan(300);
      expect((await counted('malformed_frame')) + (await counted('bad_id'))).toBe(before + 1);
      await stillServed();
      await socket.close();
    });
  });

  it.each(unknownTypes)('does not know the type %s', async (type) => {
    await scene.unharmed(async () => {
      await aSocket();
      const before = await counted('unknown_type');
      const reply = await socket.exchange(type === 'missing' ? '{"id":5}' : `{"id":5,"type":${type},"data":{}}`, 5);
      expect(reply).toMatchObject({ id: 5, ok: false, error: { code: 'unsupported', rule: 'unknown_type' } });
      expect(JSON.stringify(reply).length).toBeLessThan(300);
      expect(await counted('unknown_type')).toBe(before + 1);
      await stillServed();
      await socket.close();
    });
  });

  it.each(['{}', 'null', '[]', '7', '"x"'])(
    'takes the data %s of a command without fields as it should',
    async (data) => {
      await aSocket();
      const reply = await socket.exchange(`{"id":1,"type":"ping","data":${data}}`, 1);
      // Absent and null are the same: there is nothing to say.
      expect(reply.ok).toBe(data === '{}' || data === 'null');
      await socket.close();
    },
  );

  it('calls one byte above the limit too large, and keeps the socket', async () => {
    await scene.unharmed(async () => {
      await aSocket();
      const padded = (bytes: number) => '{"id":2,"type":"ping"}'.padEnd(bytes);
      expect(await socket.exchange(padded(FRAME), 2)).toMatchObject({ ok: true });
      for (const text of [padded(FRAME + 1), ' '.repeat(1_000_000), keys(100_000), nested(100_000)])
        expect(await socket.answer(text)).toMatchObject({
          ...{ id: null, ok: false, error: { code: 'too_large', rule: 'frame_too_large' } },
        });
      await stillServed();
      // In bytes, not in characters.
      const wide = `{"id":3,"type":"ping","data":{"x":"${'ä'.repeat(FRAME / 2)}"}}`;
      expect(await socket.answer(wide)).toMatchObject({ error: { code: 'too_large' } });
      socket.raw(padded(FAR_ABOVE + 1));
      // A bare end of uws; ws says why.
      expect([1006, 1009]).toContain((await socket.ended()).code);
    });
  });

  it('speaks text frames only, or binary ones only, as was agreed', async () => {
    await scene.unharmed(async () => {
      await aSocket();
      const before = await counted('wrong_frame_kind');
      const refused = { id: null, error: { code: 'unsupported', rule: 'wrong_frame_kind' } };
      expect(await socket.answer(Buffer.from('{"id":1,"type":"ping"}'))).toMatchObject(refused);
      expect(await socket.answer(Buffer.alloc(0))).toMatchObject(refused);
      expect(await counted('wrong_frame_kind')).toBe(before + 2);
      await stillServed();
      await socket.close();
    });
  });

  it('closes with 4500 at the tenth malformed frame, not at the ninth', async () => {
    await scene.unharmed(async () => {
      await aSocket();
      for (let sent = 0; sent < 9; sent++) await socket.answer('nonsense');
      await stillServed();
      expect(await socket.answer('{"id":{}}')).toMatchObject({ error: { code: 'invalid' } });
      expect(await socket.ended()).toEqual({ code: 4500, reason: 'too many malformed frames' });
    });
  });

  it('closes with 4429 after 10,000 pings in one write', async () => {
    await scene.unharmed(async () => {
      const flood = await RawSocket.open(scene.running.port);
      flood.text(JSON.stringify({ id: 1, type: 'auth', data: { token: scene.somebody.token } }));
      await flood.frame();
      flood.write(Buffer.concat(Array.from({ length: 10_000 }, () => rawFrame(OPCODE.ping, 'x'))));
      let { opcode, payload } = await flood.frame();
      // Pings that were read with the one too many are ponged by the transport before the farewell.
      while (opcode === OPCODE.pong) ({ opcode, payload } = await flood.frame());
      expect([opcode, payload.readUInt16BE(0)]).toEqual([OPCODE.close, 4429]);
      flood.destroy();
    });
  });

  it('answers both frames of one id', async () => {
    await aSocket();
    const twice = [socket.exchange('{"id":"a","type":"ping"}', 'a'), socket.exchange('{"id":"b","type":"ping"}', 'b')];
    socket.raw('{"id":"a","type":"user.me"}');
    expect(await Promise.all(twice)).toMatchObject([{ ok: true }, { ok: true }]);
    await eventually(() => socket.strays.length > 0, 'the reply to the second frame');
    expect(socket.strays).toMatchObject([{ id: 'a', ok: true }]);
    await socket.close();
  });

  it('lets the last of duplicate keys win, as over HTTP', async () => {
    await aSocket();
    const data = '{"displayName":"First","displayName":"Last"}';
    const reply = await socket.exchange(`{"id":9,"id":3,"type":"no","type":"user.update","data":{},"data":${data}}`, 3);
    expect(reply).toMatchObject({ id: 3, ok: true, data: { displayName: 'Last' } });
    const { body } = await scene.running.request('PATCH', '/v1/users/me', { user: scene.somebody, body: data });
    expect(body).toMatchObject({ displayName: 'Last' });
    await socket.close();
  });

  it('takes 64 commands at once and turns the others away by name', async () => {
    const { running, somebody } = scene;
    const conversationId = await running.aGroup(somebody);
    await aSocket();
    const sends = Array.from({ length: 200 }, (_, at) => rawFrame(OPCODE.text, sendFrame(at, conversationId)));
    const raw = await RawSocket.open(running.port);
    raw.text(JSON.stringify({ id: 1_000, type: 'auth', data: { token: somebody.token } }));
    await raw.frame();
    raw.write(Buffer.concat(sends));
    const replies = (await raw.texts(200)).map((text) => JSON.parse(text) as Reply);
    const refused = replies.filter(({ ok }) => !ok);
    expect(refused.length).toBeGreaterThan(0);
    for (const { error } of refused) expect(error).toMatchObject({ code: 'rate_limited', rule: 'in_flight' });
    const { messages } = await running.as(somebody, 'message.history', { conversationId, limit: 100 });
    // The first of them are in, in order; what was refused is not.
    const acked = replies.filter(({ ok }) => ok);
    expect(messages).toHaveLength(Math.min(100, acked.length + 1));
    raw.destroy();
  });

  it('counts calls of a class for all of a user’s ways together, and for nobody else', async () => {
    const { running } = scene;
    const [greedy, neighbour] = await running.users(2);
    const body = { epoch: 'x', urev: 0, cursors: [] };
    const client = await running.connectAs(greedy!);
    for (let call = 0; call < 5; call++) expect(await client.call('sync', body)).toMatchObject({ ok: true });
    const before = await running.metric('rate_limited_total', { class: 'sync' });
    const refused = await client.call('sync', body);
    expect(refused.error).toMatchObject({ code: 'rate_limited', rule: 'rate' });
    expect(refused.error?.retryAfterMs).toBeGreaterThan(0);
    const overHttp = await running.request('POST', '/v1/sync', { user: greedy, body });
    expect([overHttp.status, overHttp.body.code]).toEqual([429, 'rate_limited']);
    expect(Number(overHttp.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await running.metric('rate_limited_total', { class: 'sync' })).toBe(before + 2);
    expect(await client.call('ping')).toMatchObject({ ok: true });
    expect((await running.request('POST', '/v1/sync', { user: neighbour, body })).status).toBe(200);
    await client.close();
  });

  describe('before auth', async () => {
    const types = (await everyCommand()).map(({ type }) => type).filter((type) => type !== 'auth');
    it('is the first frame anything else, the socket is closed with 4501', async () => {
      await scene.unharmed(async () => {
        for (const type of types) {
          const stranger = await scene.running.connect();
          const reply = await stranger.call(type, { conversationId: v7() });
          expect([type, reply.error?.code]).toEqual([type, 'unauthenticated']);
          expect([type, (await stranger.ended()).code]).toEqual([type, 4501]);
        }
      });
    });

    it('answers every bad token alike', async () => {
      const { running, somebody } = scene;
      const bad = await badTokens(somebody, running.secret);
      await scene.unharmed(async () => {
        const answers = new Set<string>();
        for (const [what, token] of bad) {
          const stranger = await running.connect();
          const { error } = await stranger.auth(token);
          expect([what, error?.code]).toEqual([what, 'unauthenticated']);
          expect([what, (await stranger.ended()).code]).toEqual([what, 4501]);
          answers.add(JSON.stringify(error));
          // What a header can hold.
          if (!/^[\w.~+/=-]{1,3000}$/.test(token)) continue;
          const { status } = await running.request('GET', '/v1/users/me', { user: { token } });
          expect([what, status]).toEqual([what, 401]);
        }
        expect(answers.size).toBe(1);
      });
    });

    it('calls a token of 1 MB too large, and one of 60 KB invalid', async () => {
      await scene.unharmed(async () => {
        const stranger = await scene.running.connect();
        const huge = JSON.stringify({ id: 1, type: 'auth', data: { token: 'x'.repeat(1_000_000) } });
        expect(await stranger.answer(huge)).toMatchObject({ error: { code: 'too_large' } });
        expect(await stranger.auth('x'.repeat(60_000))).toMatchObject({ error: { code: 'invalid' } });
        expect((await stranger.ended()).code).toBe(4501);
      });
    });
  });

  describe('the upgrade', () => {
    const status = async (headers: Record<string, string | undefined>, path?: string) =>
      (await rawRequest(scene.running.port, handshake(path, headers))).status;

    it.each([
      ['https://evil.example', 403],
      ['null', 403],
      ['https://good.example.evil', 403],
      ['https://good.example:8443', 403],
      ['http://good.example', 403],
      ['https://GOOD.example', 403],
      ['https://good.example, https://good.example', 403],
      ['https://good.example\r\nOrigin: https://evil.example', 403],
      ['https://good.example/', 403],
      ['http://localhost:1', 403],
      ['file://', 403],
      ['https://good.example', 101],
      ['http://localhost', 101],
      [undefined, 101],
    ])('of the origin %j is answered %i', async (origin, expected) => {
      await scene.unharmed(async () => expect(await status({ Origin: origin })).toBe(expected));
    });

    it.each([
      [{ 'Sec-WebSocket-Protocol': 'mqtt' }, 400],
      [{ 'Sec-WebSocket-Protocol': 'TERTULIA.V1' }, 400],
      [{ 'Sec-WebSocket-Protocol': 'tertulia.v1.' }, 400],
      [{ 'Sec-WebSocket-Protocol': 'mqtt, tertulia.v1' }, 101],
      [{ 'Sec-WebSocket-Version': '8' }, 426],
      [{ 'Sec-WebSocket-Key': 'abc' }, 400],
      [{ 'Sec-WebSocket-Key': undefined }, 400],
      [{ Cookie: 'x'.repeat(5_000) }, 431],
      [Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`X-${at}`, '1'])), 431],
    ])('with %o is answered %i', async (headers, expected) => {
      await scene.unharmed(async () => expect(await status(headers)).toBe(expected));
    });

    it.each(['/', '/v1/ws/', '/v1/WS', '/v1', '/socket.io/?EIO=4', '/v1/%77s'])(
      'at %s is answered 404',
      async (path) => {
        await scene.unharmed(async () => expect(await status({}, path)).toBe(404));
      },
    );

    it('names the sub-protocols that there are', async () => {
      const { body } = await rawRequest(scene.running.port, handshake('/v1/ws', { 'Sec-WebSocket-Protocol': 'mqtt' }));
      expect(body).toContain('tertulia.v1');
    });
  });
});

const sendFrame = (id: number, conversationId: string) =>
  JSON.stringify({ id, type: 'message.send', data: { id: v7(), conversationId, content: `number ${id}` } });

const badTokens = async ({ userId, sessionId, token }: TestUser, secret: string) => {
  const { kid, key } = signingKey(secret);
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: 'tertulia', aud: 'tertulia', sub: userId, sid: sessionId, iat: now, exp: now + 600 };
  const signed = (changed: object, header: object = {}, by: Uint8Array = key) =>
    new SignJWT({ ...claims, ...changed }).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid, ...header }).sign(by);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [head = '', body = '', signature = ''] = token.split('.');
  return [
    ['expired', await signed({ iat: now - 700, exp: now - 61 })],
    ['not yet', await signed({ nbf: now + 120 })],
    ['without an end', await signed({ exp: undefined })],
    ['living for a year', await signed({ exp: now + 31_536_000 })],
    ['for another audience', await signed({ aud: 'other' })],
    ['of another issuer', await signed({ iss: 'other' })],
    ['of another user', await signed({ sub: v7() })],
    ['of another session', await signed({ sid: v7() })],
    ['of another secret', await signed({}, {}, new TextEncoder().encode('x'.repeat(43)))],
    ['of another key', await signed({}, { kid: '../../dev/null' })],
    ['of another type', await signed({}, { typ: 'JWT' })],
    ['alg none', `${part({ alg: 'none', typ: 'at+jwt', kid })}.${part(claims)}.`],
    ['alg nOnE', `${part({ alg: 'nOnE', typ: 'at+jwt', kid })}.${part(claims)}.`],
    ['signature gone', `${head}.${body}.`],
    ['signature of another body', `${head}.${part({ ...claims, sub: v7() })}.${signature}`],
    ['five parts', `${token}.x.y`],
    ['a word', 'token'],
    ['an unknown API key', `tk_${'A'.repeat(43)}`],
    ['a refresh token', `tr_${'A'.repeat(43)}`],
    ['NUL', '\u0000'],
    ['8 KB', 'x'.repeat(8_192)],
  ] as const;
};
