import type { Client, UserView } from '@tertulia/client';
import { errorText } from '../app/error-text.ts';
import { handleError, handleOf } from '../account/credential-errors.ts';
import type { Words } from '../i18n/words.tsx';

/** Whoever has this handle, or a sentence about why there is nobody. */
export type Found = { readonly user: UserView } | { readonly error: string };

export const findUser = async (words: Words, client: Client, typed: string): Promise<Found> => {
  const wrong = handleError(typed);
  if (wrong) return { error: words.t(wrong) };
  try {
    const user = await client.users.find(handleOf(typed));
    if (!user) return { error: words.t('field.error.handleUnknown') };
    return user.id === client.userId ? { error: words.t('field.error.handleOwn') } : { user };
  } catch (error) {
    return { error: errorText(words, error) };
  }
};
