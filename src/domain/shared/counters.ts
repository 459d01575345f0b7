import type { Brand } from './brand.ts';
import { invalid } from './domain-error.ts';

const counter =
  <Name extends string>(lowest: number) =>
  (value: number): Brand<number, Name> => {
    if (!Number.isSafeInteger(value) || value < lowest)
      throw invalid('', `an integer from ${lowest} to ${Number.MAX_SAFE_INTEGER}`);
    return value as Brand<number, Name>;
  };

/** Position of a message in its conversation: 1, 2, 3, … without a hole. 0 is "before the first". */
export type Seq = Brand<number, 'Seq'>;
export const Seq = counter<'Seq'>(0);

/** Number of a durable change of a conversation, dense from 1. 0 is "knows nothing". */
export type Rev = Brand<number, 'Rev'>;
export const Rev = counter<'Rev'>(0);

/** The same for what only one user sees. */
export type Urev = Brand<number, 'Urev'>;
export const Urev = counter<'Urev'>(0);
