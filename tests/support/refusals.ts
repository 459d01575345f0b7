import { expect } from 'vitest';
import type { RefusalKind } from '#app/domain/shared/domain-error.ts';

/** The promise rejects with this refusal. */
export const refuses = (promise: Promise<unknown>, kind: RefusalKind, rule?: string): Promise<void> =>
  expect(promise).rejects.toMatchObject({ name: 'Refusal', kind, ...(rule !== undefined && { rule }) });

/** The call throws this refusal. */
export const throwsRefusal = (call: () => unknown, kind: RefusalKind, rule?: string): void =>
  expect(call).toThrow(expect.objectContaining({ name: 'Refusal', kind, ...(rule !== undefined && { rule }) }));
