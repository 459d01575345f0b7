import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';

/** Whose event it is: the conversation's or the user's own. */
export const topicOf = (event: ChatEvent): ConversationId | UserId =>
  'urev' in event ? event.userId : event.conversationId;

/** One line. The connection that asked is of this node and means nothing to others. */
export const eventText = (event: ChatEvent): string =>
  JSON.stringify(event.origin === undefined ? event : { ...event, origin: undefined });

/** @throws SyntaxError; a shape that this version doesn't know comes through, and is for who receives it to skip */
export const eventOf = (text: string): ChatEvent => {
  const event = JSON.parse(text) as Record<string, unknown>;
  revive(event);
  for (const name of ['message', 'conversation', 'membership'] as const) if (event[name]) revive(event[name]);
  if (Array.isArray(event['members'])) event['members'].forEach(revive);
  return event as unknown as ChatEvent; // what nodes of ours wrote
};

/** What is named `at`, `…At` or `…Until` in rows of ours holds an instant. What users wrote lies deeper and stays as it is. */
const revive = (row: unknown): void => {
  const fields = row as Record<string, unknown>;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === 'string' && /^at$|At$|Until$/.test(name)) fields[name] = new Date(value);
  }
};
