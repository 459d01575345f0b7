import type { ConversationReader } from '#app/application/ports/conversation-reader.ts';
import type { Conversations } from '#app/application/ports/conversations.ts';
import type { Feed } from '#app/application/ports/feed.ts';
import type { MessageLog } from '#app/application/ports/message-log.ts';
import type { Blocks, OwnState } from '#app/application/ports/own-state.ts';
import { token } from './tokens.ts';

// What the chat module takes, besides POSTGRES, EVENT_BUS and RANDOM; registered by whoever composes.
export const CHAT_LIMITS = token<{
  readonly conversationsPerUser: number;
  readonly membersPerGroup: number;
  /** Entries of one page. */
  readonly page: number;
}>('ChatLimits');
export const MESSAGE_LOG = token<MessageLog>('MessageLog');

// What it gives beside its commands.
export const CONVERSATIONS = token<Conversations>('Conversations');
export const CONVERSATION_READER = token<ConversationReader>('ConversationReader');
export const OWN_STATE = token<OwnState>('OwnState');
export const BLOCKS = token<Blocks>('Blocks');
export const FEED = token<Feed>('Feed');
