// Generated from the catalogue of the server (tests/unit/docs/client-types.test.ts, run with -u). Not to be edited.

export interface MessageRow {
  readonly id: string;
  readonly seq: number;
  readonly rev: number;
  readonly senderId: string;
  readonly type: 'text' | 'system' | 'image' | 'file';
  readonly content?: string | {
    readonly event: 'conversation.created';
  } | {
    readonly event: 'conversation.renamed';
    readonly title: string;
  } | {
    readonly event: 'members.added';
    readonly users: readonly string[];
  } | {
    readonly event: 'member.removed';
    readonly user: string;
  } | {
    readonly event: 'member.left';
    readonly user: string;
  } | {
    readonly event: 'member.role_changed';
    readonly user: string;
    readonly role: 'owner' | 'admin' | 'member';
  };
  readonly replyTo?: number;
  readonly sentAt: string;
  readonly editedAt?: string;
  readonly deletedAt?: string;
}

export interface MemberRow {
  readonly userId: string;
  readonly role: 'owner' | 'admin' | 'member';
  readonly rev: number;
  readonly joinedAt: string;
  readonly left?: true;
}

export interface ConversationRow {
  readonly id: string;
  readonly kind: 'private' | 'group';
  readonly title?: string;
  readonly rev: number;
  readonly membersCanInvite: boolean;
  readonly historyVisible: boolean;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly deletedAt?: string;
}

export interface MembershipRow {
  readonly conversationId: string;
  readonly urev: number;
  readonly member: boolean;
  readonly firstSeq: number;
  readonly readSeq: number;
  readonly unread: {
    readonly count: number;
    readonly more: boolean;
  };
  readonly mutedUntil?: string;
  readonly archived: boolean;
}

export interface ReceiptRow {
  readonly userId: string;
  readonly readSeq: number;
  readonly deliveredSeq: number;
}

export interface ListedRow {
  readonly conversation: ConversationRow;
  readonly seq: number;
  readonly rev: number;
  readonly memberCount: number;
  readonly role: 'owner' | 'admin' | 'member';
  readonly membership: MembershipRow;
  readonly otherId?: string;
  readonly lastMessage?: MessageRow;
  readonly activeAt: string;
}

export type AnyRow = {
  readonly kind: 'message';
  readonly message: MessageRow;
} | {
  readonly kind: 'member';
  readonly member: MemberRow;
} | {
  readonly kind: 'conversation';
  readonly conversation: ConversationRow;
};

export type OwnRow = {
  readonly kind: 'membership';
  readonly membership: MembershipRow;
} | {
  readonly kind: 'block';
  readonly userId: string;
  readonly blocked: boolean;
  readonly urev: number;
} | {
  readonly kind: 'profile';
  readonly handle?: string;
  readonly displayName: string;
  readonly urev: number;
};

export interface ProfileRow {
  readonly id: string;
  readonly handle?: string;
  readonly displayName: string;
}

export interface MeRow {
  readonly id: string;
  readonly handle?: string;
  readonly displayName: string;
  readonly email?: string;
  readonly emailConfirmed: boolean;
  readonly lastSeenVisible: boolean;
  readonly createdAt: string;
  readonly urev: number;
}

export interface TokensRow {
  readonly session: {
    readonly id: string;
  };
  readonly accessToken: string;
  readonly accessTokenExpiresAt: string;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: string;
}

export interface WelcomeRow {
  readonly user: MeRow;
  readonly session: {
    readonly id: string;
  };
  readonly accessToken: string;
  readonly accessTokenExpiresAt: string;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: string;
}

export interface SessionRow {
  readonly id: string;
  readonly kind: 'session' | 'guest';
  readonly device?: {
    readonly name: string;
    readonly platform: string;
    readonly version: string;
  };
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
  readonly current: boolean;
}

export interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly expiresAt?: string;
}

/** Every command. Interfaces, so that the commands of a host program can be merged in (`tertulia-client-types`). */
export interface Commands {
  /** Makes a key with which a program acts as you; it is shown this once. */
  'api_key.create': {
    readonly input: {
      readonly name: string;
      readonly ttlSeconds?: number | undefined;
    };
    readonly output: {
      readonly apiKey: ApiKeyRow;
      readonly secret: string;
    };
  };
  /** Your API keys, newest first, without their secrets. */
  'api_key.list': {
    readonly input: Readonly<Record<string, never>>;
    readonly output: {
      readonly apiKeys: readonly ApiKeyRow[];
    };
  };
  /** Ends one of your API keys and closes its sockets. */
  'api_key.revoke': {
    readonly input: {
      readonly apiKeyId: string;
    };
    readonly output: Readonly<Record<string, never>>;
  };
  /** Says who speaks on this connection; the first frame, and later again to renew the token. */
  auth: {
    readonly input: {
      readonly token: string;
      readonly device?: {
        readonly name?: string | undefined;
        readonly platform?: string | undefined;
        readonly version?: string | undefined;
      } | undefined;
    };
    readonly output: {
      readonly userId: string;
      readonly sessionId?: string;
      readonly expiresAt?: number;
      readonly epoch: string;
      readonly urev: number;
      readonly serverTime: number;
      readonly featureLevel: number;
      readonly timings: {
        readonly pingMs: number;
        readonly typingMs: number;
        readonly typingExpiresMs: number;
      };
      readonly limits: {
        readonly frameBytes: number;
        readonly textCodePoints: number;
        readonly page: number;
        readonly membersPerGroup: number;
        readonly usersPerCommand: number;
        readonly conversationsPerUser: number;
        readonly inFlight: number;
        readonly unread: number;
        readonly syncCursors: number;
        readonly watchedUsers: number;
        readonly sendBurst: number;
        readonly sendsPerMinute: number;
      };
    };
  };
  /** Whom you have blocked, by user id. */
  'block.list': {
    readonly input: {
      readonly limit?: number | undefined;
      readonly after?: string | undefined;
    };
    readonly output: {
      readonly blocks: ReadonlyArray<{
        readonly userId: string;
        readonly since: string;
      }>;
      readonly more: boolean;
    };
  };
  /** Blocks a user, or lifts the block: no private messages either way, and neither adds the other to a group. */
  'block.set': {
    readonly input: {
      readonly userId: string;
      readonly blocked: boolean;
    };
    readonly output: Readonly<Record<string, never>>;
  };
  /** Begins a group. The same id again by the same user answers the group that is there. */
  'conversation.create': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly id: string;
      /** 1 to 128 visible characters */
      readonly title: string;
      readonly users?: readonly string[] | undefined;
      readonly membersCanInvite?: boolean | undefined;
      readonly historyVisible?: boolean | undefined;
    };
    readonly output: ListedRow;
  };
  /** Ends a group for everybody, as its owner. */
  'conversation.delete': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
    };
    readonly output: Readonly<Record<string, never>>;
  };
  /** Everything up to `deliveredSeq` has reached one of your devices. */
  'conversation.delivered': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      readonly deliveredSeq: number;
    };
    readonly output: Readonly<Record<string, never>>;
  };
  /** One line of your list. */
  'conversation.get': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
    };
    readonly output: ListedRow;
  };
  /** Leaves a group. The last owner makes somebody else one first. */
  'conversation.leave': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
    };
    readonly output: Readonly<Record<string, never>>;
  };
  /** Your conversations, the latest activity first, each with its last message and what you have not read. */
  'conversation.list': {
    readonly input: {
      readonly limit?: number | undefined;
      /** the `next` of the last page */
      readonly after?: string | undefined;
      readonly archived?: boolean | undefined;
    };
    readonly output: {
      readonly conversations: readonly ListedRow[];
      readonly next?: string;
    };
  };
  /** Finds your private conversation with another user, or begins it. */
  'conversation.open_private': {
    readonly input: {
      readonly userId: string;
    };
    readonly output: ListedRow;
  };
  /** You have read up to `readSeq`. Never goes back, and not past the last message. */
  'conversation.read': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      readonly readSeq: number;
    };
    readonly output: {
      readonly membership: MembershipRow;
    };
  };
  /** How far each member has read and received; with `readSince`, who has read that message. */
  'conversation.receipts': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      readonly readSince?: number | undefined;
      readonly limit?: number | undefined;
      readonly after?: string | undefined;
    };
    readonly output: {
      readonly receipts: readonly ReceiptRow[];
      readonly more: boolean;
    };
  };
  /** Mutes or archives a conversation for yourself, on all your devices. */
  'conversation.settings': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      readonly mutedUntil?: string | null | undefined;
      readonly archived?: boolean | undefined;
    };
    readonly output: {
      readonly membership: MembershipRow;
    };
  };
  /** Changes a group’s title or policies, as owner or admin. */
  'conversation.update': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      /** 1 to 128 visible characters */
      readonly title?: string | undefined;
      readonly membersCanInvite?: boolean | undefined;
      readonly historyVisible?: boolean | undefined;
    };
    readonly output: {
      readonly conversation: ConversationRow;
    };
  };
  /** The conversation that the user looks at on this connection; null: none. It decides who hears of typing. */
  focus: {
    readonly input: {
      readonly conversationId: string | null;
    };
    readonly output: Readonly<Record<string, never>>;
  };
  /** Adds users to a group, all of them or none; answers those who were no members before. */
  'member.add': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      readonly users: readonly string[];
    };
    readonly output: {
      readonly members: readonly MemberRow[];
    };
  };
  /** The members of now, by user id. */
  'member.list': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      readonly limit?: number | undefined;
      readonly after?: string | undefined;
    };
    readonly output: {
      readonly members: readonly MemberRow[];
      readonly more: boolean;
    };
  };
  /** Removes a member from a group, as owner or admin; admins and owners only as owner. */
  'member.remove': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      readonly userId: string;
    };
    readonly output: Readonly<Record<string, never>>;
  };
  /** Gives a member another role, as owner. A group keeps at least one owner. */
  'member.set_role': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      readonly userId: string;
      readonly role: 'owner' | 'admin' | 'member';
    };
    readonly output: {
      readonly member: MemberRow;
    };
  };
  /** Deletes a message for everybody: your own, or in a group any as owner or admin. A tombstone stays. */
  'message.delete': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      /** a UUIDv7, in any case */
      readonly id: string;
    };
    readonly output: {
      readonly message: MessageRow;
    };
  };
  /** Gives your own message other words. */
  'message.edit': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      /** a UUIDv7, in any case */
      readonly id: string;
      /** at least one visible character, at most 5000 code points; kept as sent */
      readonly content: string;
      readonly knownRev?: number | undefined;
    };
    readonly output: {
      readonly message: MessageRow;
    };
  };
  /** A window of the log by `seq`, ascending: below `before`, above `after`, or the newest. */
  'message.history': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      readonly before?: number | undefined;
      readonly after?: number | undefined;
      readonly limit?: number | undefined;
    };
    readonly output: {
      readonly messages: readonly MessageRow[];
      readonly more: boolean;
    };
  };
  /** Appends a message; the answer means that it is stored. The same id again gets the same answer, marked `duplicate`. */
  'message.send': {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly id: string;
      /** a UUIDv7, in any case */
      readonly conversationId?: string | undefined;
      readonly to?: string | undefined;
      readonly type?: 'text' | 'system' | 'image' | 'file' | undefined;
      /** at least one visible character, at most 5000 code points; kept as sent */
      readonly content: string;
      readonly replyTo?: number | undefined;
    };
    readonly output: {
      readonly conversationId: string;
      readonly seq: number;
      readonly rev: number;
      readonly sentAt: string;
      readonly duplicate: boolean;
    };
  };
  /** Shows that both sides are alive; answers the server’s time. */
  ping: {
    readonly input: Readonly<Record<string, never>>;
    readonly output: {
      readonly timestamp: number;
    };
  };
  /** Whether somebody is at this device; a new connection is `online` until it says otherwise. */
  'presence.set': {
    readonly input: {
      readonly status: 'online' | 'away';
    };
    readonly output: Readonly<Record<string, never>>;
  };
  /** From now on this connection is told of the presence of these users and of no others; those with whom you share no conversation look offline. */
  'presence.watch': {
    readonly input: {
      readonly users: readonly string[];
    };
    readonly output: {
      readonly users: ReadonlyArray<{
        readonly userId: string;
        readonly status: 'online' | 'away' | 'offline';
        readonly lastSeen?: string;
      }>;
    };
  };
  /** Begins a session without an account, where the server allows it. */
  'session.guest': {
    readonly input: {
      /** 1 to 64 visible characters */
      readonly displayName: string;
      readonly device?: {
        readonly name?: string | undefined;
        readonly platform?: string | undefined;
        readonly version?: string | undefined;
      } | undefined;
    };
    readonly output: WelcomeRow;
  };
  /** Your sessions with their devices, used last first. */
  'session.list': {
    readonly input: Readonly<Record<string, never>>;
    readonly output: {
      readonly sessions: readonly SessionRow[];
    };
  };
  /** Begins a session by handle, or confirmed mail address, and password. */
  'session.login': {
    readonly input: {
      /** a handle or a confirmed mail address */
      readonly login: string;
      readonly password: string;
      readonly device?: {
        readonly name?: string | undefined;
        readonly platform?: string | undefined;
        readonly version?: string | undefined;
      } | undefined;
    };
    readonly output: WelcomeRow;
  };
  /** Ends the session that asks; its tokens are worth nothing from now on, and its sockets are closed. */
  'session.logout': {
    readonly input: Readonly<Record<string, never>>;
    readonly output: Readonly<Record<string, never>>;
  };
  /** Exchanges a refresh token, which works once, for new tokens; a spent one ends its session, unless the answer was lost a moment ago. */
  'session.refresh': {
    readonly input: {
      readonly refreshToken: string;
    };
    readonly output: TokensRow;
  };
  /** Ends one of your sessions and closes its sockets. */
  'session.revoke': {
    readonly input: {
      readonly sessionId: string;
    };
    readonly output: Readonly<Record<string, never>>;
  };
  /** Ends all your sessions, the one that asks included. */
  'session.revoke_all': {
    readonly input: Readonly<Record<string, never>>;
    readonly output: {
      readonly ended: number;
    };
  };
  /** Ends all your sessions but the one that asks. */
  'session.revoke_others': {
    readonly input: Readonly<Record<string, never>>;
    readonly output: {
      readonly ended: number;
    };
  };
  /** Catches up after being away: the rows that changed after your cursors, in their present state. */
  sync: {
    readonly input: {
      readonly epoch: string;
      readonly urev: number;
      readonly cursors: ReadonlyArray<readonly [string, number]>;
      readonly next?: string | undefined;
    };
    readonly output: {
      readonly epoch: string;
      readonly reset: boolean;
      readonly user?: {
        readonly upTo: number;
        readonly rows: readonly OwnRow[];
        readonly more: boolean;
        readonly reset: boolean;
      };
      readonly conversations: ReadonlyArray<{
        readonly id: string;
        readonly upTo: number;
        readonly rows: readonly AnyRow[];
        readonly more: boolean;
      } | {
        readonly id: string;
        readonly gap: true;
        readonly upTo: number;
      } | {
        readonly id: string;
        readonly reset: true;
        readonly upTo: number;
      } | {
        readonly id: string;
        readonly gone: true;
      }>;
      readonly next?: string;
      readonly caughtUp: boolean;
    };
  };
  /** You type there, or have stopped. Say it again every `timings.typingMs` while it goes on. */
  typing: {
    readonly input: {
      /** a UUIDv7, in any case */
      readonly conversationId: string;
      readonly active: boolean;
    };
    readonly output: Readonly<Record<string, never>>;
  };
  /** Sets another password and ends all your other sessions. */
  'user.change_password': {
    readonly input: {
      readonly currentPassword: string;
      /** not one of the most common ones */
      readonly newPassword: string;
    };
    readonly output: {
      readonly ended: number;
    };
  };
  /** Your own account. */
  'user.me': {
    readonly input: Readonly<Record<string, never>>;
    readonly output: MeRow;
  };
  /** Makes an account and begins a session in it. */
  'user.register': {
    readonly input: {
      /** 3 to 32 of a-z, 0-9 and _, after NFKC and case folding */
      readonly handle: string;
      /** 1 to 64 visible characters */
      readonly displayName: string;
      readonly email?: string | undefined;
      /** not one of the most common ones */
      readonly password: string;
      readonly device?: {
        readonly name?: string | undefined;
        readonly platform?: string | undefined;
        readonly version?: string | undefined;
      } | undefined;
    };
    readonly output: WelcomeRow;
  };
  /** Changes your display name, your handle, or whether others are told when you were last there. */
  'user.update': {
    readonly input: {
      /** 1 to 64 visible characters */
      readonly displayName?: string | undefined;
      /** 3 to 32 of a-z, 0-9 and _, after NFKC and case folding */
      readonly handle?: string | undefined;
      readonly lastSeenVisible?: boolean | undefined;
    };
    readonly output: MeRow;
  };
  /** Whom a handle belongs to. */
  'users.find': {
    readonly input: {
      /** 3 to 32 of a-z, 0-9 and _, after NFKC and case folding */
      readonly handle: string;
    };
    readonly output: {
      readonly user: ProfileRow;
    };
  };
  /** Names of users by id; unknown ones are missing from the answer. */
  'users.get': {
    readonly input: {
      readonly ids: readonly string[];
    };
    readonly output: {
      readonly users: readonly ProfileRow[];
    };
  };
}

/** Everything that the server tells by itself. */
export interface Events {
  /** Somebody wrote a message. */
  'message.created': {
    readonly conversationId: string;
    readonly rev: number;
    readonly message: MessageRow;
  };
  /** A message has other words now. */
  'message.edited': {
    readonly conversationId: string;
    readonly rev: number;
    readonly message: MessageRow;
  };
  /** A message is a tombstone now. */
  'message.deleted': {
    readonly conversationId: string;
    readonly rev: number;
    readonly message: MessageRow;
  };
  /** Users became members. */
  'member.added': {
    readonly conversationId: string;
    readonly rev: number;
    readonly members: readonly MemberRow[];
    readonly message: MessageRow;
  };
  /** A member was removed or left. */
  'member.removed': {
    readonly conversationId: string;
    readonly rev: number;
    readonly members: readonly MemberRow[];
    readonly message: MessageRow;
  };
  /** A member has another role. */
  'member.changed': {
    readonly conversationId: string;
    readonly rev: number;
    readonly members: readonly MemberRow[];
    readonly message: MessageRow;
  };
  /** A conversation began. */
  'conversation.created': {
    readonly conversationId: string;
    readonly rev: number;
    readonly conversation: ConversationRow;
    readonly members?: readonly MemberRow[];
    readonly message?: MessageRow;
  };
  /** Title or policies changed. */
  'conversation.changed': {
    readonly conversationId: string;
    readonly rev: number;
    readonly conversation: ConversationRow;
    readonly members?: readonly MemberRow[];
    readonly message?: MessageRow;
  };
  /** A group ended. */
  'conversation.deleted': {
    readonly conversationId: string;
    readonly rev: number;
    readonly conversation: ConversationRow;
    readonly members?: readonly MemberRow[];
    readonly message?: MessageRow;
  };
  /** Something about message `seq` changed that not all of you may see: if `seq` is at least your `firstSeq`, sync this conversation; else only count the rev. */
  'conversation.advanced': {
    readonly conversationId: string;
    readonly rev: number;
    readonly seq: number;
  };
  /** A repair after events were lost on the way: with a rev of at least `from`, apply the rows with a higher rev and go on at `upTo`; with less, or if `hidden` is at least your `firstSeq`, sync. */
  'conversation.changes': {
    readonly conversationId: string;
    readonly from: number;
    readonly upTo: number;
    readonly rows: readonly AnyRow[];
    readonly hidden?: number;
  };
  /** You are in a conversation now. */
  'membership.joined': {
    readonly urev: number;
    readonly membership: MembershipRow;
  };
  /** You are no member any more. */
  'membership.left': {
    readonly urev: number;
    readonly membership: MembershipRow;
  };
  /** You read, muted or archived on another device. */
  'membership.changed': {
    readonly urev: number;
    readonly membership: MembershipRow;
  };
  /** You blocked somebody, or no longer. */
  'block.changed': {
    readonly urev: number;
    readonly userId: string;
    readonly blocked: boolean;
  };
  /** Your own profile changed. */
  'profile.changed': {
    readonly urev: number;
    readonly handle?: string;
    readonly displayName: string;
  };
  /** A repair of what only you see, as `conversation.changes`. */
  'user.changes': {
    readonly from: number;
    readonly upTo: number;
    readonly rows: readonly OwnRow[];
  };
  /** Somebody received or read further, and so did `others`. Ephemeral. */
  'receipt.changed': {
    readonly conversationId: string;
    readonly userId: string;
    readonly readSeq: number;
    readonly deliveredSeq: number;
    readonly others?: readonly ReceiptRow[];
  };
  /** Users whom you watch came, left, or touched a device again. At most once a second. Ephemeral. */
  'presence.changed': {
    readonly users: ReadonlyArray<{
      readonly userId: string;
      readonly status: 'online' | 'away' | 'offline';
      readonly lastSeen?: string;
    }>;
  };
  /** Who types in the conversation that you look at, you perhaps among them. Ephemeral. */
  'typing.changed': {
    readonly conversationId: string;
    readonly users: readonly string[];
  };
  /** The node will close this socket after that time: open another one, then leave this one. Ephemeral. */
  goaway: {
    readonly afterMs: number;
  };
}
