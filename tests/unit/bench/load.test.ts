import { describe, expect, it } from 'vitest';
import { Kind } from '../../../bench/load/dialects/dialect.ts';
import { socketio } from '../../../bench/load/dialects/socketio.ts';
import { tertulia } from '../../../bench/load/dialects/tertulia.ts';
import { clientFrame, FrameReader } from '../../../bench/load/frames.ts';
import { Histogram } from '../../../bench/load/histogram.ts';
import { serverOf } from '../../../bench/load/spread.ts';
import { content, marked, SLOT, Template } from '../../../bench/load/template.ts';
import { overlapping } from '../../../bench/servers/world.ts';

const serverFrame = (text: string) => {
  const { length } = Buffer.from(text);
  const head = length < 126 ? [0x81, length] : [0x81, 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), Buffer.from(text)]);
};
const target = { conversationId: '0197a8c0-0000-7000-8000-000000000001', sender: 42, slot: 3 };
const HEAD_BYTES = 8;
const payload = (frame: Buffer) => frame.toString('utf8', HEAD_BYTES);

describe('the frames of the load generator', () => {
  const texts = ['a', 'b'.repeat(125), 'c'.repeat(126), 'd'.repeat(70), 'e'.repeat(60_000)];
  const stream = Buffer.concat(texts.map(serverFrame));

  it.each([1, 2, 7, 130, 4_096, stream.length])('are cut out of a stream that comes %i bytes at a time', (step) => {
    const reader = new FrameReader();
    const seen: string[] = [];
    for (let i = 0; i < stream.length; i += step) {
      const piece = Buffer.from(stream.subarray(i, i + step));
      reader.read(piece, piece.length, (_, buffer, start, end) => seen.push(buffer.toString('utf8', start, end)));
      piece.fill(0);
    }
    expect(seen).toEqual(texts);
  });

  it('are refused when they are compressed or in fragments', () => {
    const compressed = Buffer.from([0xc1, 1, 0x61]);
    expect(() => new FrameReader().read(compressed, 3, () => undefined)).toThrow('compressed');
  });
});

describe('the requests of the load generator', () => {
  it('are patched in place into valid, different sends', () => {
    const template = new Template(tertulia.request(target));
    const [first, second] = [1, 12_345].map((count) => JSON.parse(payload(template.stamp(count))));
    expect(first).toMatchObject({ id: 1_030_000_001, type: 'message.send', data: { type: 'text' } });
    expect(first.data.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(first.data.content).toHaveLength(64);
    expect(second.id).toBe(1_030_012_345);
    expect(second.data.id).not.toBe(first.data.id);
  });

  it('carry the time of the send in their id', () => {
    const before = Date.now();
    const { data } = JSON.parse(payload(new Template(tertulia.request(target)).stamp(1)));
    const ms = Number.parseInt(data.id.slice(0, 13).replace('-', ''), 16);
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThanOrEqual(Date.now());
  });
});

describe.each([
  [
    'tertulia',
    tertulia,
    '{"id":1030000001,"ok":true,"data":{"seq":5}}',
    '{"id":1030000001,"ok":false,"error":{"code":"forbidden"}}',
    '{"type":"message.created","data":{"conversationId":"x","rev":9,"message":{"id":"y","seq":17,"rev":9}}}',
    17,
  ],
  [
    'socketio',
    socketio,
    '431030000001[{"id":"5","createdAt":"now"}]',
    '431030000001[{"error":"invalid"}]',
    '42["message",{"id":"5"}]',
    0,
  ],
] as const)('the dialect %s', (_name, dialect, ack, refusal, delivery, seq) => {
  const inside = (text: string) => {
    const buffer = Buffer.from(`##${text}##`);
    return [buffer, 2, buffer.length - 2] as const;
  };
  const kind = (text: string) => dialect.kind(...inside(text));
  const slot = (text: string) => dialect.slot(...inside(text));
  const seqOf = (text: string) => dialect.seq(...inside(text));

  it('knows an ack, and to which slot it belongs', () => {
    expect(kind(ack)).toBe(Kind.ack);
    expect(slot(ack)).toBe(3);
  });

  it('takes no refusal for an ack', () => {
    expect(() => slot(refusal)).toThrow('refused');
  });

  it('knows a delivery, and the number the server gave it', () => {
    expect(kind(delivery)).toBe(Kind.delivery);
    expect(seqOf(delivery)).toBe(seq);
  });
});

it('Tertulia may order the fields of a reply as it likes', () => {
  const buffer = Buffer.from('{"ok":true,"id":1030000001,"data":{}}');
  expect(tertulia.kind(buffer, 0, buffer.length)).toBe(Kind.ack);
  expect(tertulia.slot(buffer, 0, buffer.length)).toBe(3);
});

it('Tertulia may tell several messages by what it read back, among rows of other kinds', () => {
  const text = content(42).replace(SLOT.count, '00000007');
  const message = { id: 'y', seq: 17, rev: 9, senderId: 'z', type: 'text', content: text };
  const rows = [
    { kind: 'member', member: {} },
    { kind: 'message', message },
  ];
  const frame = JSON.stringify({ type: 'conversation.changes', data: { conversationId: 'x', from: 8, upTo: 9, rows } });
  expect(tertulia.kind(Buffer.from(frame), 0, frame.length)).toBe(Kind.deliveries);
  const told = tertulia.deliveries?.(frame) ?? [];
  expect(told.map(({ content: sent, seq }) => [...marked(sent), seq])).toEqual([[42, 7, 17]]);
});

it('members are spread over two servers so that about half of what they tell each other crosses', () => {
  const pairs = Array.from({ length: 500 }, (_, pair) => [serverOf(2 * pair, 2), serverOf(2 * pair + 1, 2)] as const);
  const crossing = pairs.filter(([first, second]) => first !== second).length;
  expect(Math.abs(crossing / pairs.length - 0.5)).toBeLessThan(0.05);
  expect(Math.abs(pairs.filter(([first]) => first === 0).length / pairs.length - 0.5)).toBeLessThan(0.05);
  expect(serverOf(7, 1)).toBe(0);
});

it('a client frame holds its payload as it is, under a mask of zeros', () => {
  expect(clientFrame('hi')).toEqual(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
});

it('percentiles are exact to a hundredth of a millisecond', () => {
  const histogram = new Histogram();
  for (let i = 1; i <= 1_000; i++) histogram.record(i / 10);
  expect(histogram.percentile(0.5)).toBeCloseTo(50, 1);
  expect(histogram.percentile(0.99)).toBeCloseTo(99, 1);
  expect(histogram.max).toBe(100);
});

it('in the memory case everybody is in five groups, each with other people', () => {
  const { users, conversations } = overlapping(2_000, 10);
  const seats = users.map((): Set<number>[] => []);
  for (const { members } of conversations) for (const member of members) seats[member]?.push(new Set(members));
  expect(conversations).toHaveLength(1_000);
  for (const groups of seats) {
    expect(groups).toHaveLength(5);
    expect(new Set(groups.flatMap((group) => [...group])).size).toBeGreaterThan(40);
  }
});
