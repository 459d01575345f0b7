import { LimitClass } from '#app/application/ports/rate-limiter.ts';
import type { AnyCommand } from './command.ts';

export type Catalogue = ReadonlyMap<string, AnyCommand>;

const TYPE = /^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)?$/;

/**
 * All commands by type. What the compiler asks of a row is asked again here, for the rows of host programs in JavaScript.
 * @throws Error that names the first row which lacks a schema, a policy or a limit, or comes twice
 */
export const catalogueOf = (commands: readonly AnyCommand[]): Catalogue => {
  const catalogue = new Map<string, AnyCommand>();
  for (const command of commands) {
    const problem = catalogue.has(command.type) ? 'is there already' : problemOf(command);
    if (problem !== undefined) throw new Error(`command ${command.type}: ${problem}`);
    catalogue.set(command.type, command);
  }
  return catalogue;
};

const problemOf = (command: Partial<AnyCommand>): string | undefined => {
  if (!TYPE.test(command.type ?? '')) return 'its type is not noun.verb';
  if (!command.summary) return 'it has no summary';
  if (command.access !== 'anyone' && command.access !== 'user') return 'it does not say who may call it';
  if (command.limit === undefined || !Object.hasOwn(LimitClass, command.limit)) return 'it has no limit class';
  if (command.input?.kind !== 'schema' || command.output?.kind !== 'schema') return 'it lacks a schema';
  if (typeof command.run !== 'function') return 'it does nothing';
  return undefined;
};
