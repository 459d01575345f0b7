import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Haproxy } from '../support/haproxy.ts';
import { eventually, rawRequest } from '../support/raw-socket.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { aPostgresServer } from '../support/services.ts';
import { WsClient } from '../support/ws-client.ts';

const run = promisify(execFile);
const deploy = join(import.meta.dirname, '../../deploy');
const environment = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
const check = (files: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  run('haproxy', ['-c', '-q', ...files.flatMap((file) => ['-f', join(deploy, file)])], {
    env: { ...environment, NODE_1: '127.0.0.1:1', NODE_2: '127.0.0.1:2', NODE_3: '127.0.0.1:3', ...env },
  });

describe('the configuration', () => {
  it('is valid, and brings no warning', async () => {
    expect(await check(['haproxy.cfg'])).toEqual({ stdout: '', stderr: '' });
  });

  it('is valid with TLS', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tertulia-tls-'));
    try {
      const [key, certificate, both] = ['key.pem', 'certificate.pem', 'both.pem'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost`;
      await run('openssl', [...request.split(' '), '-keyout', key, '-out', certificate]);
      await writeFile(both, `${await readFile(certificate, 'utf8')}${await readFile(key, 'utf8')}`);
      expect(await check(['haproxy.cfg', 'haproxy-tls.cfg'], { TLS_CERTIFICATE: both })).toEqual({
        stdout: '',
        stderr: '',
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('behind HAProxy', () => {
  let node: RunningServer;
  let haproxy: Haproxy;
  let ann: TestUser;
  const opened: { readonly address: string }[] = [];

  beforeAll(async () => {
    node = await RunningServer.start({ settings: { TRUSTED_PROXIES: '127.0.0.1', ALLOWED_ORIGINS: '' } });
    node.server.events.on('connection.opened', (event) => void opened.push(event));
    haproxy = await Haproxy.start([node]);
    ann = await node.aUser();
  });
  afterAll(() => haproxy?.stop());

  const connect = (options: WebSocket.ClientOptions = {}) =>
    new Promise<number | 'open'>((resolve, reject) => {
      const socket = new WebSocket(haproxy.ws, options);
      socket.once('open', () => {
        socket.terminate();
        resolve('open');
      });
      socket.once('unexpected-response', (request, response) => {
        request.destroy();
        resolve(response.statusCode ?? 0);
      });
      socket.once('error', reject);
    });

  it('messages travel over WebSocket and HTTP', async () => {
    const conversationId = await node.aGroup(ann);
    const [here, there] = [await WsClient.connect(haproxy.ws), await WsClient.connect(haproxy.ws)];
    for (const client of [here, there]) expect((await client.auth(ann.token)).ok).toBe(true);
    expect((await here.call('message.send', { conversationId, id: v7(), content: 'over WebSocket' })).ok).toBe(true);
    const sent = await fetch(`${haproxy.http}/v1/commands/message.send`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ann.token}` },
      body: JSON.stringify({ conversationId, id: v7(), content: 'over HTTP' }),
    });
    expect(sent.status).toBe(200);
    for (const text of ['over WebSocket', 'over HTTP'])
      await there.until(({ data }) => (data['message'] as { content?: string } | undefined)?.content === text);
    for (const client of [here, there]) await client.close();
  });

  it.each([
    ['X-Forwarded-For', '6.6.6.6'],
    ['X-Forwarded-For', '6.6.6.6, 127.0.0.1'],
    ['x-forwarded-for', '127.0.0.1'],
    ['Forwarded', 'for=6.6.6.6'],
    ['X-Real-IP', '6.6.6.6'],
  ])('the address is that of the client, whatever it claims by %s: %s', async (name, value) => {
    const before = opened.length;
    expect(await connect({ localAddress: '127.0.0.9', headers: { [name]: value } })).toBe('open');
    expect((await eventually(() => opened[before], 'the connection')).address).toBe('127.0.0.9');
  });

  it('whether a page came encrypted is told by the balancer, not by the page', async () => {
    const host = `127.0.0.1:${haproxy.port}`;
    expect(await connect({ origin: `http://${host}` })).toBe('open');
    const claims = { 'X-Forwarded-Proto': 'https' };
    expect(await connect({ origin: `https://${host}`, headers: claims })).toBe(403);
    expect(await connect({ origin: `http://${host}`, headers: claims })).toBe('open');
  });

  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
  it.each([
    ['two lengths', `Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`],
    ['two lengths in one line', `Content-Length: 0, ${smuggled.length}\r\n\r\n${smuggled}`],
    ['a length with a sign', `Content-Length: +${smuggled.length}\r\n\r\n${smuggled}`],
    ['a length that is none', `Content-Length: 0x10\r\n\r\n${smuggled}`],
    ['a coding that is not last', `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`],
    ['another coding', `Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a coding in disguise', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a coding before a colon with a space', `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a chunk that is none', `Transfer-Encoding: chunked\r\n\r\nxyz\r\n${smuggled}`],
    ['two hosts', `Host: other\r\nContent-Length: 0\r\n\r\n${smuggled}`],
    [
      'an upgrade to HTTP/2',
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
    ],
  ])('nothing is smuggled past it: %s', async (_what, rest) => {
    const { status } = await rawRequest(haproxy.port, `POST /v1/commands/ping HTTP/1.1\r\nHost: x\r\n${rest}`);
    expect([400, 422]).toContain(status);
    expect(await node.metric('http_requests_total', { target: 'none', status: '404' })).toBe(0);
  });

  it('a length beside a coding is taken away before a node sees it', async () => {
    const body = `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    const { status } = await rawRequest(haproxy.port, `POST /v1/commands/user.me HTTP/1.1\r\nHost: x\r\n${body}`);
    expect([400, 401]).toContain(status);
  });

  it.each(['TRACE', 'CONNECT'])('%s is refused', async (method) => {
    const { status } = await rawRequest(haproxy.port, `${method} /v1/users HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect([400, 405]).toContain(status);
  });

  it('sockets outlive its reload', async () => {
    const client = await WsClient.connect(haproxy.ws);
    await client.auth(ann.token);
    await haproxy.reload();
    expect((await client.call('ping')).ok).toBe(true);
    expect(await connect()).toBe('open');
    await client.close();
  });
});

it('a database that is away for a moment costs no socket, and no node its place', { timeout: 180_000 }, async () => {
  const postgres = await aPostgresServer();
  const node = await RunningServer.start({ databaseUrl: postgres.url, settings: { TRUSTED_PROXIES: '127.0.0.1' } });
  const haproxy = await Haproxy.start([node]);
  try {
    const ann = await node.aUser();
    const conversationId = await node.aGroup(ann);
    const clients = await Promise.all(Array.from({ length: 30 }, () => WsClient.connect(haproxy.ws)));
    for (const client of clients) await client.auth(ann.token);
    const [first] = clients as [WsClient];
    const states = new Set<string>();
    for (const blip of ['frozen', 'killed'] as const) {
      const [id, over] = [v7(), performance.now() + 4_000];
      const send = () => first.call('message.send', { conversationId, id, content: 'now?' }, 10_000);
      await (blip === 'frozen' ? postgres.freeze() : postgres.kill());
      while (performance.now() < over) {
        const refused = await send();
        expect([refused.ok, refused.error?.code]).toEqual([false, 'unavailable']);
        const ready = await fetch(`${haproxy.http}/readyz`);
        states.add(`${ready.status} ${await haproxy.stateOf(0)}`);
      }
      await (blip === 'frozen' ? postgres.thaw() : postgres.start());
      let reply = await send();
      for (const late = performance.now() + 10_000; !reply.ok && performance.now() < late; ) reply = await send();
      expect(reply.ok).toBe(true);
    }
    expect([...states]).toEqual(['200 UP']);
    expect(clients.filter(({ open }) => !open)).toEqual([]);
  } finally {
    await haproxy.stop();
    await node.stop();
    await postgres.stop();
  }
});
