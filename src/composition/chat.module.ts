import type { DependencyContainer } from 'tsyringe';
import { AddMembers } from '#app/application/chat/add-members.ts';
import { BlockUser } from '#app/application/chat/block-user.ts';
import { ChangeRole } from '#app/application/chat/change-role.ts';
import { CreateGroup } from '#app/application/chat/create-group.ts';
import { DeleteConversation } from '#app/application/chat/delete-conversation.ts';
import { DeleteMessage } from '#app/application/chat/delete-message.ts';
import { EditMessage } from '#app/application/chat/edit-message.ts';
import { GetConversation } from '#app/application/chat/get-conversation.ts';
import { LeaveConversation } from '#app/application/chat/leave-conversation.ts';
import { ListBlocks } from '#app/application/chat/list-blocks.ts';
import { ListConversations } from '#app/application/chat/list-conversations.ts';
import { ListMembers } from '#app/application/chat/list-members.ts';
import { ListReceipts } from '#app/application/chat/list-receipts.ts';
import { MarkDelivered, MarkRead } from '#app/application/chat/mark-read.ts';
import { OpenPrivate } from '#app/application/chat/open-private.ts';
import { ReadHistory } from '#app/application/chat/read-history.ts';
import { RemoveMember } from '#app/application/chat/remove-member.ts';
import { SendMessage } from '#app/application/chat/send-message.ts';
import { SetMembership } from '#app/application/chat/set-membership.ts';
import { Sync } from '#app/application/chat/sync.ts';
import { UpdateConversation } from '#app/application/chat/update-conversation.ts';
import { PostgresBlocks } from '#app/infrastructure/postgres/postgres-blocks.ts';
import { PostgresConversationReader } from '#app/infrastructure/postgres/postgres-conversation-reader.ts';
import { PostgresConversations } from '#app/infrastructure/postgres/postgres-conversations.ts';
import { PostgresFeed } from '#app/infrastructure/postgres/postgres-feed.ts';
import { PostgresOwnState } from '#app/infrastructure/postgres/postgres-own-state.ts';
import { blockList } from '#app/interfaces/commands/block-list.ts';
import { blockSet } from '#app/interfaces/commands/block-set.ts';
import type { AnyCommand } from '#app/interfaces/commands/command.ts';
import { conversationCreate } from '#app/interfaces/commands/conversation-create.ts';
import { conversationDelete } from '#app/interfaces/commands/conversation-delete.ts';
import { conversationDelivered } from '#app/interfaces/commands/conversation-delivered.ts';
import { conversationGet } from '#app/interfaces/commands/conversation-get.ts';
import { conversationLeave } from '#app/interfaces/commands/conversation-leave.ts';
import { conversationList } from '#app/interfaces/commands/conversation-list.ts';
import { conversationOpenPrivate } from '#app/interfaces/commands/conversation-open-private.ts';
import { conversationRead } from '#app/interfaces/commands/conversation-read.ts';
import { conversationReceipts } from '#app/interfaces/commands/conversation-receipts.ts';
import { conversationSettings } from '#app/interfaces/commands/conversation-settings.ts';
import { conversationUpdate } from '#app/interfaces/commands/conversation-update.ts';
import { memberAdd } from '#app/interfaces/commands/member-add.ts';
import { memberList } from '#app/interfaces/commands/member-list.ts';
import { memberRemove } from '#app/interfaces/commands/member-remove.ts';
import { memberSetRole } from '#app/interfaces/commands/member-set-role.ts';
import { messageDelete } from '#app/interfaces/commands/message-delete.ts';
import { messageEdit } from '#app/interfaces/commands/message-edit.ts';
import { messageHistory } from '#app/interfaces/commands/message-history.ts';
import { messageSend } from '#app/interfaces/commands/message-send.ts';
import { sync } from '#app/interfaces/commands/sync.ts';
import {
  BLOCKS,
  CHAT_LIMITS,
  CONVERSATION_READER,
  CONVERSATIONS,
  FEED,
  MESSAGE_LOG,
  OWN_STATE,
} from './chat.tokens.ts';
import { EVENT_BUS, POSTGRES, RANDOM } from './identity.tokens.ts';
import { binder } from './tokens.ts';

/** Conversations and messages. Gives the commands; takes what chat.tokens.ts and identity.tokens.ts name. */
export const chatModule = (container: DependencyContainer): (() => readonly AnyCommand[]) => {
  bindAdapters(container);
  bindMessages(container);
  bindConversations(container);
  bindOwnState(container);
  return () => [...messageCommands(container), ...conversationCommands(container), ...ownCommands(container)];
};

const bindAdapters = (container: DependencyContainer) => {
  const bind = binder(container);
  bind(CONVERSATIONS, (c) => new PostgresConversations(c.resolve(POSTGRES)));
  bind(CONVERSATION_READER, (c) => new PostgresConversationReader(c.resolve(POSTGRES)));
  bind(OWN_STATE, (c) => new PostgresOwnState(c.resolve(POSTGRES)));
  bind(BLOCKS, (c) => new PostgresBlocks(c.resolve(POSTGRES)));
  bind(FEED, (c) => new PostgresFeed(c.resolve(POSTGRES)));
};

const bindMessages = (container: DependencyContainer) => {
  const bind = binder(container);
  bind(SendMessage, (c) => new SendMessage(c.resolve(MESSAGE_LOG), c.resolve(EVENT_BUS)));
  bind(EditMessage, (c) => new EditMessage(c.resolve(CONVERSATIONS), c.resolve(EVENT_BUS)));
  bind(DeleteMessage, (c) => new DeleteMessage(c.resolve(CONVERSATIONS), c.resolve(EVENT_BUS)));
  bind(ReadHistory, (c) => new ReadHistory(c.resolve(CONVERSATION_READER)));
  bind(Sync, (c) => new Sync(c.resolve(FEED)));
};

const bindConversations = (container: DependencyContainer) => {
  const bind = binder(container);
  const changing = (c: DependencyContainer) =>
    [c.resolve(CONVERSATIONS), c.resolve(EVENT_BUS), c.resolve(RANDOM)] as const;
  const opening = (c: DependencyContainer) =>
    [
      c.resolve(CONVERSATIONS),
      c.resolve(CONVERSATION_READER),
      c.resolve(EVENT_BUS),
      c.resolve(RANDOM),
      c.resolve(CHAT_LIMITS).conversationsPerUser,
    ] as const;
  bind(CreateGroup, (c) => new CreateGroup(...opening(c)));
  bind(OpenPrivate, (c) => new OpenPrivate(...opening(c)));
  bind(AddMembers, (c) => new AddMembers(...changing(c), c.resolve(CHAT_LIMITS)));
  bind(RemoveMember, (c) => new RemoveMember(...changing(c)));
  bind(LeaveConversation, (c) => new LeaveConversation(...changing(c)));
  bind(ChangeRole, (c) => new ChangeRole(...changing(c)));
  bind(UpdateConversation, (c) => new UpdateConversation(...changing(c)));
  bind(DeleteConversation, (c) => new DeleteConversation(c.resolve(CONVERSATIONS), c.resolve(EVENT_BUS)));
  bind(ListConversations, (c) => new ListConversations(c.resolve(CONVERSATION_READER)));
  bind(GetConversation, (c) => new GetConversation(c.resolve(CONVERSATION_READER)));
  bind(ListMembers, (c) => new ListMembers(c.resolve(CONVERSATION_READER)));
  bind(ListReceipts, (c) => new ListReceipts(c.resolve(CONVERSATION_READER)));
};

const bindOwnState = (container: DependencyContainer) => {
  const bind = binder(container);
  bind(MarkRead, (c) => new MarkRead(c.resolve(OWN_STATE), c.resolve(EVENT_BUS)));
  bind(MarkDelivered, (c) => new MarkDelivered(c.resolve(OWN_STATE), c.resolve(EVENT_BUS)));
  bind(SetMembership, (c) => new SetMembership(c.resolve(OWN_STATE), c.resolve(EVENT_BUS)));
  bind(BlockUser, (c) => new BlockUser(c.resolve(BLOCKS), c.resolve(EVENT_BUS)));
  bind(ListBlocks, (c) => new ListBlocks(c.resolve(BLOCKS)));
};

const messageCommands = (c: DependencyContainer): readonly AnyCommand[] => [
  messageSend(c.resolve(SendMessage), c.resolve(OpenPrivate)),
  messageEdit(c.resolve(EditMessage)),
  messageDelete(c.resolve(DeleteMessage)),
  messageHistory(c.resolve(ReadHistory), c.resolve(CHAT_LIMITS).page),
  sync(c.resolve(Sync)),
];

const conversationCommands = (c: DependencyContainer): readonly AnyCommand[] => [
  conversationCreate(c.resolve(CreateGroup)),
  conversationOpenPrivate(c.resolve(OpenPrivate)),
  conversationList(c.resolve(ListConversations), c.resolve(CHAT_LIMITS).page),
  conversationGet(c.resolve(GetConversation)),
  conversationUpdate(c.resolve(UpdateConversation)),
  conversationLeave(c.resolve(LeaveConversation)),
  conversationDelete(c.resolve(DeleteConversation)),
  memberList(c.resolve(ListMembers), c.resolve(CHAT_LIMITS).page),
  memberAdd(c.resolve(AddMembers)),
  memberRemove(c.resolve(RemoveMember)),
  memberSetRole(c.resolve(ChangeRole)),
];

const ownCommands = (c: DependencyContainer): readonly AnyCommand[] => [
  conversationRead(c.resolve(MarkRead)),
  conversationDelivered(c.resolve(MarkDelivered)),
  conversationReceipts(c.resolve(ListReceipts), c.resolve(CHAT_LIMITS).page),
  conversationSettings(c.resolve(SetMembership)),
  blockSet(c.resolve(BlockUser)),
  blockList(c.resolve(ListBlocks), c.resolve(CHAT_LIMITS).page),
];
