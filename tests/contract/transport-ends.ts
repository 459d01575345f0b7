import { describe, expect, it } from 'vitest';
import type { Socket, Transport } from '#app/application/ports/transport.ts';
import { awakeMs } from '../support/awake.ts';
import { closePayload, eventually, OPCODE, rawFrame } from '../support/raw-socket.ts';
import type { RawSocket } from '../support/raw-socket.ts';
import { serve, witnessOf } from './transport-harness.ts';
import type { TransportAdapter } from './transport-harness.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const KILOBYTE = 'k'.repeat(1_024);

/** Publishes numbered kilobytes, one a turn, until the socket is no longer open. @returns how many */
const floodTopic = async (transport: Transport, topic: string, socket: Socket, most = 50_000) => {
  let sent = 0;
  while (socket.open && sent < most) {
    transport.publish(topic, `${sent}:${KILOBYTE}`);
    sent += 1;
    await turn();
  }
  return sent;
};

/** All frames until the connection is over: the numbers of the texts, and the close code (1006 when it was cut bare). */
const readOut = async (client: RawSocket) => {
  const numbers: number[] = [];
  client.resume();
  for (;;) {
    const frame = await eventually(
      () => client.tryFrame() ?? (client.over ? 'over' : undefined),
      'a frame or the end',
      10_000,
    );
    if (frame === 'over') return { numbers, code: 1006 };
    if (frame.opcode === OPCODE.close) return { numbers, code: frame.payload.readUInt16BE(0) };
    numbers.push(Number(frame.payload.toString().split(':')[0]));
  }
};

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** How sockets end: by us, by a slow reader, and what is safe afterwards. */
export const endsContract = (adapter: TransportAdapter) =>
  describe(`Transport contract, ends: ${adapter.name}`, () => {
    describe('end', () => {
      it('flushes what was sent and published before, then closes with code and reason', async (test) => {
        const { connect, transport, closes } = await serve(test, adapter);
        const [client, socket] = await connect('s');
        socket.subscribe('t');
        socket.send('1');
        transport.publish('t', '2');
        socket.end(4502, 'session revoked');
        transport.publish('t', 'after the end');
        expect(await client.texts(2)).toEqual(['1', '2']);
        const { opcode, payload } = await client.frame();
        expect([opcode, payload.readUInt16BE(0), payload.subarray(2).toString()]).toEqual([
          OPCODE.close,
          4502,
          'session revoked',
        ]);
        client.write(rawFrame(OPCODE.close, closePayload(4502)));
        await client.ended();
        client.tcp.end();
        await eventually(() => closes[0], 'close');
        expect(closes).toEqual([{ state: 's', code: 4502 }]);
      });

      it('is not open from the call on, and tells `close` later, once, with the first code', async (test) => {
        const { connect, closes } = await serve(test, adapter);
        const [client, socket] = await connect('s');
        socket.end(4410, 'first');
        socket.end(4502, 'second');
        expect([socket.open, closes.length]).toEqual([false, 0]);
        expect(await client.closeCode()).toBe(4410);
        client.destroy();
        await eventually(() => closes[0], 'close');
        await turn();
        expect(closes).toEqual([{ state: 's', code: 4410 }]);
      });

      it('works inside every callback', async (test) => {
        const { connect, closes } = await serve(test, adapter, {
          sockets: {
            open: (socket, state) => state === 'open' && socket.end(4001, ''),
            message: (socket) => socket.cork(() => socket.end(4002, '')),
            control: (socket) => socket.end(4003, ''),
            close: (socket) => socket.end(4004, ''),
          },
        });
        const [opening] = await connect('open');
        const [speaking] = await connect('message');
        const [pinging] = await connect('control');
        speaking.text('x');
        pinging.write(rawFrame(OPCODE.pong));
        expect(await Promise.all([opening, speaking, pinging].map((client) => client.closeCode()))).toEqual([
          4001, 4002, 4003,
        ]);
        for (const client of [opening, speaking, pinging]) client.destroy();
        await eventually(() => closes.length === 3, 'three closes');
      });

      it('ignores what the peer says afterwards', async (test) => {
        const { connect, messages } = await serve(test, adapter);
        const [client, socket] = await connect();
        client.text('before');
        await eventually(() => messages[0], 'the message');
        socket.end(4429, 'too fast');
        await client.closeCode();
        client.text('after');
        client.write(rawFrame(OPCODE.close, closePayload(4429)));
        await client.ended();
        expect(messages.map(({ text }) => text)).toEqual(['before']);
      });

      it('cuts a long reason between characters, and replaces a code that must not be sent', async (test) => {
        const { connect } = await serve(test, adapter);
        const [client, socket] = await connect();
        const [other, otherSocket] = await connect();
        socket.end(4000, 'ü'.repeat(100));
        otherSocket.end(1006, 'never on the wire');
        const { payload } = await client.frame();
        expect(payload.subarray(2).toString()).toBe('ü'.repeat(61));
        expect(await other.closeCode()).toBe(1011);
      });

      it.concurrent('cuts a peer that answers nothing', async (test) => {
        const { connect, closes } = await serve(test, adapter);
        const [client, socket] = await connect('s');
        const began = awakeMs();
        socket.end(1012, 'drain');
        expect(await client.closeCode()).toBe(1012);
        await client.ended(4_000); // it can read no more
        test.expect(awakeMs() - began).toBeLessThan(4_000);
        await eventually(() => closes[0], 'close');
        // And can write no more: what it sends is answered by RST.
        const nagging = setInterval(() => client.write('x'), 50);
        await eventually(() => client.error, 'a reset', adapter.differences.silentPeerCutMs).finally(() =>
          clearInterval(nagging),
        );
      });

      it.concurrent('cuts a peer that reads nothing after 2 s, and tells the code that was meant', async (test) => {
        const { connect, closes } = await serve(test, adapter, { options: { maxBufferedBytes: 64 * 1_024 * 1_024 } });
        const [client, socket] = await connect('s');
        client.pause();
        while (socket.send(KILOBYTE.repeat(64)) === 'sent') await turn();
        for (let i = 0; i < 20; i += 1) socket.send(KILOBYTE.repeat(64));
        const [began, awake] = [performance.now(), awakeMs()];
        socket.end(4502, 'session revoked');
        await eventually(() => closes[0], 'close', 6_000);
        test.expect(closes).toEqual([{ state: 's', code: 4502 }]);
        test.expect(performance.now() - began).toBeGreaterThan(1_900);
        test.expect(awakeMs() - awake).toBeLessThan(4_000);
      });
    });

    describe('slow readers', () => {
      it.concurrent('a paused reader of a topic is closed, never left open with a gap', async (test) => {
        const served = await serve(test, adapter);
        const { connect, transport, closes } = served;
        const witness = await witnessOf(served);
        const [client, socket] = await connect('slow');
        socket.subscribe('t');
        client.pause();
        const sent = await floodTopic(transport, 't', socket);
        test.expect(socket.open).toBe(false);
        test.expect(socket.send('more')).toBe('lost');
        await witness.delivers();
        // It reads again just after the loss: everything up to the loss, in order, then the end. Nothing after the gap.
        for (let i = 0; i < 20; i += 1) transport.publish('t', `${sent + i}:late`);
        const { numbers, code } = await readOut(client);
        test.expect(numbers).toEqual(upTo(numbers.length));
        test.expect(numbers.length).toBeLessThanOrEqual(sent);
        test.expect(code).toBe(4413);
        client.destroy();
        await eventually(() => closes.length === 1, 'close');
        test.expect(closes).toEqual([{ state: 'slow', code: 4413 }]);
      });

      it.concurrent('a reader that stays paused is cut bare within 2 s of the loss', async (test) => {
        const { connect, transport, closes } = await serve(test, adapter);
        const [client, socket] = await connect('slow');
        socket.subscribe('t');
        client.pause();
        await floodTopic(transport, 't', socket);
        const began = awakeMs();
        await eventually(() => closes[0], 'close', 6_000);
        test.expect(awakeMs() - began).toBeLessThan(4_000);
        test.expect(closes).toEqual([{ state: 'slow', code: 4413 }]);
        const { numbers, code } = await readOut(client);
        test.expect(numbers).toEqual(upTo(numbers.length));
        test.expect(code).toBe(1006);
      });

      it.concurrent('many at once: publishing to fast and paused readers loses nothing of the fast', async (test) => {
        const { connect, transport, closes } = await serve(test, adapter);
        const fast = await connect('fast');
        const slow = await Promise.all(upTo(8).map(() => connect('slow')));
        for (const [, socket] of [fast, ...slow]) socket.subscribe('t');
        for (const [client] of slow) client.pause();
        let sent = 0;
        while (slow.some(([, socket]) => socket.open)) {
          // Big and small ones, so that both native roads of publishing overflow.
          transport.publish('t', `${sent}:${KILOBYTE.repeat(sent % 5 === 0 ? 40 : 2)}`);
          sent += 1;
          const [client] = fast;
          test.expect(Number((await client.nextText()).split(':')[0])).toBe(sent - 1);
        }
        await eventually(() => closes.length === 8, 'all closes', 6_000);
        test.expect(transport.subscribers('t')).toBe(1);
        for (const [client] of slow) {
          const { numbers } = await readOut(client);
          test.expect(numbers).toEqual(upTo(numbers.length));
        }
      });

      it.concurrent('what send returns tells sent, buffered and lost apart', async (test) => {
        const { connect } = await serve(test, adapter);
        const [client, socket] = await connect();
        test.expect(socket.send('a')).toBe('sent');
        client.pause();
        const seen = new Set<string>();
        while (socket.open) {
          seen.add(socket.send(KILOBYTE.repeat(8)));
          await turn();
        }
        test.expect([...seen]).toEqual(['sent', 'buffered', 'lost']);
      });

      it.concurrent('one turn may send more than the limit to a reader that is not slow', async (test) => {
        const { connect } = await serve(test, adapter);
        const [client, socket] = await connect();
        for (let i = 0; i < 8; i += 1) test.expect(socket.send(KILOBYTE.repeat(16))).not.toBe('lost');
        for (let i = 0; i < 8; i += 1) test.expect(await client.nextText()).toHaveLength(16 * 1_024);
      });
    });

    describe('use after the close', () => {
      it('is a no-op, whoever closed', async (test) => {
        const served = await serve(test, adapter);
        const witness = await witnessOf(served);
        const [left, leftSocket] = await served.connect('left');
        const [ended, endedSocket] = await served.connect('ended');
        left.reset();
        endedSocket.end(4000, '');
        ended.destroy();
        await eventually(() => served.closes.length === 2, 'both closes');
        for (const socket of [leftSocket, endedSocket]) {
          const work: string[] = [];
          expect(socket.open).toBe(false);
          expect(socket.send('x')).toBe('lost');
          expect(socket.send(new Uint8Array(3))).toBe('lost');
          socket.subscribe('witness');
          socket.unsubscribe('witness');
          socket.publish('witness', 'from a ghost');
          socket.cork(() => work.push('ran'));
          socket.end(4000, '');
          expect(work).toEqual(['ran']);
        }
        expect(served.transport.subscribers('witness')).toBe(1);
        await witness.delivers();
        expect([served.closes.length, served.faults]).toEqual([2, []]);
      });

      it('is safe inside the close handler', async (test) => {
        const told: string[] = [];
        const served = await serve(test, adapter, {
          sockets: {
            close: (socket) => {
              told.push(`${socket.open} ${socket.send('x')}`);
              socket.subscribe('t');
              socket.publish('t', 'x');
              socket.end(4000, '');
            },
          },
        });
        const [client] = await served.connect();
        client.reset();
        await eventually(() => told[0], 'close');
        expect(told).toEqual(['false lost']);
        expect(served.faults).toEqual([]);
      });
    });
  });
