import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS = 256;
/** The most frequent colours: plain surfaces, which keep theirs to the bit. */
const KEPT = 64;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Three bytes a pixel. */
  readonly pixels: Buffer;
}

/** The same picture in at most 256 colours: a third of the size, and hard to tell from it where surfaces are plain. */
export const withPalette = (png: Buffer): Buffer => {
  const picture = decoded(png);
  const counted = histogram(picture).toSorted(([, a], [, b]) => b - a);
  const boxes = [...counted.slice(0, KEPT).map((one) => [one]), ...cut(counted.slice(KEPT), COLOURS - KEPT)];
  const indexOf = new Map(boxes.flatMap((box, index) => box.map(([colour]) => [colour, index] as const)));
  const rows = Buffer.alloc((picture.width + 1) * picture.height); // each begins with its filter: none
  for (let y = 0, at = 0; y < picture.height; y++)
    for (let x = 0; x < picture.width; x++, at += 3)
      rows[y * (picture.width + 1) + 1 + x] = indexOf.get(picture.pixels.readUIntBE(at, 3))!; // it was counted
  const header = Buffer.from(png.subarray(16, 29));
  header[9] = 3; // indexed
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.concat(boxes.map(middle))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};

/** As browsers write them: eight bits, red, green and blue with or without alpha, not interlaced. */
const decoded = (png: Buffer): Picture => {
  const [width, height, channels] = [png.readUInt32BE(16), png.readUInt32BE(20), png[25] === 6 ? 4 : 3];
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const lines = unfiltered(inflateSync(Buffer.concat(parts)), width * channels, height, channels);
  if (channels === 3) return { width, height, pixels: lines };
  const pixels = Buffer.alloc(width * height * 3);
  for (let n = 0; n < width * height; n++) lines.copy(pixels, n * 3, n * 4, n * 4 + 3);
  return { width, height, pixels };
};

/** Undoes what each line says was done to it (PNG specification, 9.2). */
const unfiltered = (raw: Buffer, length: number, height: number, step: number): Buffer => {
  const out = Buffer.alloc(length * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (length + 1)]!;
    for (let x = 0; x < length; x++) {
      const at = y * length + x;
      const left = x >= step ? out[at - step]! : 0;
      const up = y > 0 ? out[at - length]! : 0;
      const corner = x >= step && y > 0 ? out[at - length - step]! : 0;
      out[at] = raw[y * (length + 1) + 1 + x]! + predicted(filter, left, up, corner);
    }
  }
  return out;
};

const predicted = (filter: number, left: number, up: number, corner: number): number => {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter === 0) return 0;
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
};

type Counted = readonly [colour: number, count: number];

const histogram = ({ pixels }: Picture): Counted[] => {
  const counts = new Map<number, number>();
  for (let at = 0; at < pixels.length; at += 3) {
    const colour = pixels.readUIntBE(at, 3);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return [...counts];
};

const channelOf = (colour: number, channel: number) => (colour >> (16 - 8 * channel)) & 255;

/** Median cut: the box with the widest channel is halved until there are enough. */
const cut = (colours: Counted[], enough: number): Counted[][] => {
  const boxes = colours.length > 0 ? [colours] : [];
  while (boxes.length > 0 && boxes.length < enough) {
    const widths = boxes.map((box) => widest(box));
    const next = widths.reduce((best, { width }, index) => (width > widths[best]!.width ? index : best), 0);
    const { channel, width } = widths[next]!;
    if (width === 0) break;
    const box = boxes[next]!.toSorted(([a], [b]) => channelOf(a, channel) - channelOf(b, channel));
    const half = box.length >> 1;
    boxes.splice(next, 1, box.slice(0, half), box.slice(half));
  }
  return boxes;
};

const widest = (box: readonly Counted[]): { readonly channel: number; readonly width: number } => {
  const widths = [0, 1, 2].map((channel) => {
    let [low, high] = [255, 0];
    for (const [colour] of box) {
      const value = channelOf(colour, channel);
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return { channel, width: high - low };
  });
  return widths.toSorted((a, b) => b.width - a.width)[0]!;
};

/** The colour of a box that is seen most. */
const middle = (box: readonly Counted[]): Buffer => {
  const [colour] = box.reduce((most, one) => (one[1] > most[1] ? one : most));
  const bytes = Buffer.alloc(3);
  bytes.writeUIntBE(colour, 0, 3);
  return bytes;
};

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
};
