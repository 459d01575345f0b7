import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { frameBytes } from '#app/infrastructure/ws/frame-bytes.ts';
import { Topics } from '#app/infrastructure/ws/topics.ts';
import { WsSocket } from '#app/infrastructure/ws/ws-socket.ts';

describe('WsSocket', () => {
  const LIMIT = 1_000;
  let writes: number[];
  let ended: number[];
  let written: WsSocket[];
  /** A kernel that takes everything at once, or nothing. */
  let kernelTakes: boolean;
  let socket: WsSocket;

  beforeEach(() => {
    [writes, ended, written, kernelTakes] = [[], [], [], true];
    const tcp = new Writable({
      writev: (chunks, done) => {
        writes.push(chunks.length);
        if (kernelTakes) done();
      },
    });
    const ws = { readyState: WebSocket.OPEN, close: (code: number) => ended.push(code) };
    const hub = {
      topics: new Topics<WsSocket>(),
      maxBufferedBytes: LIMIT,
      publish: () => {},
      afterTurn: (one: WsSocket) => void written.push(one),
    };
    socket = new WsSocket(hub, ws as unknown as WebSocket, tcp as unknown as Socket, '', ''); // what it uses of them
  });

  it('writes the frames of one turn at once', () => {
    for (let i = 0; i < 20; i += 1) expect(socket.send(`frame ${i}`)).toBe('sent');
    expect([writes, written.length]).toEqual([[], 1]);
    socket.flush();
    expect(writes).toEqual([20]);
    socket.send('next turn');
    socket.flush();
    expect([writes, written.length]).toEqual([[20, 1], 2]);
  });

  it('does not take a busy turn for a slow reader', () => {
    for (let i = 0; i < 50; i += 1) expect(socket.send('x'.repeat(100))).toBe('sent');
    expect(ended).toEqual([]);
    expect(writes.length).toBeGreaterThan(1); // it asked the kernel before it judged
  });

  it('says buffered while bytes of an earlier turn wait, and ends with 4413 above the limit', () => {
    kernelTakes = false;
    expect(socket.send('x'.repeat(400))).toBe('sent');
    socket.flush();
    expect(socket.send('x'.repeat(700))).toBe('buffered');
    socket.flush();
    expect(socket.send('x')).toBe('lost');
    expect(ended).toEqual([4413]);
    expect([socket.open, socket.send('x')]).toEqual([false, 'lost']);
    expect(ended).toEqual([4413]);
  });
});

describe('frameBytes', () => {
  it.each([
    [0, [0x81, 0]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 255, 255]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('puts the shortest head before %d bytes', (size, head) => {
    const bytes = frameBytes('x'.repeat(size));
    expect([...bytes.subarray(0, head.length)]).toEqual(head);
    expect(bytes.length).toBe(head.length + size);
  });

  it('counts bytes, not characters, and marks bytes as binary', () => {
    expect([...frameBytes('ü')]).toEqual([0x81, 2, 0xc3, 0xbc]);
    expect([...frameBytes(Uint8Array.of(7))]).toEqual([0x82, 1, 7]);
  });
});
