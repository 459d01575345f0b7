import { at } from './bytes.ts';

export const TEXT = 0x1;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** `buffer` is shared and valid only until this returns. */
export type OnFrame = (opcode: number, buffer: Buffer, start: number, end: number) => void;

/**
 * A client's frame. The key of the mask is 0,0,0,0: legal, the server unmasks as always, and the generator may patch
 * a frame in place and send it again.
 */
export function clientFrame(payload: string | Buffer, opcode = TEXT): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const head = body.length < 126 ? [body.length | 0x80] : [126 | 0x80, body.length >> 8, body.length & 0xff];
  if (body.length > 0xffff) throw new Error('the generator sends no frame above 64 KiB');
  return Buffer.concat([Buffer.from([0x80 | opcode, ...head, 0, 0, 0, 0]), body]);
}

/** Cuts a server's byte stream into frames, in place; only a frame split over two reads is copied. */
export class FrameReader {
  #rest: Buffer | undefined;

  /** Takes the first `length` bytes of a buffer that the caller may overwrite afterwards. */
  read(chunk: Buffer, length: number, onFrame: OnFrame): void {
    const buffer = this.#rest ? Buffer.concat([this.#rest, chunk.subarray(0, length)]) : chunk;
    const limit = this.#rest ? buffer.length : length;
    this.#rest = undefined;
    const position = this.#frames(buffer, limit, onFrame);
    if (position < limit) this.#rest = Buffer.from(buffer.subarray(position, limit));
  }

  #frames(buffer: Buffer, limit: number, onFrame: OnFrame): number {
    let position = 0;
    while (position + 2 <= limit) {
      const head = at(buffer, position);
      const short = at(buffer, position + 1);
      const start = position + (short < 126 ? 2 : short === 126 ? 4 : 10);
      if (start > limit) break;
      const length =
        short < 126
          ? short
          : short === 126
            ? (at(buffer, position + 2) << 8) | at(buffer, position + 3)
            : Number(buffer.readBigUInt64BE(position + 2));
      if (start + length > limit) break;
      if ((head & 0xf0) !== 0x80 || short > 127)
        throw new Error(`a fragmented, compressed or masked frame (first byte ${head})`);
      onFrame(head & 0xf, buffer, start, start + length);
      position = start + length;
    }
    return position;
  }
}
