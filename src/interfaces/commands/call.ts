import * as v from 'valibot';
import type { Journal } from '#app/application/ports/journal.ts';
import type { Metrics } from '#app/application/ports/metrics.ts';
import type { RateLimiter } from '#app/application/ports/rate-limiter.ts';
import { addressBlock } from '#app/domain/identity/address-block.ts';
import { invalid, Refusal } from '#app/domain/shared/domain-error.ts';
import { badInput, internal, wireErrorOf, type WireError } from '../protocol/errors.ts';
import type { AnyCommand, Caller, Stranger } from './command.ts';

/** What a client gets for a call, whichever way it came. */
export type Answer = { readonly ok: true; readonly data: object } | { readonly ok: false; readonly error: WireError };

export interface CallGuards {
  readonly limiter: RateLimiter;
  readonly metrics: Pick<Metrics, 'count'>;
  /** Notes a fault and answers the id under which it was noted. */
  readonly journal: Pick<Journal, 'fault'>;
}

const STRANGER: Answer = {
  ok: false,
  error: { code: 'unauthenticated', message: 'say who you are first', rule: 'authentication_required' },
};

/**
 * The one gate before every use case: who may, how often, is the input right. Never rejects.
 * Nothing is awaited before `run` while the limiter answers synchronously, so calls enter their use cases in the order in
 * which they were made. The limit is taken before the input is looked at: malformed calls cost as much as good ones.
 * @param input as decoded from the wire, or the Refusal that says why it could not be
 */
export const callCommand = async (
  command: AnyCommand,
  input: unknown,
  caller: Stranger | Caller,
  guards: CallGuards,
): Promise<Answer> => {
  try {
    const key = limitKey(command, caller);
    if (key === undefined) return STRANGER;
    const asked = guards.limiter.take(command.limit, key);
    const taken = 'then' in asked ? await asked : asked;
    if (!taken.allowed) {
      guards.metrics.count('rate_limited_total', { class: command.limit });
      return { ok: false, error: tooFast(taken.retryAfterMs) };
    }
    if (input instanceof Refusal) throw input;
    // The schemas would take an array for an object without fields, and some need none.
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw invalid('', 'an object');
    const parsed = v.safeParse(command.input, input);
    if (!parsed.success) throw badInput(parsed.issues);
    return { ok: true, data: await command.run(parsed.output, caller) };
  } catch (error) {
    return { ok: false, error: wireErrorOf(error) ?? internal(guards.journal.fault(error, command.type)) };
  }
};

/** Whose bucket pays: the user's, or the address block's where anyone may call. Undefined for a stranger at a user's command. */
const limitKey = (command: AnyCommand, caller: Stranger | Caller): string | undefined => {
  if (command.access === 'anyone') return addressBlock(caller.address);
  return 'userId' in caller ? caller.userId : undefined;
};

export const tooFast = (retryAfterMs: number): WireError => ({
  code: 'rate_limited',
  message: 'too many requests; wait a little',
  rule: 'rate',
  retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)),
});
