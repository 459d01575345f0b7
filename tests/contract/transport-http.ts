import { describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '#app/application/ports/transport.ts';
import { eventually, RawSocket, rawRequest } from '../support/raw-socket.ts';
import { defaults, serve, witnessOf } from './transport-harness.ts';
import type { TransportAdapter } from './transport-harness.ts';

const echo = async (request: HttpRequest): Promise<HttpResponse> => {
  const body = await request.body();
  return body === undefined
    ? { status: 413 }
    : { status: 200, body: `${body.byteLength}:${Buffer.from(body).toString()}` };
};
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
const post = (headers: string, body = '') => `POST / HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;

export const httpContract = (adapter: TransportAdapter) =>
  describe(`Transport contract, HTTP: ${adapter.name}`, () => {
    describe('requests', () => {
      it('hands on method, path, query and headers as they came', async (test) => {
        const { port, requests } = await serve(test, adapter);
        await rawRequest(
          port,
          get('/a//b/%2e%2e/%00/..?q=%20&q=2?', 'X-One: 1\r\nx-ONE: 2\r\nCookie: a=1\r\nCookie: b=2\r\n'),
        );
        const [request] = requests;
        expect(request).toMatchObject({
          method: 'GET',
          path: '/a//b/%2e%2e/%00/..',
          query: 'q=%20&q=2?',
          address: '127.0.0.1',
        });
        expect([request?.headers.get('x-one'), request?.headers.get('cookie')]).toEqual(['1, 2', 'a=1; b=2']);
        expect((await request?.body())?.byteLength).toBe(0);
      });

      it.for(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
        '%s reaches the handler',
        async (method, test) => {
          const { port, requests } = await serve(test, adapter);
          const client = await RawSocket.connect(port);
          client.write(`${method} /it HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
          await eventually(() => requests[0], 'the request');
          expect(requests[0]?.method).toBe(method);
          client.destroy();
        },
      );

      it('tells HEAD the length of the body and not the body, and keeps the connection', async (test) => {
        const { port } = await serve(test, adapter);
        const client = await RawSocket.connect(port);
        client.write('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n');
        await eventually(() => client.pending > 0, 'a response');
        const head = client.take().toString();
        expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*content-length: 5\r\n(.*\r\n)*\r\n$/i);
        client.write(get('/'));
        expect((await client.response()).body).toBe('hello');
        client.destroy();
      });

      it('reads bodies by length and in chunks, empty ones too, and gives the same promise each time', async (test) => {
        const { port, requests } = await serve(test, adapter, { http: echo });
        const cases: [string, string][] = [
          [post('Content-Length: 5\r\n', 'hello'), '5:hello'],
          [post('Content-Length: 0\r\n'), '0:'],
          [post(''), '0:'],
          [post('Transfer-Encoding: chunked\r\n', '3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'), '5:hello'],
          [post('Transfer-Encoding: chunked\r\n', '0\r\n\r\n'), '0:'],
        ];
        for (const [request, expected] of cases) expect((await rawRequest(port, request)).body).toBe(expected);
        expect(requests[0]?.body()).toBe(requests[0]?.body());
      });

      it('has the body also for a handler that asks late', async (test) => {
        const { port } = await serve(test, adapter, {
          http: async (request) => {
            await new Promise((resolve) => setImmediate(resolve));
            return echo(request);
          },
        });
        expect((await rawRequest(port, post('Content-Length: 5\r\n', 'hello'))).body).toBe('5:hello');
      });

      it('answers 100-continue', async (test) => {
        const { port } = await serve(test, adapter, { http: echo });
        const client = await RawSocket.connect(port);
        client.write(post('Expect: 100-continue\r\nContent-Length: 5\r\n'));
        await eventually(() => client.pending > 0, 'continue');
        expect(client.take().toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
        client.write('hello');
        expect((await client.response()).body).toBe('5:hello');
        client.destroy();
      });

      it('takes a body of exactly the limit, says undefined above it, stops reading and closes', async (test) => {
        const { port } = await serve(test, adapter, { http: echo });
        const limit = defaults.maxBodyBytes;
        const fits = await rawRequest(port, post(`Content-Length: ${limit}\r\n`, 'x'.repeat(limit)));
        expect([fits.status, fits.body.length]).toEqual([200, `${limit}:`.length + limit]);
        // One byte more, declared or not; and an endless one.
        const declared = await rawRequest(port, post(`Content-Length: ${limit + 1}\r\n`, 'x'.repeat(limit + 1)));
        const huge = await rawRequest(port, post('Content-Length: 999999999999\r\n', 'x'));
        const client = await RawSocket.connect(port);
        client.write(post('Transfer-Encoding: chunked\r\n'));
        const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`;
        for (let i = 0; i < 3; i += 1) client.write(chunk);
        const chunked = await client.response();
        expect([declared.status, huge.status, chunked.status]).toEqual([413, 413, 413]);
        expect(chunked.headers.get('connection')?.toLowerCase()).toBe('close');
        await client.ended();
        client.destroy();
      });

      it('serves requests in order on one connection, also behind a body that was never read', async (test) => {
        const { port } = await serve(test, adapter, {
          http: (request) => ({ status: 200, body: `${request.method} ${request.path}` }),
        });
        const client = await RawSocket.connect(port);
        client.write(post('Content-Length: 3\r\n', 'abc') + get('/2') + get('/3'));
        const bodies = [await client.response(), await client.response(), await client.response()].map(
          ({ body }) => body,
        );
        expect(bodies).toEqual(['POST /', 'GET /2', 'GET /3']);
        client.destroy();
      });
    });

    describe('responses', () => {
      it('carries status, headers and body, text or bytes, and says nothing of the machine', async (test) => {
        const { port } = await serve(test, adapter, {
          http: ({ path }) => ({
            status: 201,
            headers: { 'x-one': 'uno' },
            body: path === '/bytes' ? Buffer.from('xbytes').subarray(1) : 'tëxt',
          }),
        });
        const text = await rawRequest(port, get('/text'));
        const bytes = await rawRequest(port, get('/bytes'));
        expect([text.status, text.headers.get('x-one'), text.body, bytes.body]).toEqual([201, 'uno', 'tëxt', 'bytes']);
        expect([...text.headers.keys()].filter((name) => /^(server|uwebsockets|x-powered-by)$/.test(name))).toEqual([]);
      });

      it('sends a large body whole', async (test) => {
        const { port } = await serve(test, adapter, { http: () => ({ status: 200, body: 'z'.repeat(4_000_000) }) });
        expect((await rawRequest(port, get('/'))).body).toHaveLength(4_000_000);
      });

      it.for([204, 304])('%d has neither body nor length, and the connection goes on', async (status, test) => {
        const { port } = await serve(test, adapter, {
          http: ({ path }) => (path === '/none' ? { status, body: 'never' } : { status: 200, body: 'next' }),
        });
        const client = await RawSocket.connect(port);
        client.write(get('/none') + get('/'));
        const none = await client.response();
        expect([none.status, none.headers.has('content-length')]).toEqual([status, false]);
        expect((await client.response()).body).toBe('next');
        client.destroy();
      });

      it.for<[string, HttpResponse]>([
        ['a line break in a header', { status: 200, headers: { 'x-one': 'a\r\nset-cookie: b' } }],
        ['a control character in a header', { status: 200, headers: { 'x-one': 'a\0b' } }],
        ['a header name that is none', { status: 200, headers: { 'x one:': 'a' } }],
        ['a status that is none', { status: 99 }],
        ['a status of an interim response', { status: 101 }],
      ])('%s is a fault, answered 500', async ([, response], test) => {
        const { port, faults } = await serve(test, adapter, { http: () => response });
        const answer = await rawRequest(port, get('/'));
        expect([answer.status, faults.length, answer.headers.has('set-cookie')]).toEqual([500, 1, false]);
      });

      it('keeps the framing its own', async (test) => {
        const headers = {
          'Content-Length': '999',
          'transfer-encoding': 'chunked',
          Connection: 'upgrade',
          Date: 'never',
        };
        const { port } = await serve(test, adapter, { http: () => ({ status: 200, headers, body: 'four' }) });
        const answer = await rawRequest(port, get('/'));
        expect([answer.body, answer.headers.get('content-length'), answer.headers.has('transfer-encoding')]).toEqual([
          'four',
          '4',
          false,
        ]);
      });
    });

    describe('handlers that fail', () => {
      it.for<[string, () => Promise<HttpResponse> | HttpResponse]>([
        [
          'throws',
          () => {
            throw new Error('thrown');
          },
        ],
        ['rejects', () => Promise.reject(new Error('thrown'))],
        [
          'rejects later',
          async () => {
            await new Promise((resolve) => setImmediate(resolve));
            throw new Error('thrown');
          },
        ],
      ])('%s: reported, answered 500 without its text, others go on', async ([, http], test) => {
        const served = await serve(test, adapter, { http });
        const witness = await witnessOf(served);
        const answer = await rawRequest(served.port, get('/'));
        expect([answer.status, answer.body.includes('thrown')]).toEqual([500, false]);
        expect(served.faults).toEqual(['http: thrown']);
        await witness.delivers();
      });

      it('goes on though the report itself throws', async (test) => {
        const transport = adapter.create();
        test.onTestFinished(() => transport.close());
        const { port } = await transport.listen(
          {
            sockets: {
              upgrade: () => {
                throw new Error('1');
              },
              open: () => {},
              message: () => {},
              control: () => {},
              close: () => {},
            },
            http: () => {
              throw new Error('2');
            },
            fault: () => {
              throw new Error('3');
            },
          },
          defaults,
        );
        for (let i = 0; i < 2; i += 1) expect((await rawRequest(port, get('/'))).status).toBe(500);
      });
    });

    describe('clients that leave', () => {
      it('aborts the signal, lets body() end, and takes the late response without harm', async (test) => {
        let aborted = 0;
        const bodies: unknown[] = [];
        const late: (() => void)[] = [];
        const served = await serve(test, adapter, {
          http: async (request) => {
            request.signal.addEventListener('abort', () => {
              aborted += 1;
            });
            bodies.push(await request.body());
            await new Promise<void>((resolve) => late.push(resolve));
            return { status: 200, body: 'too late' };
          },
        });
        const mid = await RawSocket.connect(served.port);
        mid.write(post('Content-Length: 100\r\n', 'only this'));
        const after = await RawSocket.connect(served.port);
        after.write(get('/'));
        await eventually(() => served.requests.length === 2 && late.length === 1, 'both requests');
        mid.reset();
        after.destroy();
        await eventually(() => aborted === 2 && late.length === 2, 'two aborts');
        expect(bodies.map((body) => (body as Uint8Array | undefined)?.byteLength)).toEqual([0, undefined]);
        for (const finish of late) finish();
        expect(served.requests.every(({ signal }) => signal.aborted)).toBe(true);
        await (await witnessOf(served)).delivers();
        expect(served.faults).toEqual([]);
      });

      it('does not abort a request that was answered', async (test) => {
        const { port, requests } = await serve(test, adapter);
        const client = await RawSocket.connect(port);
        client.write(get('/'));
        await client.response();
        client.destroy();
        expect(requests[0]?.signal.aborted).toBe(false);
      });

      it('a thousand clients abort in the middle of handlers of every pace', { timeout: 60_000 }, async (test) => {
        let answered = 0;
        const served = await serve(test, adapter, {
          http: async (request) => {
            const pace = Number(request.query);
            if (pace % 4 === 1) await Promise.resolve();
            if (pace % 4 === 2) await new Promise((resolve) => setImmediate(resolve));
            if (pace % 4 === 3) await request.body();
            answered += 1;
            return { status: 200, body: 'x'.repeat(pace) };
          },
        });
        const witness = await witnessOf(served);
        for (let batch = 0; batch < 20; batch += 1) {
          const clients = await Promise.all(Array.from({ length: 50 }, () => RawSocket.connect(served.port)));
          for (const [i, client] of clients.entries())
            client.write(`POST /?${batch * 50 + i} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345`);
          await eventually(() => served.requests.length >= (batch + 1) * 50, 'the requests');
          for (const [i, client] of clients.entries()) {
            if (i % 2 === 0) client.reset();
            else client.destroy();
          }
        }
        await eventually(() => answered === 1_000, 'every handler came to its end');
        await witness.delivers();
        expect(served.faults).toEqual([]);
      });
    });

    describe('hostile requests', () => {
      const { badTarget, noHttp } = adapter.differences;
      it.for<[string, string | Uint8Array, number | readonly number[]]>([
        [
          'Content-Length with Transfer-Encoding',
          post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\n'),
          400,
        ],
        ['two Content-Lengths', post('Content-Length: 2\r\nContent-Length: 3\r\n', 'abc'), 400],
        ['two equal Content-Lengths', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'), 400],
        ['Content-Length: 3, 3', post('Content-Length: 3, 3\r\n', 'abc'), 400],
        ['Content-Length: -1', post('Content-Length: -1\r\n', 'abc'), 400],
        ['Content-Length: +3', post('Content-Length: +3\r\n', 'abc'), 400],
        ['Content-Length: 10^24', post(`Content-Length: 1${'0'.repeat(24)}\r\n`, 'abc'), 400],
        ['Content-Length: 0x3', post('Content-Length: 0x3\r\n', 'abc'), 400],
        ['a coding but chunked', post('Transfer-Encoding: gzip, chunked\r\n', '3\r\nabc\r\n0\r\n\r\n'), 400],
        ['a coding that ends in chunked', post('Transfer-Encoding: xchunked\r\n', '3\r\nabc\r\n0\r\n\r\n'), 400],
        ['a chunk without a size', post('Transfer-Encoding: chunked\r\n', 'zz\r\nabc\r\n'), 400],
        ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: x\r\n\r\n', 505],
        [
          'a TLS hello',
          Buffer.concat([
            Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]),
            Buffer.alloc(100, 'a'),
            Buffer.from('\r\n\r\n'),
          ]),
          noHttp,
        ],
        ['two Hosts', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 400],
        ['a URL of 16 KB', get(`/${'y'.repeat(16_000)}`), 431],
        ['a NUL in the URL', get('/a\0b'), badTarget],
        ['FOO', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n', 405],
        ['TRACE', 'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n', 405],
        ['CONNECT', 'CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n', [405, badTarget]],
        ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', badTarget],
        ['an absolute target', get('http://x/abs'), badTarget],
        ['a header of 5 KB', get('/', `User-Agent: ${'u'.repeat(5_000)}\r\n`), 431],
        ['150 headers', get('/', Array.from({ length: 150 }, (_, i) => `X-${i}: 1\r\n`).join('')), 431],
      ])('%s', async ([what, request, status], test) => {
        const served = await serve(test, adapter);
        const witness = await witnessOf(served);
        const answer = await rawRequest(served.port, request);
        expect([status].flat()).toContain(answer.status);
        if (answer.status === 405) expect(answer.headers.get('allow')).toContain('GET');
        if (!what.startsWith('a chunk')) expect(served.requests).toEqual([]);
        await witness.delivers();
      });

      it('bare line feeds never make a second request', async (test) => {
        const { port, requests } = await serve(test, adapter);
        const client = await RawSocket.connect(port);
        client.write('GET /one HTTP/1.1\nHost: x\n\nGET /two HTTP/1.1\nHost: x\n\n');
        const { status } = await client.response();
        expect([400, 505]).toContain(status);
        expect(requests).toEqual([]);
        client.destroy();
      });

      it('CONNECT host:port', async (test) => {
        const { port } = await serve(test, adapter);
        expect([405, 505]).toContain((await rawRequest(port, 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n')).status);
      });
    });
  });
