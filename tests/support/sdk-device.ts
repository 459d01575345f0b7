import {
  type Client,
  type Conversation,
  createClient,
  type Incoming,
  type MessageView,
} from '../../clients/sdk/src/index.ts';
import type { ConversationRow, MemberRow, MessageRow } from './held.ts';

/** One conversation as a client shows it, or as a fresh fetch has it. */
export interface Seen {
  readonly id: string;
  readonly title: unknown;
  readonly messages: readonly object[];
  readonly members: readonly object[];
  readonly unread: number;
  readonly readSeq: number;
  readonly firstSeq: number;
  readonly memberCount: number;
  readonly last: string | undefined;
}

/** A client of the SDK, with everything open and loaded. */
export class SdkDevice {
  readonly client: Client;
  /** New messages by others, as they were told. */
  readonly heard: Incoming[] = [];

  constructor(url: string, token: string) {
    this.client = createClient({ url, auth: token });
    this.client.on('message', (incoming) => this.heard.push(incoming));
  }

  /** Every conversation open and loaded to its beginning. */
  async load(): Promise<void> {
    await this.client.ready;
    await Promise.all(this.client.conversations.all.map((conversation) => loaded(conversation)));
  }

  /** What was refused for good is shown until the user takes it back. */
  async discardFailed(): Promise<void> {
    for (const conversation of this.client.conversations.all)
      for (const { id, state } of conversation.messages.messages)
        if (state === 'failed') await conversation.discard(id);
  }

  /** `seq` of what was told of a conversation. */
  heardOf(id: string): readonly number[] {
    return this.heard.filter(({ conversation }) => conversation.id === id).map(({ message }) => message.seq ?? 0);
  }

  get seen(): readonly Seen[] {
    return this.client.conversations.all.map(seenIn).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }
}

const loaded = async (conversation: Conversation): Promise<void> => {
  try {
    await Promise.all([conversation.open(), conversation.loadMembers()]);
    while (!conversation.messages.complete) await conversation.loadOlder();
  } catch {
    // removed meanwhile, or begun anew: it is compared all the same
  }
};

const seenIn = ({ view, messages, members }: Conversation): Seen => ({
  id: view.id,
  title: view.title,
  messages: messages.messages.map(messageSeen),
  members: members.map(({ userId, role }) => ({ userId, role })),
  unread: view.unread.count,
  readSeq: view.readSeq,
  firstSeq: view.firstSeq,
  memberCount: view.memberCount,
  last: view.lastMessage?.id,
});

const messageSeen = ({ id, seq, senderId, type, text, notice, replyTo, edited, deleted }: MessageView) => ({
  ...{ id, seq, senderId, type, content: text ?? notice, replyTo, edited, deleted },
});

interface Fetched {
  readonly id: string;
  readonly conversation: ConversationRow;
  readonly messages: readonly MessageRow[];
  readonly members: readonly MemberRow[];
  readonly own: { readonly readSeq: number; readonly firstSeq: number } | undefined;
  readonly unread: number;
}

/** What a fresh fetch says, in the same words. */
export const fetchedAs = ({ id, conversation, messages, members, own, unread }: Fetched): Seen => ({
  id,
  title: conversation['title'],
  messages: messages.map(({ id, seq, senderId, type, content, replyTo, editedAt, deletedAt }) => ({
    ...{ id, seq, senderId, type, content, replyTo },
    edited: editedAt !== undefined,
    deleted: deletedAt !== undefined,
  })),
  members: members.map(({ userId, role }) => ({ userId, role })),
  unread,
  readSeq: own?.readSeq ?? 0,
  firstSeq: own?.firstSeq ?? 0,
  memberCount: members.length,
  last: messages.at(-1)?.id,
});
