/** A byte that is known to be there: the one place where an index is trusted, because a check per byte would cost more than the rest. */
export const at = (bytes: Uint8Array, index: number): number => bytes[index] as number;

export function digits(bytes: Uint8Array, start: number, width: number): number {
  let value = 0;
  for (let i = start; i < start + width; i++) value = value * 10 + at(bytes, i) - 0x30;
  return value;
}

export function writeDigits(bytes: Uint8Array, start: number, width: number, value: number): void {
  let rest = value;
  for (let i = start + width - 1; i >= start; i--) {
    bytes[i] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

/** Digits until something else comes. */
export function number(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = at(bytes, i) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * Finds a needle that stands at nearly the same place in every frame: looks where it was last, and one byte on
 * (a counter grew a digit), before it searches.
 */
export class Needle {
  readonly #bytes: Buffer;
  #last = 0;

  constructor(text: string) {
    this.#bytes = Buffer.from(text, 'latin1');
  }

  /** The offset just behind the needle, or -1. */
  after(buffer: Buffer, start: number, end: number): number {
    const { length } = this.#bytes;
    for (let guess = this.#last; guess <= this.#last + 1; guess++) {
      if (start + guess + length <= end && this.#matches(buffer, start + guess))
        return this.#found(guess, start, length);
    }
    const found = buffer.indexOf(this.#bytes, start);
    return found === -1 || found + length > end ? -1 : this.#found(found - start, start, length);
  }

  #found(offset: number, start: number, length: number): number {
    this.#last = offset;
    return start + offset + length;
  }

  #matches(buffer: Buffer, position: number): boolean {
    for (let i = 0; i < this.#bytes.length; i++) if (buffer[position + i] !== this.#bytes[i]) return false;
    return true;
  }
}
