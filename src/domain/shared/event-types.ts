import type { EventType } from './domain-event.ts';

/** Every event there is; a new one does not compile until it stands here. */
const known: Readonly<Record<EventType, true>> = {
  'message.sent': true,
  'message.edited': true,
  'message.deleted': true,
  'message.delivered': true,
  'message.read': true,
  'members.added': true,
  'member.removed': true,
  'member.left': true,
  'member.role_changed': true,
  'conversation.created': true,
  'conversation.updated': true,
  'conversation.deleted': true,
  'membership.joined': true,
  'membership.left': true,
  'membership.changed': true,
  'block.changed': true,
  'profile.changed': true,
  'connection.opened': true,
  'connection.changed': true,
  'connection.closed': true,
  'connection.removed': true,
  'user.connected': true,
  'user.disconnected': true,
  'channel.subscribed': true,
  'channel.unsubscribed': true,
  'ping.received': true,
  'command.handled': true,
  'user.registered': true,
  'user.disabled': true,
  'session.opened': true,
  'session.ended': true,
  'password.changed': true,
  'api_key.created': true,
  'api_key.revoked': true,
  'server.started': true,
  'server.stopped': true,
  'server.heartbeat': true,
  'worker.started': true,
  'error.occurred': true,
};

export const eventTypes = Object.keys(known) as readonly EventType[]; // the record's keys are exactly these

export const isEventType = (name: string): name is EventType => Object.hasOwn(known, name);
