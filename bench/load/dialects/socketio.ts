import { at, digits } from '../bytes.ts';
import { content, requestId } from '../template.ts';
import { type Dialect, Kind } from './dialect.ts';

/** `431SSNNNNNNN[{"id"`: where the slot and the i of id stand; a refusal has `{"error"` there. */
const SLOT_AT = 3;
const ID_AT = 15;

/** Socket.IO 5 packets in Engine.IO 4 packets, WebSocket only. */
export const socketio: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  acks: true,
  keepAlive: '',
  pong: '3',
  greeting: () => undefined,
  opening(frame, token) {
    if (frame?.startsWith('0')) return { open: false, send: `40${JSON.stringify({ token })}` };
    if (frame?.startsWith('44')) throw new Error(`connection refused: ${frame}`);
    return { open: frame?.startsWith('40') ?? false };
  },
  request: ({ conversationId, sender, slot }) =>
    `42${requestId(slot)}["send",{"conversationId":"${conversationId}","body":"${content(sender)}"}]`,
  kind(buffer, start) {
    const engine = at(buffer, start);
    if (engine === 0x32) return Kind.ping;
    if (engine !== 0x34) return Kind.other;
    const packet = at(buffer, start + 1);
    return packet === 0x33 ? Kind.ack : packet === 0x32 ? Kind.delivery : Kind.other;
  },
  slot(buffer, start, end) {
    if (at(buffer, start + ID_AT) !== 0x69) throw new Error(`refused: ${buffer.toString('utf8', start, end)}`);
    return digits(buffer, start + SLOT_AT, 2);
  },
  seq: () => 0,
};
