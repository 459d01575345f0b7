import * as v from 'valibot';
import type { DeviceInfo } from '#app/domain/connection/device-info.ts';
import { ApiKeyName } from '#app/domain/identity/api-key.ts';
import { DisplayName } from '#app/domain/identity/display-name.ts';
import { EmailAddress } from '#app/domain/identity/email-address.ts';
import { Handle } from '#app/domain/identity/handle.ts';
import { NewPassword, Password } from '#app/domain/identity/password.ts';
import { invalid } from '#app/domain/shared/domain-error.ts';
import { ApiKeyId } from '#app/domain/shared/ids.ts';
import { fromText } from './primitives.ts';

export const handle = fromText(Handle);
export const displayName = fromText(DisplayName);
export const email = fromText(EmailAddress);
export const password = fromText(Password);
export const newPassword = fromText(NewPassword);
export const apiKeyName = fromText(ApiKeyName);
export const apiKeyId = fromText(ApiKeyId);

/** What one logs in with: an address has an @ and a handle has none. */
export const login = fromText((text) => (text.includes('@') ? EmailAddress(text) : Handle(text)));

/** No secret of ours is longer, and the hash of any text is as good as another's. */
export const refreshToken = v.pipe(v.string('a string'), v.minLength(1, 'a token'), v.maxLength(200, 'a token'));

const label = (longest: number) =>
  fromText((text) => {
    const fits = text.length <= 2 * longest && text.isWellFormed() && Array.from(text).length <= longest;
    if (!fits || /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text))
      throw invalid('', `at most ${longest} characters without controls`);
    return text;
  });

/** What a client may say of its device; all of it optional. */
export const device = v.object({
  name: v.optional(label(64), ''),
  platform: v.optional(label(32), ''),
  version: v.optional(label(32), ''),
}) satisfies v.GenericSchema<unknown, DeviceInfo>;
