import type { ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';

/** What the wire carries, as far as simulated clients look at it. */
export interface MessageShape {
  readonly id: string;
  readonly seq: number;
  readonly rev: number;
  readonly content?: unknown;
  readonly deletedAt?: string;
}
export interface MembershipShape {
  readonly conversationId: ConversationId;
  readonly urev: number;
  readonly member: boolean;
  readonly firstSeq: number;
}
export interface RowShape {
  readonly kind: string;
  readonly message?: MessageShape;
  readonly member?: { readonly rev: number; readonly userId: string };
  readonly conversation?: { readonly rev: number };
}
export interface OwnRowShape {
  readonly kind: string;
  readonly urev?: number;
  readonly membership?: MembershipShape;
}
export interface FrameShape {
  readonly type: string;
  readonly data: {
    readonly conversationId?: ConversationId;
    readonly rev?: number;
    readonly urev?: number;
    readonly seq?: number;
    readonly from?: number;
    readonly upTo?: number;
    readonly hidden?: number;
    readonly rows?: readonly (RowShape & OwnRowShape)[];
    readonly message?: MessageShape;
    readonly membership?: MembershipShape;
  };
}

export interface Draft {
  readonly conversationId: ConversationId;
  readonly id: MessageId;
  readonly text: string;
}

export interface Person {
  readonly userId: UserId;
  readonly name: string;
}
