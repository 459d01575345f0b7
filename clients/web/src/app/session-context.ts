import { createContext, use } from 'react';
import type { PlainKey } from '../i18n/texts.ts';
import type { SignedIn } from '../session.ts';

interface SessionValue {
  readonly signedIn: SignedIn;
  /** Shows the way in again, with a word about why. */
  onSignedOut(notice: PlainKey): void;
}

const SessionContext = createContext<SessionValue | undefined>(undefined);
export const SessionProvider = SessionContext.Provider;

export const useSession = (): SessionValue => {
  const value = use(SessionContext);
  if (!value) throw new Error('outside of SessionProvider');
  return value;
};
