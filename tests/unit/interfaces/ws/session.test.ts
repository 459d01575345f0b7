import { beforeEach, expect, it } from 'vitest';
import type { Frame, Socket } from '#app/application/ports/transport.ts';
import { Connection } from '#app/domain/connection/connection.ts';
import { ConnectionId } from '#app/domain/shared/ids.ts';
import { JsonCodec } from '#app/infrastructure/codecs/json-codec.ts';
import { Session } from '#app/interfaces/ws/session.ts';

/** What left in one write. */
let writes: Frame[][];
let session: Session;

beforeEach(() => {
  writes = [];
  let corked: Frame[] | undefined;
  const socket: Socket = {
    open: true,
    behind: false,
    protocol: 'tertulia.v1',
    address: '127.0.0.1',
    send: (frame) => {
      if (corked) corked.push(frame);
      else writes.push([frame]);
      return 'sent';
    },
    cork: (work) => {
      const frames: Frame[] = (corked = []);
      work();
      corked = undefined;
      writes.push(frames);
    },
    subscribe: () => {},
    unsubscribe: () => {},
    publish: () => {},
    end: () => {},
  };
  session = new Session(new Connection(ConnectionId('c-1'), '127.0.0.1'), socket, new JsonCodec(), 0);
});

const ids = () => writes.map((frames) => frames.map((frame) => (JSON.parse(String(frame)) as { id: number }).id));

it('writes the answers of one turn together, in order, and those of the next apart', async () => {
  for (const id of [1, 2, 3]) session.answer({ id, ok: true, data: {} });
  expect(ids()).toEqual([]);
  await Promise.resolve();
  session.answer({ id: 4, ok: true, data: {} });
  await Promise.resolve();
  expect(ids()).toEqual([[1, 2, 3], [4]]);
});

it('lets nothing that is said at once overtake an answer', async () => {
  session.answer({ id: 1, ok: true, data: {} });
  session.reply({ id: 2, ok: false });
  await Promise.resolve();
  expect(ids()).toEqual([[1], [2]]);
});
