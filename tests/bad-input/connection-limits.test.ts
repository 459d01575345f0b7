import { beforeAll, describe, expect, it } from 'vitest';
import { handshake, OPCODE, rawFrame, rawRequest, RawSocket } from '../support/raw-socket.ts';
import { RunningServer, type TransportName } from '../support/running-server.ts';
import { Witness } from './witness.ts';

const settings = {
  LIMIT_UNAUTHENTICATED_SOCKETS_PER_ADDRESS: '20',
  LIMIT_SOCKETS_PER_ADDRESS: '40',
  LIMIT_AUTH_SECONDS: '6', // time for all that is asked while strangers are connected
  LIMIT_FRAMES_PER_SECOND: '1000',
};

describe.each<TransportName>(['uws', 'ws'])('limits of connections, over %s', (transport) => {
  let running: RunningServer;
  let witness: Witness;
  beforeAll(async () => {
    running = await RunningServer.start({ transport, settings });
    witness = await Witness.of(running);
  });
  const opening = () => rawRequest(running.port, handshake());
  /** What others left has to be noticed first. */
  const quiet = () => expect.poll(() => running.metric('unauthenticated_connections')).toBe(0);

  it('turns strangers away beyond so many of an address, until those before them are gone', async () => {
    await quiet();
    const [opened, refused] = [await running.metric('connections_opened_total'), await refusedFor('strangers')];
    const silent = await Promise.all(Array.from({ length: 20 }, () => RawSocket.open(running.port)));
    const late = await opening();
    expect([late.status, late.headers.get('retry-after')]).toEqual([429, '5']);
    await witness.delivers();
    expect(await running.metric('unauthenticated_connections')).toBe(20);
    expect(await running.metric('connections_opened_total')).toBe(opened + 20);
    expect(await refusedFor('strangers')).toBe(refused + 1);

    // Each is told, and the last of them is gone within the time to say who one is and a tick.
    for (const socket of silent) expect(await socket.closeCode(12_000)).toBe(4408);
    for (const socket of silent) socket.destroy();
    await witness.delivers();
    await quiet();
    await running.connectAs(await running.aUser()).then((socket) => socket.close());
    expect(await running.metric('connections_closed_total', { code: '4408' })).toBe(20);
  });

  it('turns anybody away beyond so many sockets of an address', async () => {
    const user = await running.aUser();
    await quiet();
    const before = await running.metric('connections');
    const sockets = [];
    for (let at = before; at < 40; at++) sockets.push(await running.connectAs(user));
    const refused = await refusedFor('sockets_per_address');
    expect((await opening()).status).toBe(429);
    expect(await refusedFor('sockets_per_address')).toBe(refused + 1);
    await witness.delivers();
    await Promise.all(sockets.map((socket) => socket.close()));
    await expect.poll(() => running.metric('connections')).toBe(before);
    expect((await opening()).status).toBe(101);
  });

  it('counts upgrades that were refused, by the rule that refused them', async () => {
    for (const [rule, headers, path] of [
      ['path', {}, '/elsewhere'],
      ['origin', { Origin: 'https://evil.example' }, undefined],
      ['sub_protocol', { 'Sec-WebSocket-Protocol': 'mqtt' }, undefined],
    ] as const) {
      const before = await refusedFor(rule);
      await rawRequest(running.port, handshake(path, headers));
      expect([rule, await refusedFor(rule)]).toEqual([rule, before + 1]);
    }
  });

  it('closes with 4429 who sends frames faster than the limit', async () => {
    const { token } = await running.aUser();
    const flood = await RawSocket.open(running.port);
    flood.text(JSON.stringify({ id: 0, type: 'auth', data: { token } }));
    await flood.frame();
    flood.write(
      Buffer.concat(Array.from({ length: 5_000 }, (_, id) => rawFrame(OPCODE.text, `{"id":${id},"type":"ping"}`))),
    );
    await witness.delivers();
    for (;;) {
      const { opcode, payload } = await flood.frame();
      if (opcode !== OPCODE.close) continue;
      expect(payload.readUInt16BE(0)).toBe(4429);
      break;
    }
    flood.destroy();
  });

  it('agrees to no compression', async () => {
    const headers = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
    const answer = await rawRequest(running.port, handshake('/v1/ws', headers));
    expect([answer.status, answer.headers.get('sec-websocket-extensions')]).toEqual([101, undefined]);
  });

  const refusedFor = (rule: string) => running.metric('connections_refused_total', { rule });
});

describe.each<TransportName>(['uws', 'ws'])('the rate of connections, over %s', (transport) => {
  it('is limited by address, and a forwarded address is believed of nobody', async () => {
    const running = await RunningServer.start({ transport, settings: { LIMIT_RATE_HANDSHAKE: '0.01/10' } });
    const statuses: number[] = [];
    for (let at = 0; at < 15; at++)
      statuses.push(
        (await rawRequest(running.port, handshake('/v1/ws', { 'X-Forwarded-For': `198.51.100.${at}` }))).status,
      );
    expect(statuses).toEqual([...Array<number>(10).fill(101), ...Array<number>(5).fill(429)]);
    expect(await running.metric('connections_refused_total', { rule: 'rate' })).toBe(5);
    // Bad tokens are guesses, and pay from the same bucket.
    const { status } = await running.request('GET', '/v1/users/me', { user: { token: 'guess' } });
    expect(status).toBe(429);
  });
});

it('sends whoever authenticates too fast away for a while, not for good', async () => {
  const running = await RunningServer.start({ settings: { LIMIT_RATE_HANDSHAKE: '0.01/3' } });
  const user = await running.aUser();
  await (await running.connectAs(user)).close();
  const late = await running.connect();
  expect(await late.auth(user.token)).toMatchObject({ ok: false, error: { code: 'rate_limited', rule: 'rate' } });
  expect((await late.ended()).code).toBe(4429);
});
