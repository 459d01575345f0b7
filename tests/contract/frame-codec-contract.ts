import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decoded, EventFrame, FrameCodec, InboundFrame, ReplyFrame } from '#app/application/ports/frame-codec.ts';

/** A codec and the other end of its wire: how a client of that dialect writes requests and reads frames. */
export interface Dialect {
  readonly codec: FrameCodec;
  /** The frame of a command, as a client writes it; undefined fields are absent. */
  write(frame: { readonly id?: unknown; readonly type?: unknown; readonly data?: unknown }): Uint8Array;
  /** Any value at all in place of a frame. */
  writeAny(value: unknown): Uint8Array;
  read(frame: string | Uint8Array): ReplyFrame | EventFrame;
  /** What a reply to a frame without id looks like to a client that reads it; undefined where ids are needed. */
  readonly idWhenAbsent: unknown;
  /** Names that have a meaning of their own there: no field of data beside the frame's own, and no type. */
  readonly taken?: readonly string[];
  /** How many containers of a frame are open where the fields of its data stand. */
  readonly dataDepth: number;
}

const RESERVED = new Set(['__proto__', 'constructor', 'prototype', 'toJSON']);
const key = fc.string({ maxLength: 8 }).filter((name) => !RESERVED.has(name));
const leaf = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
  fc.boolean(),
  fc.constant(null),
);
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
const object = fc.dictionary(key, json, { maxKeys: 5, noNullPrototype: true });
const id = fc.oneof(fc.maxSafeNat(), fc.string({ minLength: 1, maxLength: 64 }));
const inbound = fc.record({ id, type: fc.string({ minLength: 1, maxLength: 40 }), data: object });

const isMalformed = (decoded: Decoded): decoded is { malformed: string } => 'malformed' in decoded;
const nested = (depth: number): unknown => {
  let value: unknown = 'bottom';
  for (let i = 0; i < depth; i += 1) value = i % 2 === 0 ? [value] : { in: value };
  return value;
};
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 1]));
const items = (count: number) => Array.from({ length: count }, () => 1);

export const frameCodecContract = (dialect: Dialect) => {
  const { codec, taken = [] } = dialect;
  const sayable = inbound.filter(({ type, data }) => !taken.some((name) => name === type || name in data));
  const decodes = (value: unknown) => codec.decode(dialect.writeAny(value));
  const withData = (data: unknown) => codec.decode(dialect.write({ id: 1, type: 'x', data }));
  const soundly = (decoded: Decoded): InboundFrame => {
    if ('malformed' in decoded) throw new Error(`malformed: ${decoded.malformed}`);
    return decoded;
  };

  describe(`FrameCodec contract: ${codec.protocol}`, () => {
    it('reads what a client writes', () => {
      fc.assert(
        fc.property(sayable, (frame) => {
          expect(soundly(codec.decode(dialect.write(frame)))).toMatchObject(frame);
        }),
        { numRuns: 300 },
      );
    });

    it('writes what a client reads: replies, refusals and events', () => {
      const error = fc.record({ code: fc.string(), message: fc.string(), rule: fc.string() });
      const frames = fc.oneof(
        fc.record({ id, ok: fc.constant(true), data: object }),
        fc.record({ id: fc.option(id), ok: fc.constant(false), error }),
        fc.record({ type: fc.string({ minLength: 1 }), data: object }),
      );
      fc.assert(
        fc.property(frames, (frame) => {
          const wire = codec.encode(frame);
          expect(typeof wire).toBe(codec.binary ? 'object' : 'string');
          expect(dialect.read(wire)).toEqual(frame);
        }),
        { numRuns: 300 },
      );
    });

    it('leaves out undefined fields', () => {
      const event = { type: 'message.created', data: { a: 1, b: undefined } };
      expect(dialect.read(codec.encode(event))).toEqual({ type: 'message.created', data: { a: 1 } });
    });

    it('hands out frames that later ones do not change', () => {
      const first = codec.encode({ type: 'first', data: { text: 'one' } });
      codec.encode({ type: 'second', data: { text: 'two and more' } });
      expect(dialect.read(first)).toEqual({ type: 'first', data: { text: 'one' } });
    });

    it('does not keep the bytes', () => {
      const bytes = dialect.write({ id: 1, type: 'x', data: { text: 'a'.repeat(300), short: 'b' } });
      const decoded = soundly(codec.decode(bytes));
      bytes.fill(0);
      expect(decoded.data).toEqual({ text: 'a'.repeat(300), short: 'b' });
    });

    it('reads a view into a larger buffer', () => {
      const bytes = dialect.write({ id: 1, type: 'x', data: {} });
      const larger = new Uint8Array(bytes.length + 20).fill(0x41);
      larger.set(bytes, 10);
      expect(soundly(codec.decode(larger.subarray(10, 10 + bytes.length)))).toMatchObject({ id: 1, type: 'x' });
    });

    it('judges neither id nor type', () => {
      for (const odd of [-1, 1.5, '', 'x'.repeat(10_000), null, true, {}, []]) {
        expect(soundly(codec.decode(dialect.write({ id: odd, type: 'x', data: {} }))).id).toEqual(odd);
        if (typeof odd !== 'string')
          expect(soundly(codec.decode(dialect.write({ id: 1, type: odd, data: {} }))).type).toEqual(odd);
      }
      for (const type of ['__proto__', 'constructor', 'toString', 't'.repeat(300)])
        expect(soundly(codec.decode(dialect.write({ id: 1, type, data: {} }))).type).toBe(type);
    });

    it('finds no type where there is none, not even an inherited one', () => {
      const { type } = soundly(decodes({}));
      expect(type).toBeUndefined();
      expect(soundly(decodes({})).id).toEqual(dialect.idWhenAbsent);
    });

    it('calls what is no object malformed', () => {
      for (const value of [[], [1], 'x', 7, null, true]) expect(isMalformed(decodes(value))).toBe(true);
    });

    it('refuses depth 17 and more, and takes 16', () => {
      expect(isMalformed(withData({ of: nested(16 - dialect.dataDepth) }))).toBe(false);
      for (const depth of [17 - dialect.dataDepth, 100])
        expect(isMalformed(withData({ of: nested(depth) }))).toBe(true);
    });

    it('refuses 201 keys and 1,001 items, and takes 200 and 1,000', () => {
      expect(isMalformed(withData({ of: keys(200) }))).toBe(false);
      expect(isMalformed(withData({ of: keys(201) }))).toBe(true);
      expect(isMalformed(withData({ list: items(1_000) }))).toBe(false);
      expect(isMalformed(withData({ list: items(1_001) }))).toBe(true);
      expect(isMalformed(withData({ lists: Array.from({ length: 30 }, () => items(400)) }))).toBe(true);
    });

    it('lets one cursor too many through, for the command to say too_large', () => {
      const cursors = (count: number) => Array.from({ length: count }, (_, i) => [`c${i}`, i]);
      expect(soundly(withData({ cursors: cursors(1_001) })).data).toEqual({ cursors: cursors(1_001) });
      expect(isMalformed(withData({ cursors: cursors(1_002) }))).toBe(true);
    });

    it.each(['__proto__', 'constructor', 'prototype'])(
      'refuses the key %s at any depth, and pollutes nothing',
      (name) => {
        const hostile = (value: unknown) => Object.defineProperty({}, name, { value, enumerable: true });
        for (const data of [hostile({ polluted: 1 }), { a: [hostile({ polluted: 1 })] }, hostile(1)])
          expect(isMalformed(withData(data))).toBe(true);
        expect(isMalformed(decodes(hostile({ polluted: 1 })))).toBe(true);
        expect(({} as { polluted?: number }).polluted).toBeUndefined();
      },
    );

    it('yields plain objects only', () => {
      const { data } = soundly(withData({ a: { b: [{ c: 1 }] } })) as { data: { a: { b: [object] } } };
      for (const one of [data, data.a, data.a.b[0]]) expect(Object.getPrototypeOf(one)).toBe(Object.prototype);
    });

    it('never throws on any bytes, and its reason quotes nothing of them', () => {
      const some = dialect.write({
        id: 7,
        type: 'message.send',
        data: { text: 'grüße', list: [1, 2, { deep: null }] },
      });
      const mutated = fc
        .tuple(fc.nat(some.length - 1), fc.nat(255), fc.nat(some.length))
        .map(([at, byte, cut]) =>
          Uint8Array.from(some, (old, i) => (i === at ? byte : old)).subarray(0, cut || some.length),
        );
      fc.assert(
        fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
          const decoded = codec.decode(bytes);
          if (isMalformed(decoded)) expect(decoded.malformed).toMatch(/^[a-zA-Z0-9 ,._-]{1,80}$/);
        }),
        { numRuns: 2_000 },
      );
    });

    it('is through with any frame of 64 KiB in far less than 50 ms', () => {
      for (const bytes of worstCases(dialect)) {
        // The best of some, of this process' own time: others use this machine as well.
        const took = Array.from({ length: 5 }, () => {
          const began = process.cpuUsage();
          codec.decode(bytes);
          return process.cpuUsage(began).user / 1_000;
        });
        expect(Math.min(...took)).toBeLessThan(15);
      }
    });
  });
};

const LIMIT = 65_536;
const repeated = (unit: string) => unit.repeat(Math.floor(LIMIT / unit.length));

const worstCases = ({ write, writeAny }: Dialect) => {
  const texts = [
    repeated('['),
    `${repeated('[').slice(0, LIMIT / 2)}${repeated(']').slice(0, LIMIT / 2)}`,
    repeated('{"a":'),
    repeated(' '),
    `${' '.repeat(LIMIT - 2)}{}`,
    repeated('1'),
    `${repeated('9').slice(0, LIMIT - 10)}e999`,
    `0.${repeated('0').slice(0, LIMIT - 4)}1`,
    `"${repeated('\\u0000').slice(0, LIMIT - 4)}"`,
    `[${repeated('1e1,').slice(0, LIMIT - 4)}1]`,
    `{${Array.from({ length: 6_000 }, (_, i) => `"${i}":0`).join(',')}}`.slice(0, LIMIT),
    `{${Array.from({ length: 4_000 }, (_, i) => `"${4_000_000_000 + i * 7_919}":0`).join(',')}}`,
    `{${Array.from({ length: 9_000 }, () => '"a":0').join(',')}}`,
  ].map((text) => Buffer.from(text));
  const heads = [0x91, 0x81, 0xdc, 0xdd, 0xde, 0xdf, 0xc1, 0xc7].map((head) => Buffer.alloc(LIMIT, head));
  const arraysOfThousands = Buffer.from(Array.from({ length: LIMIT }, (_, i) => [0xdc, 0x03, 0xe8][i % 3] ?? 0));
  const mapsOfHundreds = Buffer.from(Array.from({ length: LIMIT }, (_, i) => [0xde, 0x00, 0xc8][i % 3] ?? 0));
  return [
    ...texts,
    ...heads,
    arraysOfThousands,
    mapsOfHundreds,
    write({ id: 1, type: 'x', data: { text: 'x'.repeat(LIMIT - 100) } }),
    write({ id: 1, type: 'x', data: { text: 'ü'.repeat(LIMIT / 2 - 100) } }),
    writeAny(Array.from({ length: 9_000 }, () => [])),
    writeAny(keys(6_000)),
  ];
};
