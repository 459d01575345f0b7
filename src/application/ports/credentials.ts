import type { EmailAddress } from '#app/domain/identity/email-address.ts';
import type { Handle } from '#app/domain/identity/handle.ts';
import type { SessionId, UserId } from '#app/domain/shared/ids.ts';

/** What is needed to judge a password. */
export interface Credential {
  readonly userId: UserId;
  readonly passwordHash: string;
  readonly disabled: boolean;
}

export interface Credentials {
  /** By handle, or by a mail address that its owner has confirmed. */
  findByLogin(login: Handle | EmailAddress): Promise<Credential | undefined>;

  find(userId: UserId): Promise<Credential | undefined>;

  /** Stores the same password hashed anew, if its hash is still `present`; false if it is not, and nothing changed. */
  rehash(userId: UserId, present: string, next: string): Promise<boolean>;

  /**
   * Sets another password and ends all sessions but `keep`, in one commit; gives those that it ended.
   * @throws Refusal `conflict` when the hash is no longer `present`, and then nothing changed.
   */
  change(userId: UserId, present: string, next: string, keep: SessionId | undefined): Promise<readonly SessionId[]>;
}
