import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { v7 } from 'uuid';
import { WebSocket } from 'ws';
import { eventually } from '../support/raw-socket.ts';
import { times } from '../support/scale.ts';
import { Scene } from './scene.ts';

interface Dialect {
  readonly protocol: string;
  readonly binary: boolean;
  /** A frame as the dialect has it. */
  readonly frame: (type: string, data: object) => string | Uint8Array;
  readonly isReply: (frame: Record<string, unknown>) => boolean;
}

const hasId = (frame: Record<string, unknown>) => 'id' in frame;

const dialects: readonly Dialect[] = [
  {
    ...{ protocol: 'tertulia.v1', binary: false, isReply: hasId },
    frame: (type, data) => JSON.stringify({ id: 1, type, data }),
  },
  {
    ...{ protocol: 'tertulia.v1.msgpack', binary: true, isReply: hasId },
    frame: (type, data) => encode({ id: 1, type, data }),
  },
  {
    ...{ protocol: 'tertulia.v1.envelope', binary: false },
    frame: (event, data) => JSON.stringify({ event, headers: { id: 1 }, input_data: data }),
    isReply: ({ event }) => event === 'reply' || event === 'error',
  },
  {
    ...{ protocol: 'tertulia.v1.simple', binary: false },
    frame: (type, data) => JSON.stringify({ id: 1, type, ...data }),
    isReply: (frame) => 'success' in frame,
  },
];

/** What a broken client, or a hostile one, makes of a frame. */
const damage = fc.record({
  how: fc.constantFrom('flip', 'cut', 'double', 'insert', 'drop'),
  at: fc.nat(),
  byte: fc.nat(255),
});
type Damage = typeof damage extends fc.Arbitrary<infer One> ? One : never;

const damaged = (frame: Buffer, { how, at, byte }: Damage): Buffer => {
  const where = frame.length === 0 ? 0 : at % frame.length;
  const [before, after] = [frame.subarray(0, where), frame.subarray(where)];
  switch (how) {
    case 'flip':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (byte || 1)]), after.subarray(1)]);
    case 'cut':
      return before;
    case 'double':
      return Buffer.concat([frame, after]);
    case 'insert':
      return Buffer.concat([before, Buffer.from([byte]), after]);
    case 'drop':
      return Buffer.concat([before, after.subarray(1)]);
  }
};

describe.each(dialects)('the dialect $protocol', ({ protocol, binary, frame, isReply }) => {
  let scene: Scene;
  let group: string;
  let socket: WebSocket;
  let replies = 0;
  let sent = 0;
  beforeAll(async () => {
    scene = await Scene.open({ settings: { LIMIT_MALFORMED_FRAMES: '1000' } });
    group = await scene.running.aGroup(scene.somebody);
  });

  const open = async (): Promise<void> => {
    const opened = new WebSocket(scene.running.ws, [protocol]);
    opened.on('message', (data: Buffer) => {
      const heard = (binary ? decode(data) : JSON.parse(data.toString())) as Record<string, unknown>;
      if (isReply(heard)) replies++;
    });
    await new Promise((resolve, reject) => opened.once('open', resolve).once('error', reject));
    [socket, sent, replies] = [opened, 0, 0];
    await answers(frame('auth', { token: scene.somebody.token }));
  };

  /** Resolves when the frame has its one answer. */
  const answers = async (bytes: string | Uint8Array): Promise<void> => {
    socket.send(bytes);
    sent++;
    await eventually(() => replies === sent || socket.readyState !== WebSocket.OPEN, 'an answer');
    expect(socket.readyState).toBe(WebSocket.OPEN);
  };

  it(
    'answers every damaged frame once, and stays',
    async () => {
      const good = (): readonly (readonly [string, object])[] => [
        ['ping', {}],
        ['message.send', { conversationId: group, id: v7(), content: 'words' }],
        ['message.history', { conversationId: group, limit: 5 }],
        ['conversation.read', { conversationId: group, readSeq: 1 }],
        ['sync', { epoch: 'x', urev: 0, cursors: [[group, 0]] }],
        ['users.get', { ids: [scene.somebody.userId] }],
      ];
      await open();
      await fc.assert(
        fc.asyncProperty(fc.nat(5), fc.array(damage, { minLength: 1, maxLength: 4 }), async (which, done) => {
          // Malformed frames are counted by the minute.
          if (sent > 800) await open();
          const [type, data] = good()[which]!; // one of six
          const bytes = done.reduce(damaged, Buffer.from(frame(type, data) as string));
          await answers(binary ? bytes : bytes.toString());
        }),
        { numRuns: times(300, 50_000), endOnFailure: true },
      );
      await scene.witness.delivers();
      socket.terminate();
    },
    times(60_000, 3_600_000),
  );

  it('answers a frame of the other kind, and what is no frame at all', async () => {
    await open();
    await scene.unharmed(async () => {
      const text = frame('ping', {});
      await answers(binary ? '{"id":1,"type":"ping"}' : Buffer.from(text as string));
      for (const size of [0, 1, 7, 1_000, 65_537]) await answers(binary ? Buffer.alloc(size, 0xc1) : 'x'.repeat(size));
      await answers(frame('ping', {}));
    });
    socket.terminate();
  });
});
