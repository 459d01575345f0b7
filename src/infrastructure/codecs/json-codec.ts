import type { Decoded, EventFrame, FrameCodec, ReplyFrame } from '#app/application/ports/frame-codec.ts';
import { decodeJsonObject } from './json.ts';

/** `{id, type, data}`, answered by `{id, ok, data | error}` and `{type, data}`: the protocol's own dialect. */
export class JsonCodec implements FrameCodec {
  readonly protocol = 'tertulia.v1';
  readonly binary = false;

  decode(bytes: Uint8Array): Decoded {
    const parsed = decodeJsonObject(bytes);
    if ('malformed' in parsed) return parsed;
    const { id, type, data, headers } = parsed.value;
    return { id, type, data, headers };
  }

  encode(frame: ReplyFrame | EventFrame) {
    return JSON.stringify(frame);
  }
}
