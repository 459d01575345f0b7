import { content, SLOT } from '../template.ts';
import { type Dialect, Kind } from './dialect.ts';

/**
 * As long as Tertulia's `message.created` for the same content, so that both servers move the same bytes
 * (give or take the digits of a counter).
 */
const shape = (conversationId: string, sender: number): string => {
  const id = `${SLOT.idTime}-7000-8000-${SLOT.idCount}`;
  return `{"type":"message.created","data":{"conversationId":"${conversationId}","rev":12345,"message":{"id":"${id}","seq":12345,"rev":12345,"senderId":"${conversationId}","type":"text","content":"${content(sender)}","sentAt":"2026-01-01T00:00:00.000Z"}}}`;
};

/** Whatever a client sends is published to everybody else, unread. */
export const bare: Dialect = {
  path: '/',
  acks: false,
  keepAlive: '',
  pong: '',
  greeting: () => undefined,
  opening: () => ({ open: true }),
  request: ({ conversationId, sender }) => shape(conversationId, sender),
  kind: () => Kind.delivery,
  slot: () => -1,
  seq: () => 0,
};
