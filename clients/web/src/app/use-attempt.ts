import { useCallback } from 'react';
import { errorText } from './error-text.ts';
import { useWords } from '../i18n/words.tsx';
import { useToast } from '../ui/Toaster.tsx';

/** Awaits a deed and says in a sentence when it failed; answers whether it was done. */
export const useAttempt = (): ((deed: Promise<unknown>) => Promise<boolean>) => {
  const words = useWords();
  const toast = useToast();
  return useCallback(
    async (deed) => {
      try {
        await deed;
        return true;
      } catch (error) {
        toast(errorText(words, error));
        return false;
      }
    },
    [toast, words],
  );
};
