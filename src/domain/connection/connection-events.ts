import type { ConnectionId, ConversationId, UserId } from '../shared/ids.ts';
import type { ConnectionState } from './connection.ts';
import type { DeviceInfo } from './device-info.ts';
import type { PresenceStatus } from './presence.ts';

interface OfConnection {
  readonly connectionId: ConnectionId;
  readonly at: number;
}
export type ConnectionOpened = OfConnection & { readonly type: 'connection.opened'; readonly address: string };
export type ConnectionStateChanged = OfConnection & {
  readonly type: 'connection.changed';
  readonly from: ConnectionState;
  readonly to: ConnectionState;
};
export type UserConnected = OfConnection & {
  readonly type: 'user.connected';
  readonly userId: UserId;
  readonly device: DeviceInfo | undefined;
};
export type UserDisconnected = OfConnection & {
  readonly type: 'user.disconnected';
  readonly userId: UserId;
  readonly code: number;
};
/** Once per socket, also after an abrupt loss, with the close code (1006 when there was none). */
export type ConnectionClosed = OfConnection & { readonly type: 'connection.closed'; readonly code: number };
/** The registry forgot it; observable apart from the close. */
export type ConnectionRemoved = OfConnection & { readonly type: 'connection.removed' };
export type ChannelSubscribed = OfConnection & { readonly type: 'channel.subscribed'; readonly channel: string };
export type ChannelUnsubscribed = OfConnection & { readonly type: 'channel.unsubscribed'; readonly channel: string };
/** A peer's probe. */
export type PingReceived = OfConnection & { readonly type: 'ping.received' };
/** Every frame in or out of a handler, with its size and time, never its content. */
export type CommandHandled = OfConnection & {
  readonly type: 'command.handled';
  readonly command: string;
  readonly outcome: string;
  readonly bytes: number;
  readonly ms: number;
};

/** Over the user's devices on this node; offline a grace after the last of them left. */
export type UserPresenceChanged = {
  readonly type: 'user.presence_changed';
  readonly userId: UserId;
  readonly status: PresenceStatus;
  readonly at: number;
};
/** A member types on a connection of this node, or has stopped. Told again and again while it goes on. */
export type UserTyping = {
  readonly type: 'user.typing';
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly active: boolean;
};

export type ConnectionEvent =
  | ConnectionOpened
  | ConnectionStateChanged
  | UserConnected
  | UserDisconnected
  | ConnectionClosed
  | ConnectionRemoved
  | ChannelSubscribed
  | ChannelUnsubscribed
  | PingReceived
  | CommandHandled
  | UserPresenceChanged
  | UserTyping;
