import { describe, expect, it } from 'vitest';
import {
  closePayload,
  eventually,
  handshake,
  KEY,
  OPCODE,
  rawFrame,
  RawSocket,
  rawRequest,
} from '../support/raw-socket.ts';
import { defaults, serve, witnessOf } from './transport-harness.ts';
import type { TransportAdapter } from './transport-harness.ts';

const CAP = defaults.maxFrameBytes;
const notUtf8 = Buffer.from([0x68, 0xc3, 0x28]);

/** Frames that no lawful client sends; each must end its socket and nothing else. */
const violations: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ['a frame above the cap', rawFrame(OPCODE.text, 'x'.repeat(CAP + 1))],
  ['the head of a frame above the cap', rawFrame(OPCODE.text, '', { declaredLength: BigInt(CAP + 1) })],
  ['a declared length of 2^40', rawFrame(OPCODE.binary, 'x', { declaredLength: 2n ** 40n })],
  ['a declared length of 2^63', rawFrame(OPCODE.binary, 'x', { declaredLength: 2n ** 63n })],
  [
    'fragments that sum to more than the cap',
    Buffer.concat([
      rawFrame(OPCODE.text, 'x'.repeat(CAP / 2), { fin: false }),
      rawFrame(OPCODE.continuation, 'x'.repeat(CAP / 2), { fin: false }),
      rawFrame(OPCODE.continuation, 'x'),
    ]),
  ],
  ['invalid UTF-8 in a text', rawFrame(OPCODE.text, notUtf8)],
  [
    'invalid UTF-8 over two fragments',
    Buffer.concat([
      rawFrame(OPCODE.text, notUtf8.subarray(0, 2), { fin: false }),
      rawFrame(OPCODE.continuation, notUtf8.subarray(2)),
    ]),
  ],
  ['RSV1 without an extension', rawFrame(OPCODE.text, 'x', { rsv: 4 })],
  ['RSV2', rawFrame(OPCODE.text, 'x', { rsv: 2 })],
  ['RSV3', rawFrame(OPCODE.text, 'x', { rsv: 1 })],
  ['opcode 3', rawFrame(3, 'x')],
  ['opcode 11', rawFrame(11, 'x')],
  ['a ping of 126 bytes', rawFrame(OPCODE.ping, 'x'.repeat(126))],
  ['a fragmented ping', rawFrame(OPCODE.ping, 'x', { fin: false })],
  ['a continuation without a start', rawFrame(OPCODE.continuation, 'x')],
  [
    'a new text inside a fragmented one',
    Buffer.concat([rawFrame(OPCODE.text, 'a', { fin: false }), rawFrame(OPCODE.text, 'b')]),
  ],
];

const badCloses: readonly (readonly [what: string, payload: Uint8Array])[] = [
  ['close code 999', closePayload(999)],
  ['close code 1005', closePayload(1005)],
  ['close code 5000', closePayload(5000)],
  ['a close payload of one byte', Buffer.from([3])],
  ['a close reason that is not UTF-8', Buffer.concat([closePayload(1000), notUtf8])],
];

export const hostileContract = (adapter: TransportAdapter) =>
  describe(`Transport contract, hostile peers: ${adapter.name}`, () => {
    describe('frames', () => {
      it.for(violations)('%s: closed, delivers nothing, harms nobody', async ([, bytes], test) => {
        const served = await serve(test, adapter);
        const witness = await witnessOf(served);
        const [client] = await served.connect('hostile');
        client.write(bytes);
        if (adapter.differences.violation === 'code') expect([1002, 1007, 1009]).toContain(await client.closeCode());
        await client.ended();
        expect(client.tryFrame()).toBeUndefined();
        client.destroy();
        await eventually(() => served.closes[0], 'close');
        expect(served.closes).toEqual([{ state: 'hostile', code: 1006 }]);
        expect([served.messages, served.faults]).toEqual([[], []]);
        await witness.delivers();
      });

      it.for(badCloses)('%s: closed', async ([, payload], test) => {
        const served = await serve(test, adapter);
        const witness = await witnessOf(served);
        const [client] = await served.connect('hostile');
        client.write(rawFrame(OPCODE.close, payload));
        const { opcode } = await client.frame();
        expect(opcode).toBe(OPCODE.close);
        await client.ended();
        client.destroy();
        await eventually(() => served.closes[0], 'close');
        expect([1005, 1006]).toContain(served.closes[0]?.code);
        await witness.delivers();
      });

      it('a frame of exactly the cap is taken', async (test) => {
        const { connect, messages } = await serve(test, adapter);
        const [client] = await connect();
        client.write(rawFrame(OPCODE.binary, Buffer.alloc(CAP)));
        await eventually(() => messages[0], 'the message');
        expect(messages[0]?.text).toHaveLength(CAP);
      });

      it('an unmasked frame is never delivered as what it says', async (test) => {
        const served = await serve(test, adapter);
        const witness = await witnessOf(served);
        const [client] = await served.connect('hostile');
        client.write(rawFrame(OPCODE.text, 'unmasked', { masked: false }));
        client.write(rawFrame(OPCODE.text, 'then masked'));
        if (!adapter.differences.ignoresMaskBit) expect(await client.closeCode()).toBe(1002);
        await witness.delivers();
        expect(served.messages.filter(({ text }) => text === 'unmasked')).toEqual([]);
      });

      it('ten thousand pings in one write: all counted until the handler ends the socket', async (test) => {
        let pings = 0;
        const served = await serve(test, adapter, {
          sockets: {
            control: (socket) => {
              pings += 1;
              if (pings === 1_000) socket.end(4429, 'too fast');
            },
          },
        });
        const witness = await witnessOf(served);
        const [client] = await served.connect('hostile');
        client.write(Buffer.concat(Array.from({ length: 10_000 }, () => rawFrame(OPCODE.ping, 'p'))));
        let frame = await client.frame();
        while (frame.opcode === OPCODE.pong) frame = await client.frame();
        expect([frame.opcode, frame.payload.readUInt16BE(0)]).toEqual([OPCODE.close, 4429]);
        expect(pings).toBe(1_000);
        await witness.delivers();
      });

      it('pings whose pongs nobody reads are bounded as any frame is', async (test) => {
        const served = await serve(test, adapter);
        const witness = await witnessOf(served);
        const [client] = await served.connect('hostile');
        client.pause();
        const burst = Buffer.concat(Array.from({ length: 2_000 }, () => rawFrame(OPCODE.ping, 'p'.repeat(125))));
        while (served.closes.length === 0 && served.opened[1]?.open) {
          client.write(burst);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await eventually(() => served.closes[0], 'close', 4_000);
        expect(served.closes).toEqual([{ state: 'hostile', code: 4413 }]);
        await witness.delivers();
      });

      it('takes garbage, split at every byte, without harm', async (test) => {
        const served = await serve(test, adapter);
        const witness = await witnessOf(served);
        for (let seed = 1; seed <= 30; seed += 1) {
          const client = await RawSocket.open(served.port);
          const bytes = Buffer.from(
            Array.from({ length: 60 }, (_, i) => (Math.imul(seed * 7_919 + i, 2_654_435_761) >>> 13) & 0xff),
          );
          for (const byte of bytes) client.write(Buffer.from([byte]));
          client.destroy();
        }
        await eventually(() => served.closes.length === 30, '30 closes');
        expect(served.faults).toEqual([]);
        await witness.delivers();
      });
    });

    describe('handshake', () => {
      it.for<[string, Record<string, string | undefined>, number]>([
        ['no key', { 'Sec-WebSocket-Key': undefined }, 400],
        ['a key of 3 characters', { 'Sec-WebSocket-Key': 'abc' }, 400],
        ['a key of 24 characters that is no base64', { 'Sec-WebSocket-Key': '!'.repeat(24) }, 400],
        ['two keys', { 'Sec-WebSocket-Key': `${KEY}\r\nSec-WebSocket-Key: ${KEY}` }, 400],
        ['version 8', { 'Sec-WebSocket-Version': '8' }, 426],
        ['no version', { 'Sec-WebSocket-Version': undefined }, 426],
        ['version 13 and 8', { 'Sec-WebSocket-Version': '13, 8' }, 426],
        ['no Connection: Upgrade', { Connection: 'keep-alive' }, 400],
        ['two Hosts', { Host: 'a\r\nHost: b' }, 400],
        ['headers of 5,000 bytes', { 'X-Long': 'x'.repeat(5_000) }, 431],
        ['150 headers', Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`X-${i}`, '1'])), 431],
      ])('%s', async ([, headers, status], test) => {
        const served = await serve(test, adapter);
        const witness = await witnessOf(served);
        const answer = await rawRequest(served.port, handshake('/', headers));
        expect(answer.status).toBe(status);
        if (status === 426) expect(answer.headers.get('sec-websocket-version')).toBe('13');
        expect(served.opened).toHaveLength(1);
        await witness.delivers();
      });

      it('asks for GET', async (test) => {
        const { port, opened } = await serve(test, adapter);
        const post = await rawRequest(
          port,
          handshake('/').replace('GET', 'POST').replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n'),
        );
        expect([post.status, opened.length]).toEqual([405, 0]);
      });

      it('declines an upgrade to another protocol by serving the request', async (test) => {
        const { port } = await serve(test, adapter);
        const answer = await rawRequest(port, handshake('/', { Upgrade: 'h2c', 'Sec-WebSocket-Key': undefined }));
        expect([answer.status, answer.body]).toEqual([200, 'hello']);
      });
    });
  });
