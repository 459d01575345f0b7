import * as v from 'valibot';
import type { DeviceInfo } from '#app/domain/connection/device-info.ts';
import { ApiKeyName } from '#app/domain/identity/api-key.ts';
import { DisplayName } from '#app/domain/identity/display-name.ts';
import { EmailAddress } from '#app/domain/identity/email-address.ts';
import { Handle } from '#app/domain/identity/handle.ts';
import { NewPassword, Password, PASSWORD_MAX, PASSWORD_MIN } from '#app/domain/identity/password.ts';
import { invalid } from '#app/domain/shared/domain-error.ts';
import { ApiKeyId } from '#app/domain/shared/ids.ts';
import { fromText, object } from './primitives.ts';

export const handle = fromText(Handle, {
  description: '3 to 32 of a-z, 0-9 and _, after NFKC and case folding',
  examples: ['ann'],
});
export const displayName = fromText(DisplayName, { description: '1 to 64 visible characters', examples: ['Ann'] });
export const email = fromText(EmailAddress, { format: 'email' });
export const password = fromText(Password, { minLength: 1, maxLength: PASSWORD_MAX });
export const newPassword = fromText(NewPassword, {
  description: 'not one of the most common ones',
  examples: ['a long sentence is easy to keep'],
  minLength: PASSWORD_MIN,
  maxLength: PASSWORD_MAX,
});
export const apiKeyName = fromText(ApiKeyName, { minLength: 1, maxLength: 64 });
export const apiKeyId = fromText(ApiKeyId, { format: 'uuid' });

/** What one logs in with: an address has an @ and a handle has none. */
export const login = fromText((text) => (text.includes('@') ? EmailAddress(text) : Handle(text)), {
  description: 'a handle or a confirmed mail address',
  examples: ['ann'],
});

/** No secret of ours is longer, and the hash of any text is as good as another's. */
export const refreshToken = v.pipe(v.string('a string'), v.minLength(1, 'a token'), v.maxLength(200, 'a token'));

const label = (longest: number) =>
  fromText(
    (text) => {
      const fits = text.length <= 2 * longest && text.isWellFormed() && Array.from(text).length <= longest;
      if (!fits || /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text))
        throw invalid('', `at most ${longest} characters without controls`);
      return text;
    },
    { maxLength: longest },
  );

/** What a client may say of its device; all of it optional. */
export const device = object({
  name: v.optional(label(64), ''),
  platform: v.optional(label(32), ''),
  version: v.optional(label(32), ''),
}) satisfies v.GenericSchema<unknown, DeviceInfo>;
