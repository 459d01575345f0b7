import type { Decoded, EventFrame, FrameCodec, ReplyFrame } from '#app/application/ports/frame-codec.ts';
import { decodeJsonObject, isObject } from './json.ts';

/** The id of requests that came without one: replies can't be told apart then, as the client chose. */
export const NO_ID = 0;

/**
 * `{event, headers, input_data}`: the request's id travels in `headers.id`. Answered by
 * `{event: "reply" | "error", headers: {id}, data | error}` and `{event, headers: {}, data}`.
 */
export class EnvelopeCodec implements FrameCodec {
  readonly protocol = 'tertulia.v1.envelope';
  readonly binary = false;

  decode(bytes: Uint8Array): Decoded {
    const parsed = decodeJsonObject(bytes);
    if ('malformed' in parsed) return parsed;
    const { event, headers = {}, input_data: data } = parsed.value;
    if (!isObject(headers)) return { malformed: 'headers is not an object' };
    const { id = NO_ID, ...rest } = headers;
    return { id, type: event, data, headers: rest };
  }

  encode(frame: ReplyFrame | EventFrame) {
    if ('type' in frame) return JSON.stringify({ event: frame.type, headers: {}, data: frame.data });
    const { id, ok, data, error } = frame;
    return JSON.stringify({ event: ok ? 'reply' : 'error', headers: id === null ? {} : { id }, data, error });
  }
}
