import type { ConnectionId } from '#app/domain/shared/ids.ts';
import type { Changed } from '../ports/conversations.ts';
import type { EventBus } from '../ports/event-bus.ts';

/** Says what was committed: the change itself first, then what it means to single users. */
export const announce = (events: EventBus, changed: Changed, origin?: ConnectionId): void => {
  events.publish({ ...changed.event, origin });
  // no origin: the reply tells of the conversation's change, and says nothing of the user's own
  for (const event of changed.userEvents) events.publish(event);
};

/** Who asked, and on which connection if on one: its socket gets the reply instead of the event. */
export interface Asked<By> {
  readonly by: By;
  readonly origin?: ConnectionId | undefined;
}
