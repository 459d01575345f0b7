import type { ConversationView, MemberView, MessagesView, MessageView, Observable, Role } from './views.ts';

export interface SendOptions {
  /** `seq` of the message that this one answers. */
  readonly replyTo?: number;
  /** A UUIDv7 of one's own choice, where the same message may be written again after a crash. Sent again it is the same message. */
  readonly id?: string;
}

/**
 * One conversation, the same object as long as it exists for this user. Commands reject with Refused as the server
 * answered, and with Lost when there is no connection or it ended before the answer; only what is sent waits for one.
 */
export interface Conversation extends Observable {
  readonly id: string;
  readonly view: ConversationView;
  /** Filled by `open`. */
  readonly messages: MessagesView;
  /** By user id; filled by `loadMembers`. */
  readonly members: readonly MemberView[];

  /**
   * Loads the newest messages and keeps them live; resolves when they are there, however many connections that takes.
   * A second call does nothing more. @throws Refused `not_found` when one is no member any more; Lost when the client is closed
   */
  open(): Promise<void>;
  /** Nobody looks any more: all but the newest 200 messages may be forgotten. */
  close(): void;
  /** One page further back. One at a time: a second call waits for the first. Does nothing when complete. */
  loadOlder(): Promise<void>;
  /** Pages back until `seq` is there; gives up after 20 pages. */
  loadBackTo(seq: number): Promise<void>;
  /** Loads all members and keeps them live. */
  loadMembers(): Promise<void>;

  /**
   * Writes a message: it is in `messages` at once, and goes out as soon as it can, in the order of the calls.
   * Resolves with it when it is kept in the outbox, whether there is a connection or not.
   * @throws Refused `invalid` or `too_large` for a text that nobody would take; what the outbox throws when it can't keep it.
   * Then nothing is left behind.
   */
  send(text: string, options?: SendOptions): Promise<MessageView>;
  /** Resolves when a message of this client is stored by the server. @throws Refused when it has failed for good or was discarded */
  sent(id: string): Promise<MessageView>;
  /** Sends a failed message again. Does nothing for any other. */
  retry(id: string): Promise<void>;
  /** Takes back what is failed or queued. @throws Refused `conflict` when it has gone out on this connection and has no answer yet */
  discard(id: string): Promise<void>;
  edit(id: string, text: string): Promise<void>;
  /** For everybody. */
  delete(id: string): Promise<void>;
  /**
   * Everything up to `seq` was seen (up to the newest when absent). `view` shows it at once; the server is told soon,
   * at most once a second, and again after a lost connection. Never goes back.
   */
  markRead(seq?: number): void;

  rename(title: string): Promise<void>;
  update(policies: { readonly membersCanInvite?: boolean; readonly historyVisible?: boolean }): Promise<void>;
  /** All of them or none. */
  addMembers(userIds: readonly string[]): Promise<void>;
  removeMember(userId: string): Promise<void>;
  setRole(userId: string, role: Role): Promise<void>;
  leave(): Promise<void>;
  deleteForEverybody(): Promise<void>;
  /** Undefined unmutes. */
  mute(until: Date | undefined): Promise<void>;
  archive(archived: boolean): Promise<void>;
}

export interface NewGroup {
  readonly title: string;
  /** User ids; oneself is a member anyway. */
  readonly members: readonly string[];
  /** Whether plain members may add others; no, when absent. */
  readonly membersCanInvite?: boolean;
  /** Whether who joins later sees what was written before; yes, when absent. */
  readonly historyVisible?: boolean;
}

export interface Conversations extends Observable {
  /** The newest activity first, archived ones included; the same array until something changes. */
  readonly all: readonly Conversation[];
  /** False until the last page of the list has come. */
  readonly loaded: boolean;
  /** Over all that are neither muted nor archived. */
  readonly unread: number;
  get(id: string): Conversation | undefined;
  /** The private conversation with a user, found or made. */
  with(userId: string): Promise<Conversation>;
  create(group: NewGroup): Promise<Conversation>;
}
