import { at, digits, Needle, number } from '../bytes.ts';
import { content, messageId, requestId } from '../template.ts';
import { type Delivery, type Dialect, Kind, type Target } from './dialect.ts';

interface Reply {
  readonly id?: number;
  readonly ok?: boolean;
}

interface Changes {
  readonly data: { readonly rows: readonly { readonly kind: string; readonly message?: Delivery }[] };
}

const seqNeedle = new Needle('"seq":');
const AUTH_ID = 1;
const EVENT = '{"type":"message.created"';
/** What a node read back, because events of other nodes were late or lost. */
const CHANGES = '{"type":"conversation.changes"';
const REPLY = '{"id":1';
/** `{"id":1SSNNNNNNN,"ok":true`: where the slot and the t of true stand. */
const SLOT_AT = 7;
const OK_AT = 22;

const parsed = (text: string): Reply => JSON.parse(text) as Reply;

export const tertulia: Dialect = {
  path: '/v1/ws',
  protocol: 'tertulia.v1',
  acks: true,
  keepAlive: '{"id":2,"type":"ping","data":{}}',
  pong: '',
  greeting: (token) =>
    JSON.stringify({ id: AUTH_ID, type: 'auth', data: { token, device: { name: 'bench', platform: 'node' } } }),
  opening(frame) {
    if (frame === undefined) return { open: false };
    const reply = parsed(frame);
    if (reply.id !== AUTH_ID) return { open: false };
    if (reply.ok !== true) throw new Error(`authentication refused: ${frame}`);
    return { open: true };
  },
  request: ({ conversationId, sender, slot }: Target) =>
    `{"id":${requestId(slot)},"type":"message.send","data":{"conversationId":"${conversationId}","id":"${messageId(sender)}","type":"text","content":"${content(sender)}"}}`,
  kind(buffer, start, end) {
    // Every reply and every event is longer; what is not can be no send's.
    if (end - start < EVENT.length) return Kind.other;
    if (at(buffer, start + 2) !== 0x74) return Kind.ack;
    // `{"type":"message.created"`: the m and the c suffice, no other event has them there.
    if (at(buffer, start + 9) === 0x6d && at(buffer, start + 17) === 0x63) return Kind.delivery;
    return buffer.toString('latin1', start, start + CHANGES.length) === CHANGES ? Kind.deliveries : Kind.other;
  },
  slot(buffer, start, end) {
    const plain = at(buffer, start + REPLY.length - 1) === 0x31 && at(buffer, start + OK_AT) === 0x74;
    if (plain) return digits(buffer, start + SLOT_AT, 2);
    const text = buffer.toString('utf8', start, end);
    const { id, ok } = parsed(text);
    if (id !== undefined && id < 10) return -1; // the reply to a keep-alive
    if (!ok) throw new Error(`refused: ${text}`);
    return Math.floor(Number(id) / 1e7) - 100;
  },
  seq(buffer, start, end) {
    const position = seqNeedle.after(buffer, start, end);
    if (position === -1) throw new Error(`a delivery without seq: ${buffer.toString('utf8', start, end)}`);
    return number(buffer, position, end);
  },
  deliveries: (frame) => (JSON.parse(frame) as Changes).data.rows.flatMap(({ message }) => message ?? []),
};
