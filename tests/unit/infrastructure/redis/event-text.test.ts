import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import { eventOf, eventText, topicOf } from '#app/infrastructure/redis/event-text.ts';
import { Acts, aDraft, aGroup, aMemoryWorld } from '../../../support/chat-world.ts';

const change = { conversationId: 'c', rev: 3, at: new Date(5), actorId: 'u' };
const message = {
  ...{ conversationId: 'c', id: 'm', seq: 1, rev: 3, senderId: 'u', type: 'text', replyTo: undefined },
  ...{ sentAt: new Date(1), editedAt: new Date(2), deletedAt: undefined },
  content: { text: 'line one\nline two\u2028 “…” 😀', sentAt: '2026-01-01', at: 'noon' },
};
const membership = {
  conversationId: 'c',
  userId: 'u',
  urev: 4,
  member: true,
  mutedUntil: new Date(9),
  archived: false,
};
const events = [
  { type: 'message.sent', ...change, message },
  { type: 'message.edited', ...change, message },
  { type: 'member.removed', ...change, message, members: [{ userId: 'v', leftRev: 3, joinedAt: new Date(7) }] },
  { type: 'conversation.created', ...change, conversation: { id: 'c', createdAt: new Date(8), deletedAt: undefined } },
  { type: 'membership.joined', userId: 'u', urev: 4, rev: 3, membership },
  { type: 'block.changed', userId: 'u', urev: 5, blockedId: 'v', blocked: true },
  { type: 'message.read', conversationId: 'c', userId: 'u', readSeq: 1, deliveredSeq: 2 },
] as unknown as readonly ChatEvent[];

describe('an event on its way to another node', () => {
  it.each(events.map((event) => [event.type, event] as const))('comes out as it went in: %s', (_type, event) => {
    expect(eventOf(eventText(event))).toEqual(event);
    expect(eventText(event)).not.toMatch(/[\n\r]/);
  });

  it('leaves what users wrote as it is', () => {
    const out = eventOf(eventText(events[0]!)) as unknown as { message: typeof message };
    expect(out.message.content).toStrictEqual(message.content);
  });

  it('says nothing of the connection that asked, which is of this node', () => {
    expect(eventOf(eventText({ ...events[0]!, origin: 'here-1' as never })).origin).toBeUndefined();
  });

  it('is of its conversation, or of its user', () => {
    expect(events.map(topicOf)).toEqual(['c', 'c', 'c', 'c', 'u', 'u', 'c']);
  });

  it('carries what the stores answer, with every instant', async () => {
    const world = await aMemoryWorld();
    const [ann, ben] = [await world.aUser(), await world.aUser()];
    const id = await aGroup(world, ann, [ben]);
    const removed = await new Acts(world.conversations).remove(id, ann, ben);
    await world.log.append(aDraft({ conversationId: id, senderId: ann }));
    for (const event of [removed!.event, ...removed!.userEvents]) expect(eventOf(eventText(event))).toEqual(event);
  });
});
