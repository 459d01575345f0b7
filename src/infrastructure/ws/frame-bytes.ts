import type { Frame } from '#app/application/ports/transport.ts';

const FIN = 0x80;
const TEXT = 0x1;
const BINARY = 0x2;
const PONG = 0xa;

const framed = (opcode: number, length: number) => {
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const bytes = Buffer.allocUnsafe(2 + extra + length);
  bytes[0] = FIN | opcode;
  bytes[1] = extra === 0 ? length : extra === 2 ? 126 : 127;
  if (extra === 2) bytes.writeUInt16BE(length, 2);
  if (extra === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  return { bytes, start: 2 + extra };
};

/** A whole server frame as it stands on the wire, so that a thousand subscribers share the same bytes. */
export const frameBytes = (frame: Frame) => {
  if (typeof frame === 'string') {
    const { bytes, start } = framed(TEXT, Buffer.byteLength(frame));
    bytes.write(frame, start);
    return bytes;
  }
  const { bytes, start } = framed(BINARY, frame.byteLength);
  bytes.set(frame, start);
  return bytes;
};

export const pongBytes = (payload: Uint8Array) => {
  const { bytes, start } = framed(PONG, payload.byteLength);
  bytes.set(payload, start);
  return bytes;
};
