import { decode as unpack, encode as pack } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import type { Decoded, EventFrame, ReplyFrame } from '#app/application/ports/frame-codec.ts';
import { codecs } from '#app/infrastructure/codecs/codecs.ts';
import { EnvelopeCodec } from '#app/infrastructure/codecs/envelope-codec.ts';
import { decodeJson } from '#app/infrastructure/codecs/json.ts';
import { JsonCodec } from '#app/infrastructure/codecs/json-codec.ts';
import { MsgpackCodec } from '#app/infrastructure/codecs/msgpack-codec.ts';
import { SimpleCodec } from '#app/infrastructure/codecs/simple-codec.ts';
import { frameCodecContract } from './frame-codec-contract.ts';
import type { Dialect } from './frame-codec-contract.ts';

const utf8 = new TextEncoder();
const text = (value: unknown) => utf8.encode(JSON.stringify(value));
const parsed = (frame: string | Uint8Array) => JSON.parse(frame as string) as Record<string, unknown>;

const json: Dialect = {
  codec: new JsonCodec(),
  write: text,
  writeAny: text,
  read: (frame) => parsed(frame) as unknown as ReplyFrame,
  idWhenAbsent: undefined,
  dataDepth: 2,
};

const msgpack: Dialect = {
  codec: new MsgpackCodec(),
  write: (frame) => packed(frame),
  writeAny: packed,
  read: (frame) => unpack(frame as Uint8Array) as ReplyFrame,
  idWhenAbsent: undefined,
  dataDepth: 2,
};

/** The library refuses to write what it refuses to read; a hostile client has another library. */
function packed(value: unknown): Uint8Array {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return pack(value);
  const list = Array.isArray(value);
  const entries = list ? value : Object.entries(value).filter(([, one]) => one !== undefined);
  const head = Buffer.from([list ? 0xdd : 0xdf, 0, 0, 0, 0]);
  head.writeUInt32BE(entries.length, 1);
  return Buffer.concat([
    head,
    ...entries.flatMap((one: unknown) => (list ? [packed(one)] : (one as unknown[]).map(packed))),
  ]);
}

const envelope: Dialect = {
  codec: new EnvelopeCodec(),
  write: ({ id, type, data }) => text({ event: type, headers: { id }, input_data: data }),
  writeAny: text,
  read: (frame) => {
    const { event, headers, data, error } = parsed(frame) as {
      event: string;
      headers: { id?: number };
      data: object;
      error: object;
    };
    if (event === 'reply') return { id: headers.id ?? null, ok: true, data };
    return event === 'error' && error !== undefined
      ? { id: headers.id ?? null, ok: false, error }
      : { type: event, data };
  },
  idWhenAbsent: 0,
  dataDepth: 2,
};

const simple: Dialect = {
  codec: new SimpleCodec(() => 'made by the codec'),
  // Its data stands beside the type, and so does the id; two types are short names of others.
  taken: ['id', 'type', 'message', 'read'],
  write: ({ id, type, data }) => text({ ...(data as object), id, type }),
  writeAny: text,
  read: (frame) => {
    const {
      success,
      id = null,
      error,
      data,
      ...rest
    } = parsed(frame) as { success?: boolean; id?: number | null; error: string; data: object };
    if (success === undefined) return { ...rest, data } as EventFrame;
    return success ? { id, ok: true, data } : { id, ok: false, error: { ...rest, message: error } };
  },
  idWhenAbsent: 0,
  dataDepth: 1,
};

for (const dialect of [json, msgpack, envelope, simple]) frameCodecContract(dialect);

describe('the codecs', () => {
  it('have a name each, the default first', () => {
    const names = codecs().map(({ protocol }) => protocol);
    expect(names).toEqual(['tertulia.v1', 'tertulia.v1.msgpack', 'tertulia.v1.envelope', 'tertulia.v1.simple']);
  });
});

const malformed = (decoded: Decoded | ReturnType<typeof decodeJson>) => 'malformed' in decoded;

describe('JSON, in frames and in HTTP bodies', () => {
  it.each([
    ['no JSON', 'not json'],
    ['an open brace', '{'],
    ['half a word', 'nul'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{}'],
    ['a trailing comma', '{"a":1,}'],
    ['a comment', '{/* */}'],
    ['NaN', '{"a":NaN}'],
    ['Infinity', '{"a":-Infinity}'],
    ['single quotes', "{'a':1}"],
    ['two values', '{}{}'],
    ['a raw control character', '{"a":"\u0001"}'],
    ['a number beyond all numbers', '{"a":1e400}'],
  ])('refuses %s', (_what, bad) => {
    const bytes = Buffer.from(bad);
    expect(malformed(decodeJson(bytes))).toBe(true);
    for (const { codec } of [json, envelope, simple]) expect(malformed(codec.decode(bytes))).toBe(true);
  });

  it.each([
    ['a stray continuation', [0x22, 0x80, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['half a character', [0x22, 0xc3, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['above U+10FFFF', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
  ])('refuses UTF-8 with %s', (_what, bytes) => {
    expect(malformed(decodeJson(Uint8Array.from(bytes)))).toBe(true);
  });

  it('takes the last of duplicate keys', () => {
    expect(decodeJson(Buffer.from('{"c":1,"c":2}'))).toEqual({ value: { c: 2 } });
  });

  it('refuses 100,000 keys and takes much white space', () => {
    const many = `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join(',')}}`;
    expect(malformed(decodeJson(Buffer.from(many)))).toBe(true);
    expect(decodeJson(Buffer.from(`${' '.repeat(60_000)}[]`))).toEqual({ value: [] });
  });

  it('survives any depth', () => {
    for (const depth of [4_105, 100_000]) {
      expect(malformed(decodeJson(Buffer.from('['.repeat(depth) + ']'.repeat(depth))))).toBe(true);
      expect(malformed(decodeJson(Buffer.from('{"a":'.repeat(depth) + '1' + '}'.repeat(depth))))).toBe(true);
    }
  });

  it('takes any JSON value as a body', () => {
    for (const value of [null, 0, 'x', [], {}]) expect(decodeJson(text(value))).toEqual({ value });
  });
});

describe('MessagePack', () => {
  const { codec } = msgpack;

  it('takes every form of the types it knows', () => {
    const data = {
      small: 1,
      negative: -1,
      u8: 200,
      u16: 60_000,
      u32: 4_000_000_000,
      u64: 2 ** 40,
      i16: -300,
      i64: -(2 ** 40),
      f: 1.5,
    };
    const longer = {
      ...data,
      text: 'ü'.repeat(20),
      longText: 'x'.repeat(300),
      longerText: 'y'.repeat(40_000),
      yes: true,
      no: false,
      none: null,
    };
    expect(codec.decode(pack({ id: 1, type: 'x', data: longer }))).toMatchObject({ data: longer });
  });

  it.each<[string, Uint8Array]>([
    ['binary data', pack({ id: 1, type: 'x', data: new Uint8Array(3) })],
    ['a timestamp', pack({ id: 1, type: 'x', data: new Date(0) })],
    ['an extension', Uint8Array.from([0xd4, 1, 0])],
    ['the head that is never used', Uint8Array.from([0xc1])],
    ['a number as key', Uint8Array.from([0x81, 0x01, 0x01])],
    ['nil as key', Uint8Array.from([0x81, 0xc0, 0x01])],
    ['a map as key', Uint8Array.from([0x81, 0x80, 0x01])],
    ['NaN', pack({ id: Number.NaN, type: 'x' })],
    ['infinity', pack({ id: Number.POSITIVE_INFINITY, type: 'x' })],
    ['nothing', new Uint8Array()],
    ['a value and more', Uint8Array.from([0x80, 0x80])],
    ['a map that ends too early', Uint8Array.from([0x82, 0xa1, 0x61, 0x01])],
    ['a text that ends too early', Uint8Array.from([0xa5, 0x61])],
    ['a length of 4 GiB', Uint8Array.from([0xdb, 0xff, 0xff, 0xff, 0xff, 0x61])],
    ['an array of 4 G', Uint8Array.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['a map of 4 G', Uint8Array.from([0xdf, 0xff, 0xff, 0xff, 0xff])],
    ['text that reaches for its neighbour', Uint8Array.from([0x82, 0xa1, 0xe2, 0x01, 0xa1, 0x61, 0x01])],
    ['an overlong NUL', Uint8Array.from([0x81, 0xa1, 0x61, 0xa2, 0xc0, 0x80])],
    ['an encoded surrogate', Uint8Array.from([0x81, 0xa1, 0x61, 0xa3, 0xed, 0xa0, 0x80])],
  ])('refuses %s', (_what, bytes) => {
    expect(malformed(codec.decode(bytes))).toBe(true);
  });

  it('makes no room for what is only declared', () => {
    // 21,000 nested heads of 1,000 items each would be 170 MB.
    const bytes = Buffer.from(Array.from({ length: 63_000 }, (_, i) => [0xdc, 0x03, 0xe8][i % 3] ?? 0));
    const before = process.memoryUsage().heapUsed;
    expect(malformed(codec.decode(bytes))).toBe(true);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
  });
});

describe('the envelope', () => {
  const { codec } = envelope;

  it('keeps headers beside the data, and the id out of them', () => {
    const frame = { event: 'message.send', headers: { id: 'r-1', trace: 't', locale: 'de' }, input_data: { a: 1 } };
    expect(codec.decode(text(frame))).toEqual({
      id: 'r-1',
      type: 'message.send',
      data: { a: 1 },
      headers: { trace: 't', locale: 'de' },
    });
  });

  it('does without headers and data, and not with headers that are none', () => {
    expect(codec.decode(text({ event: 'ping' }))).toEqual({ id: 0, type: 'ping', data: undefined, headers: {} });
    for (const headers of [7, [], null, 'x'])
      expect(malformed(codec.decode(text({ event: 'ping', headers })))).toBe(true);
  });

  it('is answered in kind', () => {
    expect(parsed(codec.encode({ id: 7, ok: true, data: { seq: 1 } }))).toEqual({
      event: 'reply',
      headers: { id: 7 },
      data: { seq: 1 },
    });
    expect(parsed(codec.encode({ id: null, ok: false, error: { code: 'invalid' } }))).toEqual({
      event: 'error',
      headers: {},
      error: { code: 'invalid' },
    });
    expect(parsed(codec.encode({ type: 'message.created', data: { rev: 1 } }))).toEqual({
      event: 'message.created',
      headers: {},
      data: { rev: 1 },
    });
  });
});

describe('the simple dialect', () => {
  const { codec } = simple;

  it.each<[object, object]>([
    [
      { type: 'auth', token: 't' },
      { id: 0, type: 'auth', data: { token: 't' } },
    ],
    [{ type: 'ping' }, { id: 0, type: 'ping', data: {} }],
    [
      { type: 'message', to: 'u', content: 'hello', message_type: 'text' },
      { id: 0, type: 'message.send', data: { id: 'made by the codec', to: 'u', type: 'text', content: 'hello' } },
    ],
    [
      { type: 'message', id: 5, conversation_id: 'c', content: 'hello', message_id: 'm', reply_to: 3 },
      { id: 5, type: 'message.send', data: { id: 'm', conversationId: 'c', content: 'hello', replyTo: 3 } },
    ],
    [
      { type: 'read', conversation_id: 'c', seq: 9 },
      { id: 0, type: 'conversation.read', data: { conversationId: 'c', readSeq: 9 } },
    ],
    [
      { type: 'conversation.list', limit: 5 },
      { id: 0, type: 'conversation.list', data: { limit: 5 } },
    ],
  ])('%j', (frame, expected) => {
    expect(codec.decode(text(frame))).toEqual(expected);
  });

  it('makes a UUIDv7 for a message without id', () => {
    const real = codecs().find(({ protocol }) => protocol === 'tertulia.v1.simple');
    const decoded = real?.decode(text({ type: 'message', to: 'u', content: 'x' })) as { data: { id: string } };
    expect(decoded.data.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('is answered in kind', () => {
    expect(parsed(codec.encode({ id: 0, ok: true, data: { seq: 1 } }))).toEqual({
      success: true,
      id: 0,
      data: { seq: 1 },
    });
    const error = { code: 'rate_limited', message: 'slower', rule: 'send', retryAfterMs: 100 };
    expect(parsed(codec.encode({ id: null, ok: false, error }))).toEqual({
      success: false,
      error: 'slower',
      code: 'rate_limited',
      rule: 'send',
      retryAfterMs: 100,
    });
    expect(parsed(codec.encode({ type: 'message.created', data: { type: 'text' } }))).toEqual({
      type: 'message.created',
      data: { type: 'text' },
    });
  });
});
