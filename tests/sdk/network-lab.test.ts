import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Conditions, NetworkLab, seeded } from '../support/network-lab.ts';
import { eventually } from '../support/raw-socket.ts';
import { WsClient } from '../support/ws-client.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** What one end of a TCP connection has heard. */
class End {
  heard = '';
  closed = false;

  constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.heard += text));
    socket.on('end', () => (this.closed = true));
    socket.on('error', () => (this.closed = true));
    ends.push(() => socket.destroy());
  }

  hears(text: string, deadlineMs = 3_000): Promise<boolean> {
    return eventually(() => this.heard === text, `${text}, not ${this.heard.slice(0, 40)}`, deadlineMs);
  }

  /** With an end or a reset: behind bytes that are still to be read, the system makes one of the other. */
  ends(): Promise<boolean> {
    return eventually(() => this.closed, 'the end');
  }
}

/** A client and a server with the lab between them. */
const aWay = async (conditions: Conditions = {}) => {
  const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const lab = await NetworkLab.start((listener.address() as AddressInfo).port);
  lab.set(conditions);
  ends.push(
    () => listener.close(),
    () => lab.close(),
  );
  const open = async () => {
    const client = new End(connect({ port: lab.port, host: '127.0.0.1', allowHalfOpen: true }));
    const [server] = (await once(listener, 'connection')) as [Socket];
    return { client, server: new End(server) };
  };
  return { lab, open, ...(await open()) };
};

/** A WebSocket through the lab to a server that says back what it hears. */
const anEcho = async (random = seeded(3)) => {
  const echo = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(echo, 'listening');
  const heard: string[] = [];
  echo.on('connection', (socket: WebSocket) =>
    socket.on('message', (data: Buffer) => {
      heard.push(data.toString());
      socket.send(data.toString());
    }),
  );
  const lab = await NetworkLab.start((echo.address() as AddressInfo).port, random);
  ends.push(
    () => echo.close(),
    () => lab.close(),
  );
  const client = await WsClient.connect(lab.http.replace('http', 'ws'));
  return { lab, client, heard };
};
const numbered = (count: number) => Array.from({ length: count }, (_, i) => JSON.stringify({ type: `${i}`, data: {} }));

describe('a way without conditions', () => {
  it('passes bytes and ends both ways, as they come', async () => {
    const { client, server } = await aWay();
    client.socket.write('up');
    server.socket.write('down');
    await Promise.all([server.hears('up'), client.hears('down')]);
    client.socket.end('last');
    await server.hears('uplast');
    await server.ends();
    server.socket.end('more');
    await client.hears('downmore');
    await client.ends();
  });

  it('passes a megabyte whole', async () => {
    const { client, server } = await aWay();
    const much = 'abcdefgh'.repeat(131_072);
    client.socket.write(much);
    await server.hears(much, 5_000);
  });

  it('passes a reset on', async () => {
    const { client, server } = await aWay();
    client.socket.resetAndDestroy();
    await server.ends();
  });
});

describe('a fault', () => {
  it('delays what is sent, without changing its order', async () => {
    const { client, server } = await aWay({ delayMs: 60, jitterMs: 40 });
    const began = performance.now();
    const all = Array.from({ length: 30 }, (_, i) => `${i},`);
    for (const one of all) {
      client.socket.write(one);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => server.heard !== '', 'something');
    expect(performance.now() - began).toBeGreaterThan(55);
    await server.hears(all.join(''));
  });

  it('limits how much comes in a second', async () => {
    const { client, server } = await aWay({ bytesPerSecond: 50_000 });
    const began = performance.now();
    // What comes first takes no time, however much it is.
    client.socket.write('y');
    await server.hears('y');
    for (let i = 0; i < 20; i++) {
      client.socket.write('x'.repeat(1_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await server.hears(`y${'x'.repeat(20_000)}`);
    expect(performance.now() - began).toBeGreaterThan(350);
  });

  it('stalls: keeps what is sent, and passes it when it is over', async () => {
    const { lab, client, server } = await aWay();
    lab.set({ stalled: true }, 'up');
    client.socket.write('kept');
    server.socket.write('free');
    await client.hears('free');
    expect(server.heard).toBe('');
    lab.heal();
    await server.hears('kept');
  });

  it('holds a sender up while it stalls, instead of keeping without end', async () => {
    const { lab, client } = await aWay({ stalled: true });
    for (let i = 0; i < 200; i++) client.socket.write('x'.repeat(65_536));
    await eventually(() => lab.waiting > 200_000, 'it is full');
    await new Promise((resolve) => client.socket.once('drain', resolve).setTimeout(200, () => resolve(undefined)));
    expect(lab.waiting).toBeLessThan(1_000_000);
    expect(client.socket.writableLength).toBeGreaterThan(1_000_000);
  });

  it.each([
    ['up', 'both'],
    ['up', 'one'],
    ['down', 'both'],
    ['down', 'one'],
  ] as const)('swallows what goes %s, in %s, and neither end hears of it, also later', async (direction, scope) => {
    const { lab, open, client, server } = await aWay();
    lab.set({ silent: true }, ...(scope === 'both' ? [] : [direction]));
    const [from, to] = direction === 'up' ? [client, server] : [server, client];
    from.socket.write('gone');
    await eventually(() => lab.seen.swallowed === 4, 'it is swallowed');
    if (scope === 'one') {
      to.socket.write('heard');
      await from.hears('heard');
    }
    lab.heal();
    from.socket.end('gone too');
    await eventually(() => lab.seen.swallowed === 12, 'that is swallowed');
    const next = await open();
    next.client.socket.write('new');
    await next.server.hears('new');
    expect([to.heard, to.closed, from.closed]).toEqual(['', false, false]);
  });

  it('drops every connection, and lets new ones through', async () => {
    const { lab, open, client, server } = await aWay();
    lab.drop();
    await Promise.all([client.ends(), server.ends()]);
    const next = await open();
    next.client.socket.write('new');
    await next.server.hears('new');
    await eventually(() => lab.open === 1, 'the old one is forgotten');
  });

  it('refuses new connections, and leaves the old ones', async () => {
    const { lab, client, server } = await aWay();
    lab.refuse(true);
    const refused = new End(connect(lab.port, '127.0.0.1'));
    await refused.ends();
    client.socket.write('still');
    await server.hears('still');
    expect(lab.seen).toMatchObject({ connections: 1, refused: 1 });
  });

  it.each([
    ['up', 0],
    ['up', 7],
    ['down', 7],
  ] as const)('cuts what goes %s after exactly %i bytes, whatever pieces they come in', async (direction, after) => {
    const { lab, client, server } = await aWay();
    const [from, to] = direction === 'up' ? [client, server] : [server, client];
    lab.cutAfter(after, direction);
    from.socket.write('abcde');
    if (after > 5) await to.hears('abcde');
    from.socket.write('fghij');
    await Promise.all([from.ends(), to.ends()]);
    expect([to.heard, lab.seen.cuts]).toEqual(['abcdefghij'.slice(0, after), 1]);
  });

  it('cuts in the middle of a WebSocket message, which is then not heard', async () => {
    const { lab, client, heard } = await anEcho();
    const [whole = '', broken = ''] = numbered(2);
    client.raw(whole);
    await eventually(() => heard.length === 1, 'the first');
    lab.cutAfter(12, 'up');
    client.raw(broken);
    expect((await client.ended()).code).toBe(1006);
    expect(heard).toEqual([whole]);
  });

  it('duplicates messages', async () => {
    const { lab, client, heard } = await anEcho();
    lab.set({ duplicated: 0.4 }, 'up');
    const sent = numbered(100);
    for (const one of sent) client.raw(one);
    await eventually(() => heard.length === 100 + lab.seen.duplicated && client.events.length === heard.length, 'all');
    expect(lab.seen.duplicated).toBeGreaterThan(20);
    expect(heard.filter((one, i) => one !== heard[i - 1])).toEqual(sent);
  });

  it('reorders messages, and loses none', async () => {
    const { lab, client, heard } = await anEcho();
    lab.set({ reordered: 0.4 }, 'down');
    for (const one of numbered(101)) client.raw(one);
    await eventually(() => client.events.length === 101, 'all');
    const order = client.events.map(({ type }) => Number(type));
    expect(heard).toEqual(numbered(101));
    // Three in ten, by chance.
    expect(order.filter((one, i) => one < (order[i - 1] ?? -1)).length).toBeGreaterThan(10);
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 101 }, (_, i) => i));
  });
});

it('draws the same for the same seed', () => {
  const drawn = (seed: number) => Array.from({ length: 5 }, seeded(seed));
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(7)).not.toEqual(drawn(8));
});

it('leaves HTTP alone, in as many requests as one connection takes', async () => {
  const http = createHttpServer((request, response) =>
    request.on('data', () => {}).on('end', () => response.end(`${request.method} ${request.url}`)),
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const lab = await NetworkLab.start((http.address() as AddressInfo).port);
  ends.push(
    () => http.close(),
    () => lab.close(),
  );
  lab.set({ duplicated: 1, reordered: 1 });
  for (let i = 0; i < 3; i++) {
    expect(await (await fetch(`${lab.http}/${i}`, { method: 'POST', body: 'x' })).text()).toBe(`POST /${i}`);
    expect(await (await fetch(`${lab.http}/${i}`)).text()).toBe(`GET /${i}`);
  }
});
