import type { Decoded, EventFrame, FrameCodec, ReplyFrame } from '#app/application/ports/frame-codec.ts';
import { NO_ID } from './envelope-codec.ts';
import { decodeJsonObject } from './json.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The flat dialect `{type, …}`, answered by `{success: true, data}` and `{success: false, error: TEXT, code, …}`; events
 * are `{type, data}`. An `id` is echoed if there is one. `auth`, `message`, `read` and `ping` are names for commands of
 * ours; any other type is taken as the command's own name, and the fields beside it as its data.
 *
 * Not expressible: a retry, unless the client sends a `message_id` (the codec makes one otherwise, so a second try is a
 * second message); `read` by the id of a message (cursors are positions: send `seq`).
 */
export class SimpleCodec implements FrameCodec {
  readonly protocol = 'tertulia.v1.simple';
  readonly binary = false;

  constructor(
    /** Makes a UUIDv7. */
    private readonly newId: () => string,
  ) {}

  decode(bytes: Uint8Array): Decoded {
    const parsed = decodeJsonObject(bytes);
    if ('malformed' in parsed) return parsed;
    const { id = NO_ID, type, ...fields } = parsed.value;
    if (type === 'message') return { id, type: 'message.send', data: this.#message(fields) };
    if (type === 'read') return { id, type: 'conversation.read', data: read(fields) };
    return { id, type, data: fields };
  }

  encode(frame: ReplyFrame | EventFrame) {
    if ('type' in frame) return JSON.stringify(frame);
    const id = frame.id ?? undefined;
    if (frame.ok) return JSON.stringify({ success: true, id, data: frame.data });
    const { message, ...error } = frame.error as { readonly message?: string };
    return JSON.stringify({ success: false, id, error: message, ...error });
  }

  #message({ to, conversation_id, content, message_type, message_id, reply_to }: Fields) {
    const id = message_id ?? this.newId();
    return { id, to, conversationId: conversation_id, type: message_type, content, replyTo: reply_to };
  }
}

const read = ({ conversation_id, seq }: Fields) => ({ conversationId: conversation_id, readSeq: seq });
