import { type ErrorCode, Lost, Refused } from '@tertulia/client';
import type { PlainKey } from '../i18n/texts.ts';
import type { Words } from '../i18n/words.tsx';

const byRule: Readonly<Record<string, PlainKey>> = {
  bad_login: 'error.badLogin',
  wrong_password: 'field.error.passwordWrong',
  handle_taken: 'field.error.handleTaken',
  login_throttled: 'error.throttled',
  registration_off: 'error.registrationOff',
  blocked: 'error.blocked',
  last_owner: 'error.lastOwner',
  stale_rev: 'error.edited',
  message_deleted: 'error.deleted',
  members_per_group: 'error.groupFull',
  conversations_per_user: 'error.tooManyConversations',
  conversations_per_member: 'error.theirTooManyConversations',
  text_too_long: 'error.textTooLong',
  reply_to_unknown: 'error.replyGone',
  private_with_oneself: 'error.yourself',
  block_oneself: 'error.yourself',
};

const byCode: Readonly<Record<ErrorCode, PlainKey>> = {
  unauthenticated: 'error.unauthenticated',
  forbidden: 'error.forbidden',
  not_found: 'error.notFound',
  invalid: 'error.invalid',
  conflict: 'error.conflict',
  rate_limited: 'error.rateLimited',
  too_large: 'error.tooLarge',
  unavailable: 'error.unavailable',
  unsupported: 'stop.unsupported',
  internal: 'error.internal',
};

/** A sentence for what went wrong; codes and the server's English stay inside. */
export const errorText = (words: Words, error: unknown): string => {
  if (error instanceof Refused) return failureText(words, error);
  return words.t(error instanceof Lost ? 'error.lost' : 'error.unknown');
};

export const failureText = (
  { t }: Words,
  failure: { readonly code: ErrorCode; readonly rule?: string | undefined },
): string =>
  t((failure.rule === undefined ? undefined : byRule[failure.rule]) ?? byCode[failure.code] ?? 'error.unknown');
