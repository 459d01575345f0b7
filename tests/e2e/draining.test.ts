import { v7 } from 'uuid';
import { beforeEach, describe, expect, it } from 'vitest';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import type { WsClient } from '../support/ws-client.ts';

describe.each(['uws', 'ws'] as const)('a node that goes away, on %s', (transport) => {
  let server: RunningServer;
  let ann: TestUser;
  beforeEach(async () => {
    server = await RunningServer.start({ transport, settings: { DRAIN_SECONDS: '2' } });
    ann = await server.aUser();
  });

  it('wants no traffic, takes no new sockets, and serves the open ones until their turn comes', async () => {
    const id = await server.aGroup(ann);
    // Each gets a slot of 4 ms: enough of them that there is time to look around before the last is gone.
    const ben = await server.aUser();
    const clients: WsClient[] = [];
    for (let n = 0; n < 9; n++)
      clients.push(...(await Promise.all(Array.from({ length: 20 }, () => server.connectAs(n % 2 ? ben : ann)))));
    expect((await server.request('GET', '/readyz')).status).toBe(200);
    const stopped = server.stop();
    const last = clients.at(-1)!; // one of ann’s
    const { data } = await last.until(({ type }) => type === 'goaway');
    const [ready, refused, sent] = await Promise.all([
      server.request('GET', '/readyz'),
      server.connect().catch((error: Error) => error.message),
      last.call('message.send', { conversationId: id, id: v7(), content: 'still here' }),
    ]);
    expect([ready.status, refused, sent.ok]).toEqual([503, 'refused: 503', true]);
    expect(data['afterMs']).toBeGreaterThan(500);
    for (const client of clients) expect((await client.ended()).code).toBe(1012);
    await stopped;
    await expect(server.connect()).rejects.toThrow('ECONNREFUSED');
  });
});
