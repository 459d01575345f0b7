import type { EventBus } from '#app/application/ports/event-bus.ts';
import { type Fields, isField } from './fields.ts';
import type { PinoJournal } from './pino-journal.ts';

/** While the level is `debug`, a line for every event, with its ids and numbers; at any other level it costs nothing. */
export const traceEvents = (bus: EventBus, journal: PinoJournal): void => {
  let end: (() => void) | undefined;
  journal.onLevel((level) => {
    if (level === 'debug') end ??= bus.on('*', ({ type, ...rest }) => journal.debug(type, scalarsOf(rest)));
    else {
      end?.();
      end = undefined;
    }
  });
};

const scalarsOf = (event: object): Fields =>
  Object.fromEntries(Object.entries(event).filter(([name, value]) => isField(name) && typeof value !== 'object'));
