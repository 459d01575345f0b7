import { type Client, createClient, type Session } from '@tertulia/client';
import { browserSession, indexedDbOutbox, sharedBetweenTabs } from '@tertulia/client/browser';
import { type Presence, presenceOf } from '@tertulia/client/presence';
import { drafts } from './chat/drafts.ts';
import { ownDevice } from './own-device.ts';
import { stored } from './ui/stored.ts';

/** Set while a sign-out without a connection is still to be told to the server. */
const OWED = 'tertulia.sign-out-owed';

/** Somebody is signed in here, and this client works for them. */
export interface SignedIn {
  readonly client: Client;
  readonly presence: Presence;
  /** Forgets what this device keeps of the user, and ends the session at the server: now, or when the page is next loaded. */
  signOut(): Promise<void>;
  /** The session has ended already. What waits to be sent stays only for a user who may come back to it. */
  end(keep: 'nothing' | 'what waits'): Promise<void>;
}

interface Remembered {
  readonly password: string;
  readonly remember: boolean;
}

const sessions = browserSession({ url: location.origin });

/** Whoever was signed in before the page was loaded. */
export const resume = async (): Promise<SignedIn | undefined> => {
  const owed = stored.read(OWED);
  // The page may have gone away in the middle of it. Where nothing can be kept there is nothing to forget.
  if (owed !== undefined) await forget(owed).catch(() => {});
  const session = await sessions.resume();
  if (!session || owed === undefined) return session && signedIn(session);
  await session.signOut().then(
    () => stored.write(OWED, undefined),
    () => {}, // still no connection: still owed
  );
  return undefined;
};

/** What this device keeps of a user. */
const forget = async (userId: string): Promise<void> => {
  drafts.clear(userId);
  const outbox = indexedDbOutbox();
  try {
    await outbox.clear(userId);
  } finally {
    await outbox.close();
  }
};

/** @throws Refused, Lost */
export const signIn = async (credentials: Remembered & { readonly login: string }): Promise<SignedIn> =>
  begun(await sessions.signIn({ ...credentials, device: ownDevice() }));

/** @throws Refused, Lost */
export const register = async (
  account: Remembered & { readonly handle: string; readonly displayName: string },
): Promise<SignedIn> => begun(await sessions.register({ ...account, device: ownDevice() }));

const begun = (session: Session): SignedIn => {
  stored.write(OWED, undefined); // the cookie of before is gone with the new one
  return signedIn(session);
};

const signedIn = (session: Session): SignedIn => {
  const { userId } = session;
  const client = createClient({
    url: location.origin,
    auth: session,
    outbox: indexedDbOutbox(),
    device: ownDevice(),
    link: (makeOwn) => sharedBetweenTabs({ name: userId, makeOwn }),
  });
  drafts.belongTo(userId);
  const presence = presenceOf(client);
  const close = () => {
    presence.close();
    client.close();
  };
  return {
    ...{ client, presence },
    async signOut() {
      close(); // before it is sent away, and says so
      stored.write(OWED, userId);
      await session.signOut().then(
        () => stored.write(OWED, undefined),
        () => {}, // no connection: owed
      );
      await forget(userId);
    },
    async end(keep) {
      close();
      if (keep === 'nothing') await forget(userId);
    },
  };
};
