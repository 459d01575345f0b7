import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { NotListening, PortTaken } from '#app/application/ports/transport.ts';
import type { TransportOptions } from '#app/application/ports/transport.ts';
import { freePort } from '../support/free-port.ts';
import { eventually, handshake, RawSocket, rawRequest } from '../support/raw-socket.ts';
import { defaults, serve } from './transport-harness.ts';
import type { TransportAdapter } from './transport-harness.ts';

const quiet = {
  sockets: {
    upgrade: () => ({ accept: true, protocol: '', state: '' }) as const,
    open: () => {},
    message: () => {},
    control: () => {},
    close: () => {},
  },
  http: () => ({ status: 200, body: 'hello' }),
  fault: () => {},
};

/** The port, who the client is, and how everything stops. */
export const listeningContract = (adapter: TransportAdapter) =>
  describe(`Transport contract, listening: ${adapter.name}`, () => {
    const listen = (options: Partial<TransportOptions>) => {
      const transport = adapter.create();
      return { transport, listening: transport.listen(quiet, { ...defaults, ...options }) };
    };

    describe('port', () => {
      it('takes a free one for 0 and says which', async (test) => {
        const { port } = await serve(test, adapter);
        expect(port).toBeGreaterThan(0);
        expect((await rawRequest(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).status).toBe(200);
      });

      it('names a port that another process, or another of us, holds', async (test) => {
        const stranger = createServer().listen(0, '127.0.0.1');
        test.onTestFinished(() => void stranger.close());
        await eventually(() => stranger.listening, 'the stranger listens');
        const ours = await serve(test, adapter);
        for (const port of [(stranger.address() as AddressInfo).port, ours.port]) {
          const { transport, listening } = listen({ port });
          const refusal = await listening.then(String, (error: unknown) => error);
          expect(refusal).toBeInstanceOf(PortTaken);
          expect(refusal).toMatchObject({ host: '127.0.0.1', port });
          await transport.close();
        }
      });

      it('says why it cannot listen otherwise', async () => {
        for (const options of [
          { host: '203.0.113.1' },
          { trustedProxies: ['not an address'] },
          { trustedProxies: ['10.0.0.0/33'] },
        ]) {
          const { transport, listening } = listen(options);
          await expect(listening).rejects.toBeInstanceOf(NotListening);
          await transport.close();
        }
      });

      it.runIf(process.platform === 'linux')('is shared when asked to', async () => {
        const port = await freePort();
        const first = listen({ sharedPort: true, port });
        await first.listening;
        const second = listen({ sharedPort: true, port });
        await expect(second.listening).resolves.toEqual({ host: '127.0.0.1', port });
        const third = listen({ port });
        await expect(third.listening).rejects.toBeInstanceOf(PortTaken);
        for (const { transport } of [first, second, third]) await transport.close();
      });

      it('listens once', async (test) => {
        const { transport } = await serve(test, adapter);
        await expect(transport.listen(quiet, defaults)).rejects.toThrow('already');
      });
    });

    describe('address', () => {
      const proxied = { trustedProxies: ['127.0.0.1', '10.0.0.0/8', '2001:db8:aaaa::/48'] };
      const seenBy = async (port: number, served: { requests: { address: string }[] }, forwarded: string) => {
        await rawRequest(port, `GET / HTTP/1.1\r\nHost: x\r\n${forwarded}\r\n`);
        return served.requests.at(-1)?.address;
      };

      it('is the peer, whatever it claims, when no proxy is trusted', async (test) => {
        const served = await serve(test, adapter);
        expect(await seenBy(served.port, served, 'X-Forwarded-For: 203.0.113.7\r\n')).toBe('127.0.0.1');
        const strangers = await serve(test, adapter, { options: { trustedProxies: ['10.0.0.0/8'] } });
        expect(await seenBy(strangers.port, strangers, 'X-Forwarded-For: 203.0.113.7\r\n')).toBe('127.0.0.1');
      });

      it.for([
        ['203.0.113.7', '203.0.113.7'],
        ['6.6.6.6, 203.0.113.7', '203.0.113.7'],
        ['6.6.6.6, 203.0.113.7, 10.1.2.3', '203.0.113.7'],
        ['10.1.2.3, 10.4.5.6', '10.1.2.3'],
        ['6.6.6.6, not an address, 10.1.2.3', '10.1.2.3'],
        ['unknown', '127.0.0.1'],
        ['', '127.0.0.1'],
        [',,', '127.0.0.1'],
        ['203.0.113.7:4711', '203.0.113.7'],
        ['[2001:DB8::0:1]:4711', '2001:db8::1'],
        ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
        ['2001:db8::1, 2001:db8:aaaa::5', '2001:db8::1'],
        ['::ffff:203.0.113.7', '203.0.113.7'],
        ['203.0.113.7, ::ffff:10.1.2.3', '203.0.113.7'],
        ['fe80::1%eth0', 'fe80::1'],
      ] as const)('behind a trusted proxy: X-Forwarded-For "%s" is %s', async ([forwarded, expected], test) => {
        const served = await serve(test, adapter, { options: proxied });
        expect(await seenBy(served.port, served, `X-Forwarded-For: ${forwarded}\r\n`)).toBe(expected);
        const client = await RawSocket.open(served.port, '/', { 'X-Forwarded-For': forwarded });
        expect([served.upgrades[0]?.address, served.opened[0]?.address]).toEqual([expected, expected]);
        client.destroy();
      });

      it('reads a header line that the proxy added behind the one of the client', async (test) => {
        const served = await serve(test, adapter, { options: proxied });
        const lines = 'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.7\r\n';
        expect(await seenBy(served.port, served, lines)).toBe('203.0.113.7');
      });

      it('is canonical for peers over IPv6, and IPv4 inside it', async (test) => {
        const served = await serve(test, adapter, { options: { host: '::' } });
        for (const [host, expected] of [
          ['::1', '::1'],
          ['127.0.0.1', '127.0.0.1'],
        ] as const) {
          const client = await RawSocket.open(served.port, '/', {}, host);
          expect(served.opened.at(-1)?.address).toBe(expected);
          client.destroy();
        }
      });
    });

    describe('stop', () => {
      it('stopListening refuses new connections and keeps the open ones', async (test) => {
        const { port, transport, connect, messages } = await serve(test, adapter);
        const [client, socket] = await connect('old');
        socket.subscribe('t');
        transport.stopListening();
        transport.stopListening();
        await expect(RawSocket.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
        transport.publish('t', 'still served');
        expect(await client.nextText()).toBe('still served');
        client.text('still heard');
        await eventually(() => messages[0], 'the message');
      });

      it('answers a request under way after stopListening, and then closes its connection', async (test) => {
        let finish = () => {};
        const working = new Promise<void>((resolve) => {
          finish = resolve;
        });
        const { port, transport, requests } = await serve(test, adapter, {
          http: async () => {
            await working;
            return { status: 200, body: 'done' };
          },
        });
        const client = await RawSocket.connect(port);
        client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        await eventually(() => requests[0], 'the request');
        transport.stopListening();
        finish();
        const response = await client.response();
        expect([response.body, response.headers.get('connection')?.toLowerCase()]).toEqual(['done', 'close']);
        await client.ended();
        client.destroy();
      });

      it('finish waits for the requests under way, and no longer than it was told to', async (test) => {
        const finishes: (() => void)[] = [];
        const { port, transport, requests } = await serve(test, adapter, {
          http: async () => {
            await new Promise<void>((resolve) => finishes.push(resolve));
            return { status: 200, body: 'done' };
          },
        });
        const client = await RawSocket.connect(port);
        client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        await eventually(() => requests[0], 'the request');
        transport.stopListening();
        let finished = false;
        const finishing = transport.finish(60_000).then(() => (finished = true));
        await transport.finish(20);
        expect(finished).toBe(false);
        for (const finish of finishes) finish();
        expect((await client.response()).body).toBe('done');
        client.destroy();
        await finishing;
      });

      it('finish waits until a slow reader has the whole of a long answer', async (test) => {
        const body = 'x'.repeat(32 * 1_024 * 1_024);
        let answer = () => {};
        const { port, transport, requests } = await serve(test, adapter, {
          http: async () => {
            await new Promise<void>((resolve) => (answer = resolve));
            return { status: 200, body };
          },
        });
        const client = connect(port, '127.0.0.1');
        test.onTestFinished(() => void client.destroy());
        client.pause();
        client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        await eventually(() => requests[0], 'the request');
        transport.stopListening();
        answer();
        await transport.finish(20);
        let got = 0;
        client.on('data', (bytes: Buffer) => (got += bytes.length));
        client.resume();
        const ended = new Promise((resolve) => client.once('end', resolve));
        await transport.finish(60_000);
        await transport.close();
        await ended;
        expect(got).toBeGreaterThan(body.length);
      });

      it('finish without listen is fine', () => expect(adapter.create().finish(60_000)).resolves.toBeUndefined());

      it('close ends every socket once and frees the port', async (test) => {
        const port = await freePort();
        const { transport, connect, closes } = await serve(test, adapter, { options: { port } });
        const clients = await Promise.all(['a', 'b', 'c'].map((state) => connect(state)));
        const request = await RawSocket.connect(port);
        clients[0]?.[1].end(4000, 'on its way');
        await transport.close();
        await transport.close();
        expect(closes.map(({ state }) => state).toSorted()).toEqual(['a', 'b', 'c']);
        expect(closes.find(({ state }) => state === 'a')?.code).toBe(4000);
        for (const [client] of clients) await client.ended();
        await request.ended();
        transport.publish('t', 'x');
        expect(clients.every(([, socket]) => !socket.open && socket.send('x') === 'lost')).toBe(true);
        const next = listen({ port });
        await next.listening;
        await next.transport.close();
      });

      it('close without listen is fine', async () => {
        const transport = adapter.create();
        transport.publish('t', 'x');
        transport.stopListening();
        expect(transport.subscribers('t')).toBe(0);
        await transport.close();
      });

      it('close aborts the requests under way', async (test) => {
        const { port, transport, requests } = await serve(test, adapter, { http: () => new Promise(() => {}) });
        const client = await RawSocket.connect(port);
        client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        await eventually(() => requests[0], 'the request');
        const { signal } = requests[0]!; // just seen
        await transport.close();
        await eventually(() => signal.aborted, 'the abort');
        client.destroy();
      });
    });

    it('refuses a handshake on a port that serves HTTP only by the handler, not by chance', async (test) => {
      const { port } = await serve(test, adapter, {
        sockets: {
          upgrade: ({ path }) =>
            path === '/v1/ws'
              ? { accept: true, protocol: '', state: '' }
              : { accept: false, response: { status: 404 } },
        },
      });
      expect((await rawRequest(port, handshake('/elsewhere'))).status).toBe(404);
    });
  });
