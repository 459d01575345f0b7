import { describe, expect, it } from 'vitest';
import type { Socket } from '#app/application/ports/transport.ts';
import { closePayload, eventually, handshake, OPCODE, rawFrame, RawSocket, rawRequest } from '../support/raw-socket.ts';
import { serve, witnessOf } from './transport-harness.ts';
import type { TransportAdapter } from './transport-harness.ts';

/** Upgrade, frames, topics and their order. */
export const socketsContract = (adapter: TransportAdapter) =>
  describe(`Transport contract, sockets: ${adapter.name}`, () => {
    describe('upgrade', () => {
      it('asks with path, query, address and headers, at any path', async (test) => {
        const served = await serve(test, adapter);
        const client = await RawSocket.open(served.port, '/any/path?a=1&b=%20', { 'X-One': 'first' });
        const [request] = served.upgrades;
        expect(request).toMatchObject({ path: '/any/path', query: 'a=1&b=%20', address: '127.0.0.1' });
        expect(request?.header('x-one')).toBe('first');
        expect(request?.header('x-none')).toBe('');
        client.destroy();
      });

      it('joins repeated headers', async (test) => {
        const served = await serve(test, adapter);
        const client = await RawSocket.open(served.port, '/', { 'X-One': 'first\r\nX-One: second' });
        expect(served.upgrades[0]?.header('x-one')).toBe('first, second');
        client.destroy();
      });

      it('refuses with the response it was given, and opens nothing', async (test) => {
        const response = { status: 403, headers: { 'x-reason': 'origin' }, body: 'no' };
        const served = await serve(test, adapter, { sockets: { upgrade: () => ({ accept: false, response }) } });
        const answer = await rawRequest(served.port, handshake());
        expect([answer.status, answer.headers.get('x-reason'), answer.body]).toEqual([403, 'origin', 'no']);
        expect([served.opened.length, served.closes.length]).toEqual([0, 0]);
      });

      it('names the sub-protocol it was given, and none if there is none', async (test) => {
        const served = await serve(test, adapter, {
          sockets: {
            upgrade: (request) => ({
              accept: true,
              state: '',
              protocol: request.header('sec-websocket-protocol').split(',')[1]?.trim() ?? '',
            }),
          },
        });
        const chosen = await RawSocket.connect(served.port);
        chosen.write(handshake('/', { 'Sec-WebSocket-Protocol': 'one, two' }));
        expect((await chosen.response()).headers.get('sec-websocket-protocol')).toBe('two');
        const none = await RawSocket.connect(served.port);
        none.write(handshake());
        expect((await none.response()).headers.has('sec-websocket-protocol')).toBe(false);
        expect(served.opened.map((socket) => socket.protocol)).toEqual(['two', '']);
        chosen.destroy();
        none.destroy();
      });

      it('accepts what the handler accepts, even if the list of protocols is no list', async (test) => {
        const served = await serve(test, adapter);
        const client = await RawSocket.open(served.port, '/', { 'Sec-WebSocket-Protocol': ',, a b' });
        await eventually(() => served.opened[0], 'open');
        client.destroy();
      });

      it('never negotiates compression', async (test) => {
        const served = await serve(test, adapter);
        const client = await RawSocket.connect(served.port);
        client.write(handshake('/', { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }));
        expect((await client.response()).headers.has('sec-websocket-extensions')).toBe(false);
        client.destroy();
      });

      // A client may speak only after the 101 (RFC 6455, 4.1).
      it(`${adapter.differences.takesEagerFrames ? 'takes' : 'drops'} frames in the packet of the handshake, and takes the next`, async (test) => {
        const served = await serve(test, adapter);
        const client = await RawSocket.connect(served.port);
        client.write(Buffer.concat([Buffer.from(handshake()), rawFrame(OPCODE.text, 'eager')]));
        await client.response();
        client.text('in time');
        const expected = adapter.differences.takesEagerFrames ? ['eager', 'in time'] : ['in time'];
        await eventually(() => served.messages.length === expected.length, 'the messages');
        expect(served.messages.map(({ text }) => text)).toEqual(expected);
        client.destroy();
      });
    });

    describe('frames', () => {
      it('hands on text, binary and fragmented messages with their kind', async (test) => {
        const { connect, messages } = await serve(test, adapter);
        const [client] = await connect('s');
        client.text('grüße');
        client.write(rawFrame(OPCODE.binary, Buffer.from('bytes')));
        client.write(rawFrame(OPCODE.text, 'one ', { fin: false }));
        client.write(rawFrame(OPCODE.ping, 'between'));
        client.write(rawFrame(OPCODE.continuation, 'two'));
        client.text('');
        await eventually(() => messages.length === 4, 'four messages');
        expect(messages).toEqual([
          { state: 's', text: 'grüße', binary: false },
          { state: 's', text: 'bytes', binary: true },
          { state: 's', text: 'one two', binary: false },
          { state: 's', text: '', binary: false },
        ]);
      });

      it.for([0, 1, 125, 126, 65_535, 65_536, 100_000])(
        'carries %d bytes both ways, as text and as bytes',
        async (size, test) => {
          const { connect } = await serve(test, adapter, {
            sockets: {
              message: (socket, _state, bytes, binary) =>
                void socket.send(binary ? Uint8Array.from(bytes) : Buffer.from(bytes).toString()),
            },
          });
          const [client] = await connect();
          const payload = Buffer.alloc(size, 'x');
          for (const opcode of [OPCODE.text, OPCODE.binary]) {
            client.write(rawFrame(opcode, payload));
            const frame = await client.frame();
            expect([frame.opcode, frame.fin, frame.payload.equals(payload)]).toEqual([opcode, true, true]);
          }
        },
      );

      it('sends a view of a larger buffer as the view', async (test) => {
        const { connect } = await serve(test, adapter);
        const [client, socket] = await connect();
        socket.send(Buffer.from('not this, but this').subarray(14));
        expect(await client.nextText()).toBe('this');
      });

      it('answers pings with their payload and counts every control frame', async (test) => {
        const { connect, controls } = await serve(test, adapter);
        const [client] = await connect('s');
        client.write(rawFrame(OPCODE.ping, 'are you there'));
        const pong = await client.frame();
        expect([pong.opcode, pong.payload.toString()]).toEqual([OPCODE.pong, 'are you there']);
        client.write(rawFrame(OPCODE.pong));
        await eventually(() => controls.length === 2, 'two control frames');
      });

      it('answers the close of the peer, tells its code, and is closed from then on', async (test) => {
        const { connect, closes } = await serve(test, adapter);
        const [client, socket] = await connect('s');
        client.write(Buffer.concat([rawFrame(OPCODE.close, closePayload(4321, 'bye')), rawFrame(OPCODE.text, 'late')]));
        expect(await client.closeCode()).toBe(4321);
        await eventually(() => !socket.open, 'the socket is closed', 1_000);
        expect(socket.send('after the close frame')).toBe('lost');
        client.tcp.end();
        await eventually(() => closes[0], 'close');
        expect(closes).toEqual([{ state: 's', code: 4321 }]);
      });

      it('tells 1005 for a close without code and 1006 for a lost connection, each once', async (test) => {
        const { connect, closes } = await serve(test, adapter);
        const [polite] = await connect('polite');
        const [gone] = await connect('gone');
        const [reset] = await connect('reset');
        polite.write(rawFrame(OPCODE.close));
        gone.tcp.end();
        reset.reset();
        await polite.closeCode();
        polite.tcp.end();
        await eventually(() => closes.length === 3, 'three closes');
        expect(new Map(closes.map(({ state, code }) => [state, code]))).toEqual(
          new Map([
            ['polite', 1005],
            ['gone', 1006],
            ['reset', 1006],
          ]),
        );
      });
    });

    describe('order', () => {
      it('keeps sends and publishes in the order of the calls, in few packets', async (test) => {
        const { connect, transport } = await serve(test, adapter);
        const [client, socket] = await connect();
        const [, other] = await connect();
        socket.subscribe('t');
        const before = client.chunks;
        transport.publish('t', '1');
        socket.send('2');
        other.publish('t', '3');
        transport.publish('t', '4');
        socket.cork(() => {
          socket.send('5');
          transport.publish('t', '6');
          socket.send('7');
        });
        transport.publish('t', Buffer.from('8'));
        expect(await client.texts(8)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
        expect(client.chunks - before).toBeLessThanOrEqual(5);
      });

      it('sends what is published within one tick in one write', async (test) => {
        const { connect, transport } = await serve(test, adapter);
        const [client, socket] = await connect();
        socket.subscribe('t');
        const before = client.chunks;
        const expected = Array.from({ length: 20 }, (_, i) => `event ${i}`);
        for (const text of expected) transport.publish('t', text);
        expect(await client.texts(20)).toEqual(expected);
        expect(client.chunks - before).toBe(1);
      });

      it('sends what was written in one cork in one write', async (test) => {
        const { connect } = await serve(test, adapter);
        const [client, socket] = await connect();
        const before = client.chunks;
        socket.cork(() => {
          for (let i = 0; i < 20; i += 1) socket.send(`reply ${i}`);
        });
        expect(await client.texts(20)).toHaveLength(20);
        expect(client.chunks - before).toBe(1);
      });

      it('keeps order over thousands of frames of all sizes, big ones between', async (test) => {
        const { connect, transport } = await serve(test, adapter, {
          options: { maxBufferedBytes: 16 * 1_024 * 1_024 },
        });
        const [client, socket] = await connect();
        socket.subscribe('t');
        const sizes = [10, 200, 20_000, 3, 40_000, 126];
        const expected: string[] = [];
        for (let i = 0; i < 300; i += 1) {
          const text = `${i}:`.padEnd(sizes[i % sizes.length] ?? 0, '.');
          expected.push(text);
          if (i % 3 === 0) socket.send(text);
          else transport.publish('t', text);
        }
        expect(await client.texts(300)).toEqual(expected);
      });

      it('lets what cork throws through, and goes on', async (test) => {
        const { connect } = await serve(test, adapter);
        const [client, socket] = await connect();
        expect(() =>
          socket.cork(() => {
            socket.send('before');
            throw new Error('mine');
          }),
        ).toThrow('mine');
        socket.send('after');
        expect(await client.texts(2)).toEqual(['before', 'after']);
      });
    });

    describe('topics', () => {
      it('delivers to subscribers only, and to nobody without complaint', async (test) => {
        const { connect, transport } = await serve(test, adapter);
        const [a, socketA] = await connect();
        const [b, socketB] = await connect();
        socketA.subscribe('t');
        socketB.subscribe('other');
        transport.publish('nobody', 'x');
        transport.publish('t', 'for a');
        transport.publish('other', 'for b');
        expect(await a.nextText()).toBe('for a');
        expect(await b.nextText()).toBe('for b');
      });

      it('does not publish to oneself, subscribed or not, and to all others', async (test) => {
        const { connect } = await serve(test, adapter);
        const [a, socketA] = await connect();
        const [b, socketB] = await connect();
        socketB.subscribe('t');
        socketA.publish('t', 'from a socket without any topic');
        socketA.subscribe('elsewhere');
        socketA.publish('t', 'from a subscriber of another');
        socketA.subscribe('t');
        socketA.publish('t', 'from a subscriber');
        socketB.publish('t', 'back');
        expect(await b.texts(3)).toEqual([
          'from a socket without any topic',
          'from a subscriber of another',
          'from a subscriber',
        ]);
        expect(await a.nextText()).toBe('back');
        socketB.unsubscribe('t');
        socketA.publish('t', 'to nobody, and not to me');
        socketA.send('end');
        expect(await a.nextText()).toBe('end');
      });

      it('sends big frames to all but oneself too', async (test) => {
        const { connect } = await serve(test, adapter);
        const [a, socketA] = await connect();
        const [b, socketB] = await connect();
        socketA.subscribe('t');
        socketB.subscribe('t');
        socketA.publish('t', 'y'.repeat(30_000));
        socketA.send('end');
        expect(await b.nextText()).toHaveLength(30_000);
        expect(await a.nextText()).toBe('end');
      });

      it('subscribes from now on, unsubscribes from now on, twice is once', async (test) => {
        const { connect, transport } = await serve(test, adapter);
        const [client, socket] = await connect();
        const [, other] = await connect();
        other.subscribe('t');
        transport.publish('t', 'too early');
        socket.subscribe('t');
        socket.subscribe('t');
        expect(transport.subscribers('t')).toBe(2);
        transport.publish('t', 'in time');
        socket.unsubscribe('t');
        socket.unsubscribe('t');
        expect(transport.subscribers('t')).toBe(1);
        transport.publish('t', 'too late');
        socket.send('end');
        expect(await client.texts(2)).toEqual(['in time', 'end']);
      });

      it('takes any text as a topic', async (test) => {
        const { connect, transport } = await serve(test, adapter);
        const [client, socket] = await connect();
        for (const topic of ['', '#', '+', 'c/+/late', 'ü', '__proto__']) {
          socket.subscribe(topic);
          transport.publish(`${topic}/x`, 'a wildcard was read');
          transport.publish(topic, topic);
          expect(await client.nextText()).toBe(topic);
          socket.unsubscribe(topic);
        }
      });

      it('forgets who is gone', async (test) => {
        const { connect, transport, closes } = await serve(test, adapter);
        const [client, socket] = await connect();
        socket.subscribe('t');
        expect(transport.subscribers('t')).toBe(1);
        client.destroy();
        await eventually(() => closes[0], 'close');
        expect(transport.subscribers('t')).toBe(0);
        transport.publish('t', 'x');
      });
    });

    describe('handlers that throw', () => {
      it.for(['open', 'message', 'control'] as const)(
        '%s: reported, that socket closed with 1011, others go on',
        async (where, test) => {
          const served = await serve(test, adapter, {
            sockets: {
              [where]: (_socket: Socket, state: string) => {
                if (state === 'victim') throw new Error(`thrown in ${where}`);
              },
            },
          });
          const witness = await witnessOf(served);
          const [client] = await served.connect('victim');
          if (where === 'message') client.text('x');
          if (where === 'control') client.write(rawFrame(OPCODE.pong));
          expect(await client.closeCode()).toBe(1011);
          client.destroy();
          await eventually(() => served.closes[0], 'close');
          expect(served.closes).toEqual([{ state: 'victim', code: 1011 }]);
          expect(served.faults).toEqual([`${where}: thrown in ${where}`]);
          await witness.delivers();
        },
      );

      it('upgrade: reported, answered 500', async (test) => {
        const served = await serve(test, adapter, {
          sockets: {
            upgrade: ({ query }) => {
              if (query === 'victim') throw new Error('thrown in upgrade');
              return { accept: true, protocol: '', state: query };
            },
          },
        });
        const witness = await witnessOf(served);
        expect((await rawRequest(served.port, handshake('/?victim'))).status).toBe(500);
        expect(served.faults).toEqual(['upgrade: thrown in upgrade']);
        await witness.delivers();
      });

      it('close: reported, others go on', async (test) => {
        const served = await serve(test, adapter, {
          sockets: {
            close: (_socket, state) => {
              if (state === 'victim') throw new Error('thrown in close');
            },
          },
        });
        const witness = await witnessOf(served);
        const [client] = await served.connect('victim');
        client.destroy();
        await eventually(() => served.faults[0], 'the fault');
        expect(served.faults).toEqual(['close: thrown in close']);
        await witness.delivers();
      });
    });
  });
