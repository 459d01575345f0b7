import { Decoder, Encoder, ExtensionCodec } from '@msgpack/msgpack';
import type { Decoded, EventFrame, FrameCodec, ReplyFrame } from '#app/application/ports/frame-codec.ts';
import { isObject } from './json.ts';
import { misshapenMsgpack } from './msgpack-shape.ts';
import { misshapen } from './shape.ts';

/** No extension type is known, the built-in timestamp neither. */
class NoExtensions extends ExtensionCodec {
  override decode(): never {
    throw new Error('extension types are not allowed');
  }
  override tryToEncode() {
    return null;
  }
}

const textKey = (key: unknown) => {
  if (typeof key !== 'string') throw new Error('keys are strings');
  return key;
};

/** The same frames as JSON's, in MessagePack: maps with string keys, arrays, strings, numbers, booleans, nil. */
export class MsgpackCodec implements FrameCodec {
  readonly protocol = 'tertulia.v1.msgpack';
  readonly binary = true;
  readonly #decoder = new Decoder({ extensionCodec: new NoExtensions(), mapKeyConverter: textKey });
  readonly #encoder = new Encoder({ extensionCodec: new NoExtensions(), ignoreUndefined: true });

  decode(bytes: Uint8Array): Decoded {
    const wrong = misshapenMsgpack(bytes);
    if (wrong !== undefined) return { malformed: wrong };
    let value: unknown;
    try {
      value = this.#decoder.decode(bytes);
    } catch {
      return { malformed: 'not MessagePack' };
    }
    const unsound = misshapen(value);
    if (unsound !== undefined) return { malformed: unsound };
    if (!isObject(value)) return { malformed: 'not an object' };
    const { id, type, data, headers } = value;
    return { id, type, data, headers };
  }

  encode(frame: ReplyFrame | EventFrame) {
    return this.#encoder.encode(frame);
  }
}
