import { v7 } from 'uuid';
import { beforeEach, describe, expect, it } from 'vitest';
import { connect } from 'node:net';
import { eventually } from '../support/raw-socket.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import type { WsClient } from '../support/ws-client.ts';

describe.each(['uws', 'ws'] as const)('a node that goes away, on %s', (transport) => {
  let server: RunningServer;
  let ann: TestUser;
  let conversationId: string;
  const start = async (settings: Readonly<Record<string, string>>) => {
    server = await RunningServer.start({ transport, settings: { DRAIN_SECONDS: '2', ...settings } });
    ann = await server.aUser();
    conversationId = await server.aGroup(ann);
  };
  const send = (client: WsClient) => client.call('message.send', { conversationId, id: v7(), content: 'still here' });

  describe('before a balancer that looks at it', () => {
    // Longer than it takes to be asked, to let somebody in and to take what they say.
    beforeEach(() => start({ DRAIN_NOTICE_SECONDS: '5' }));

    it('first says that it wants no traffic, and goes on as before, for whoever is sent here still', async () => {
      const early = await server.connectAs(ann);
      expect((await server.request('GET', '/readyz')).status).toBe(200);
      const stopped = server.stop();
      const ready = await server.request('GET', '/readyz');
      expect([ready.status, ready.body]).toEqual([503, { status: 'draining' }]);
      const late = await server.connectAs(ann);
      expect([(await send(early)).ok, (await send(late)).ok]).toEqual([true, true]);
      expect(early.events.some(({ type }) => type === 'goaway')).toBe(false);
      for (const client of [early, late]) expect((await client.ended()).code).toBe(1012);
      await stopped;
    });
  });

  describe('that nobody asks whether it is ready', () => {
    beforeEach(() => start({ DRAIN_NOTICE_SECONDS: '60' }));

    it('takes no new sockets, and serves the open ones until their turn comes', async () => {
      const clients: WsClient[] = [];
      for (let n = 0; n < 8; n++)
        clients.push(...(await Promise.all(Array.from({ length: 10 }, () => server.connectAs(ann)))));
      const goodbyes: number[] = [];
      for (const { socket } of clients)
        socket.on('message', (frame: Buffer) => frame.includes('"goaway"') && goodbyes.push(performance.now()));
      const told = performance.now();
      const stopped = server.stop();
      const last = clients.at(-1)!; // there are eighty
      const { data } = await last.until(({ type }) => type === 'goaway');
      expect(data['afterMs']).toBe(1_000);
      expect((await send(last)).ok).toBe(true);
      await expect(server.connect()).rejects.toThrow('ECONNREFUSED');
      for (const client of clients) expect((await client.ended()).code).toBe(1012);
      expect(goodbyes).toHaveLength(80);
      expect(Math.max(...goodbyes) - told).toBeGreaterThan(250); // each has a slot of 4 ms
      await stopped;
    });

    it('answers the HTTP requests that are under way', async () => {
      const { port } = server;
      const request = connect(port, '127.0.0.1');
      let answer = '';
      request.setEncoding('utf8').on('data', (text: string) => (answer += text));
      const body = JSON.stringify({ id: v7(), conversationId, content: 'a slow writer' });
      const [head, tail] = [
        `POST /v1/commands/message.send HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann.token}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 20)}`,
        body.slice(20),
      ];
      await new Promise<void>((resolve) => request.write(head, () => resolve()));
      // Answered after it, so the server knows of the first by now.
      expect((await server.request('GET', '/healthz')).status).toBe(200);
      const stopped = server.stop();
      await expect(server.connect()).rejects.toThrow('ECONNREFUSED');
      request.write(tail);
      await stopped;
      await eventually(() => answer.includes('"seq":2'), 'the answer');
      expect(answer).toContain('HTTP/1.1 200');
      request.destroy();
    });
  });
});
