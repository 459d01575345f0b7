import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CannotStart } from '#app/application/cannot-start.ts';
import type { EventBus, Listener } from '#app/application/ports/event-bus.ts';
import type { EventType } from '#app/domain/shared/domain-event.ts';
import { isEventType } from '#app/domain/shared/event-types.ts';

/** What a module named in LISTENERS exports. */
export type Listeners = { readonly [T in EventType]?: Listener<T> } & { readonly '*'?: Listener<EventType> };

/** Adds the listeners of all modules, in the order of the list, or none. @throws CannotStart with every problem */
export const listenFromModules = async (bus: EventBus, paths: readonly string[], from: string): Promise<void> => {
  const problems: string[] = [];
  const found: [EventType | '*', Listener<EventType>][] = [];
  const files = paths.map((path) => resolve(from, path));
  for (const [index, file] of files.entries()) {
    if (files.indexOf(file) < index) problems.push(`LISTENERS: ${paths[index]} is listed twice`);
    else
      for (const [type, listener] of await listenersOf(file, problems)) {
        if (type !== '*' && !isEventType(type))
          problems.push(`LISTENERS: ${file} listens to ${type}, which does not exist`);
        else if (typeof listener !== 'function') problems.push(`LISTENERS: ${file} has no function for ${type}`);
        else found.push([type, listener as Listener<EventType>]); // called with events of `type` alone
      }
  }
  if (problems.length > 0) throw new CannotStart(problems);
  for (const [type, listener] of found) bus.on(type, listener);
};

const listenersOf = async (file: string, problems: string[]): Promise<[string, unknown][]> => {
  try {
    const { listeners } = (await import(pathToFileURL(file).href)) as { readonly listeners?: unknown };
    if (typeof listeners === 'object' && listeners !== null) return Object.entries(listeners);
    problems.push(`LISTENERS: ${file} does not export \`listeners\`, an object from event types to functions`);
  } catch (error) {
    problems.push(
      `LISTENERS: ${file} can't be loaded (${error instanceof Error ? error.message : 'it threw no error'})`,
    );
  }
  return [];
};
