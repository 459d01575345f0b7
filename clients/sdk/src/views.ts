import type { ErrorCode } from './link/failures.ts';

// What an application sees. Views are immutable: a change makes a new one, so `===` tells whether something changed
// (React's useSyncExternalStore takes `subscribe` and a getter as they are).

/** Something that changes. The listener is called after each change, at most once per turn of the event loop. */
export interface Observable {
  /** Returns how to leave. */
  subscribe(listener: () => void): () => void;
}

export type Role = 'owner' | 'admin' | 'member';

/** `queued`: here only. `sent`: stored. `delivered`, `read`: by everybody else. `failed`: refused, see `failure`. */
export type SendState = 'queued' | 'sent' | 'delivered' | 'read' | 'failed';

/** What the server wrote into the log by itself; the words are the application's. */
export type Notice =
  | { readonly event: 'conversation.created' }
  | { readonly event: 'conversation.renamed'; readonly title: string }
  | { readonly event: 'members.added'; readonly users: readonly string[] }
  | { readonly event: 'member.removed' | 'member.left'; readonly user: string }
  | { readonly event: 'member.role_changed'; readonly user: string; readonly role: Role };

export interface MessageView {
  /** Stable from the moment it was written, through all states. */
  readonly id: string;
  /** Its place; undefined while it is only here. */
  readonly seq: number | undefined;
  readonly senderId: string;
  readonly mine: boolean;
  /** Types that this version does not know are shown as unsupported. */
  readonly type: 'text' | 'system' | 'image' | 'file' | (string & {});
  /** Of `text`. To be shown as text, never as markup. Undefined once deleted. */
  readonly text: string | undefined;
  readonly notice: Notice | undefined;
  readonly replyTo: number | undefined;
  /** By the server's clock once stored, by this device's before. */
  readonly sentAt: Date;
  readonly edited: boolean;
  readonly deleted: boolean;
  /** Only of one's own messages. */
  readonly state: SendState | undefined;
  /** The server had lost it, and this client had it stored anew, in another place. True as long as the client lives. */
  readonly resent: boolean;
  readonly failure: { readonly code: ErrorCode; readonly rule?: string } | undefined;
}

export interface Unread {
  readonly count: number;
  /** There are more than `count`. */
  readonly more: boolean;
}

export interface ConversationView {
  readonly id: string;
  readonly kind: 'private' | 'group';
  /** Of a group. */
  readonly title: string | undefined;
  /** The other one of a private conversation; `client.users` knows the name. */
  readonly otherId: string | undefined;
  /** One's own. */
  readonly role: Role;
  readonly memberCount: number;
  readonly membersCanInvite: boolean;
  readonly historyVisible: boolean;
  /** Of the last message, stored ones only. */
  readonly seq: number;
  /** The first that one may see. */
  readonly firstSeq: number;
  readonly readSeq: number;
  readonly unread: Unread;
  /** In the future while muted. */
  readonly mutedUntil: Date | undefined;
  readonly archived: boolean;
  /** Those that wait to be sent included. */
  readonly lastMessage: MessageView | undefined;
  readonly activeAt: Date;
}

/** What is loaded of a conversation's log: a window without holes that ends with the newest, then what waits to be sent. */
export interface MessagesView {
  readonly messages: readonly MessageView[];
  /** `closed`: nothing was asked for yet. `failed`: the last page could not be fetched; ask again. */
  readonly loading: 'closed' | 'first' | 'older' | 'failed' | 'idle';
  /** Nothing older is there to be loaded. */
  readonly complete: boolean;
}

export interface MemberView {
  readonly userId: string;
  readonly role: Role;
  /** How far they have read and received; undefined where the conversation is too large to follow. */
  readonly readSeq: number | undefined;
  readonly deliveredSeq: number | undefined;
}

export interface UserView {
  readonly id: string;
  readonly handle: string | undefined;
  readonly displayName: string;
}
