import type { Brand } from '../shared/brand.ts';
import { invalid } from '../shared/domain-error.ts';
import { folded } from './handle.ts';

const LOCAL = /^[^\s@"(),:;<>[\\\]\p{C}]{1,64}$/u;
const DOMAIN = /^(?=.{4,190}$)(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$/u;

/**
 * Checked only for what can't be an address; whether it reaches somebody is known when a mail sent there was answered.
 * Stored folded, so that one mailbox has one spelling here.
 */
export type EmailAddress = Brand<string, 'EmailAddress'>;

export const EmailAddress = (text: string): EmailAddress => {
  const address = text.length <= 254 && text.isWellFormed() ? folded(text.trim()) : '';
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0));
  if (
    address.length > 254 ||
    !LOCAL.test(local) ||
    local.startsWith('.') ||
    local.endsWith('.') ||
    !DOMAIN.test(address.slice(at + 1))
  )
    throw invalid('', 'a mail address');
  return address as EmailAddress;
};
