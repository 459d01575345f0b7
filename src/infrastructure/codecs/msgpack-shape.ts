import { isUtf8 } from 'node:buffer';
import { shapeLimits } from './shape.ts';

/** Bytes that follow the head byte of scalars 0xc0–0xdf; NaN marks what is not allowed or no scalar. */
const SCALAR_BYTES: Readonly<Record<number, number>> = {
  0xc0: 0, // nil
  0xc2: 0, // false
  0xc3: 0, // true
  0xca: 4, // float 32
  0xcb: 8, // float 64
  0xcc: 1, // uint 8 … 64
  0xcd: 2,
  0xce: 4,
  0xcf: 8,
  0xd0: 1, // int 8 … 64
  0xd1: 2,
  0xd2: 4,
  0xd3: 8,
};

/** Width of the length that follows the head byte. */
const STRINGS: Readonly<Record<number, number>> = { 0xd9: 1, 0xda: 2, 0xdb: 4 };
const ARRAYS: Readonly<Record<number, number>> = { 0xdc: 2, 0xdd: 4 };
const MAPS: Readonly<Record<number, number>> = { 0xde: 2, 0xdf: 4 };

/**
 * Walks MessagePack without decoding it. A decoder makes room for what a head declares, so 60 KB of nested array heads
 * would cost it hundreds of megabytes; here they cost a comparison. It also reads any bytes as text, beyond the string's
 * end if they say so; here text is UTF-8. Undefined when the bytes hold exactly one value within the limits, without
 * binary and extension types.
 */
export const misshapenMsgpack = (bytes: Uint8Array): string | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values still owed to each open container, the innermost last. */
  const owed: number[] = [1];
  let at = 0;
  let values = 0;

  const text = (size: number) => {
    const start = at;
    at += size;
    if (at <= bytes.length && !isUtf8(bytes.subarray(start, at))) at = Number.NaN;
  };
  const length = (width: number) => {
    const start = at;
    at += width;
    if (at > bytes.length) return 0; // caught below as too short
    return width === 1 ? view.getUint8(start) : width === 2 ? view.getUint16(start) : view.getUint32(start);
  };

  while (owed.length > 0) {
    const left = owed.pop() ?? 0;
    if (left === 0) continue;
    owed.push(left - 1);
    if (at >= bytes.length) return 'ends too early';
    values += 1;
    if (values > 2 * shapeLimits.values) return `more than ${shapeLimits.values} values`; // keys count here

    const head = view.getUint8(at);
    at += 1;
    const items = head >= 0x90 && head <= 0x9f ? head & 0x0f : head in ARRAYS ? length(ARRAYS[head] ?? 0) : undefined;
    const pairs = head >= 0x80 && head <= 0x8f ? head & 0x0f : head in MAPS ? length(MAPS[head] ?? 0) : undefined;
    if (items !== undefined || pairs !== undefined) {
      if (owed.length > shapeLimits.depth) return `nested deeper than ${shapeLimits.depth}`;
      if (items !== undefined && items > shapeLimits.cursors) return `an array of more than ${shapeLimits.items}`;
      if (pairs !== undefined && pairs > shapeLimits.keys) return `an object of more than ${shapeLimits.keys} keys`;
      owed.push(items ?? 2 * (pairs ?? 0));
    } else if (head >= 0xa0 && head <= 0xbf) text(head & 0x1f);
    else if (head in STRINGS) text(length(STRINGS[head] ?? 0));
    else if (head >= 0xc0 && head <= 0xdf) at += SCALAR_BYTES[head] ?? Number.NaN;
    if (Number.isNaN(at)) return 'a type that is not allowed, or text that is not UTF-8';
    if (at > bytes.length) return 'ends too early';
  }
  return at === bytes.length ? undefined : 'bytes behind the end';
};
