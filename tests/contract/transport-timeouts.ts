import { describe, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '#app/application/ports/transport.ts';
import { eventually, handshake, RawSocket } from '../support/raw-socket.ts';
import { serve, witnessOf } from './transport-harness.ts';
import type { TransportAdapter } from './transport-harness.ts';

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
const post = (headers: string, body = '') => `POST / HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;
const echo = async (request: HttpRequest): Promise<HttpResponse> => ({
  status: 200,
  body: (await request.body()) ?? '',
});

/** Peers that take their time. All wait side by side: together they take as long as the longest. */
export const timeoutsContract = (adapter: TransportAdapter) =>
  describe.concurrent(`Transport contract, timeouts: ${adapter.name}`, { timeout: 60_000 }, () => {
    const { silentOnBadHeaders } = adapter.differences;

    it('half a handshake, then silence: closed within 14 s', async (test) => {
      const { port } = await serve(test, adapter);
      const client = await RawSocket.connect(port);
      client.write(handshake().slice(0, 60));
      await client.ended(14_000);
      client.destroy();
    });

    it('a connection that says nothing: closed within 14 s', async (test) => {
      const { port } = await serve(test, adapter);
      const client = await RawSocket.connect(port);
      await client.ended(14_000);
      client.destroy();
    });

    it('headers at one byte a second: closed within 14 s', async (test) => {
      const { port } = await serve(test, adapter);
      const client = await RawSocket.connect(port);
      const bytes = handshake();
      let at = 0;
      const drip = setInterval(() => client.write(bytes.slice(at, ++at)), 1_000);
      await client.ended(14_000).finally(() => clearInterval(drip));
      client.destroy();
    });

    it("an accepted socket stays open in silence: its heartbeat is the application's", {
      timeout: 20_000,
    }, async (test) => {
      const { connect } = await serve(test, adapter);
      const [client, socket] = await connect();
      // As long as any of the timeouts above.
      await new Promise((resolve) => setTimeout(resolve, 13_000));
      socket.send('still here');
      test.expect(await client.nextText()).toBe('still here');
    });
    // Not understood is not served: either a clear answer, or silence and the timeout.
    it.for<[string, string]>([
      ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
      ['a control character in a header', get('/', 'X-One: a\x01b\r\n')],
      ['a NUL in a header', get('/', 'X-One: a\0b\r\n')],
      ['a bare CR in a header', get('/', 'X-One: a\rb\r\n')],
      ['a space before the colon', get('/', 'X-One : a\r\n')],
      ['a folded header', get('/', 'X-One: a\r\n b\r\n')],
    ])('%s', async ([, request], test) => {
      const served = await serve(test, adapter);
      const client = await RawSocket.connect(served.port);
      client.write(request);
      if (silentOnBadHeaders) await client.ended(14_000);
      else test.expect((await client.response()).status).toBe(400);
      test.expect(served.requests).toEqual([]);
      client.destroy();
    });

    it('a body at one byte a second: closed within 14 s, the handler told', {
      timeout: 20_000,
    }, async (test) => {
      const bodies: unknown[] = [];
      const served = await serve(test, adapter, {
        http: async (request) => {
          bodies.push(await request.body());
          return { status: 200 };
        },
      });
      const client = await RawSocket.connect(served.port);
      client.write(post('Content-Length: 1000\r\n'));
      const drip = setInterval(() => client.write('x'), 1_000);
      await client.ended(14_000).finally(() => clearInterval(drip));
      await eventually(() => bodies.length === 1, 'the body ends');
      test.expect(bodies).toEqual([undefined]);
      client.destroy();
    });

    it('a chunked body without an end: closed within 14 s', async (test) => {
      const { port } = await serve(test, adapter, { http: echo });
      const client = await RawSocket.connect(port);
      client.write(post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n'));
      await client.ended(14_000);
      client.destroy();
    });

    it('a reader that never reads its response: cut, and nobody waits', {
      timeout: 40_000,
    }, async (test) => {
      const served = await serve(test, adapter, { http: () => ({ status: 200, body: 'z'.repeat(32_000_000) }) });
      const client = await RawSocket.connect(served.port);
      client.pause();
      client.write(get('/'));
      await eventually(() => served.requests[0], 'the request');
      await (await witnessOf(served)).delivers();
      await new Promise((resolve) => setTimeout(resolve, 22_000)); // longer than its timeout
      client.resume();
      await client.ended();
      test.expect(client.pending).toBeLessThan(32_000_000);
    });
  });
