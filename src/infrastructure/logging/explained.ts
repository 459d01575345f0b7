import { masked, oneLine } from './safe-text.ts';

/**
 * A fault in one line for the operator's terminal, when the start or the stop failed: no user has written anything into it,
 * so the message stays whole but for what looks like a secret.
 */
export const explained = (error: unknown): string => {
  if (!(error instanceof Error)) return `something that is no error was thrown (${typeof error})`;
  const inner = error instanceof AggregateError ? error.errors.slice(0, 3).map(explained) : [];
  const cause = error.cause instanceof Error ? [explained(error.cause)] : [];
  const own = masked(oneLine(error.message || error.name, 500));
  return [own, ...inner, ...cause].join('; ').slice(0, 2_000);
};
