export interface Piece {
  readonly piece: Buffer;
  /** A whole text or binary message; everything else is passed as it comes. */
  readonly isMessage: boolean;
}

/** Splits one direction of a connection into WebSocket frames, once it has become one; other HTTP is passed as it comes. */
export class WebSocketFrames {
  #rest: Buffer = Buffer.alloc(0);
  #state: 'head' | 'frames' | 'other' = 'head';

  split(bytes: Buffer): readonly Piece[] {
    if (this.#state === 'other') return [{ piece: bytes, isMessage: false }];
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const pieces: Piece[] = [];
    if (this.#state === 'head') {
      const end = this.#rest.indexOf('\r\n\r\n');
      const isUpgrade = /\r\nupgrade: websocket\r\n/i.test(this.#rest.toString('latin1', 0, end + 2));
      // What is no upgrade need not wait for its head.
      if (end < 0 || !isUpgrade) {
        if (end >= 0 || !isUpgradeStill(this.#rest)) this.#state = 'other';
        if (this.#state === 'other') pieces.push(this.#take(this.#rest.length, false));
        return pieces;
      }
      pieces.push(this.#take(end + 4, false));
      this.#state = 'frames';
    }
    for (let size; (size = frameSize(this.#rest)) !== undefined; ) pieces.push(this.#take(size, isMessage(this.#rest)));
    return pieces;
  }

  #take(size: number, isMessage: boolean): Piece {
    const piece = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return { piece, isMessage };
  }
}

/** A request for one, or the answer to it, as far as it has come. */
const isUpgradeStill = (head: Buffer): boolean =>
  ['GET ', 'HTTP/1.1 101'].some((start) => start.startsWith(head.toString('latin1', 0, start.length)));

const TEXT = 1;
const BINARY = 2;
const FIN = 0x80;

const isMessage = ([first = 0]: Buffer): boolean => (first & FIN) !== 0 && [TEXT, BINARY].includes(first & 0x0f);

/** Of the first frame; undefined while it is not all there. */
const frameSize = (bytes: Buffer): number | undefined => {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f; // it has two
  const long = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (bytes.length < 2 + long) return undefined;
  const length = long === 0 ? short : long === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const size = 2 + long + (bytes[1]! & FIN ? 4 : 0) + length; // as above
  return bytes.length < size ? undefined : size;
};
