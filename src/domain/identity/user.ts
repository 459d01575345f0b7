import type { Urev } from '../shared/counters.ts';
import { invalid } from '../shared/domain-error.ts';
import type { UserId } from '../shared/ids.ts';
import type { DisplayName } from './display-name.ts';
import type { EmailAddress } from './email-address.ts';
import type { Handle } from './handle.ts';

/** An account: of a person who registered here, of a guest, or of a subject of a trusted issuer. */
export interface User {
  readonly id: UserId;
  /** Guests and users from outside have none until they choose one. */
  readonly handle: Handle | undefined;
  readonly displayName: DisplayName;
  /** Claimed at registration; proves nothing and finds nobody until it is confirmed. */
  readonly email: EmailAddress | undefined;
  readonly emailConfirmed: boolean;
  /** May not log in, and what was open is closed; messages and names stay. */
  readonly disabled: boolean;
  /** Whether others may know when they were last there. */
  readonly lastSeenVisible: boolean;
  readonly urev: Urev;
  readonly createdAt: Date;
}

/** What an account begins with; the store adds the rest. */
export type NewUser = Pick<User, 'id' | 'handle' | 'displayName' | 'email'>;

/** What everybody may know of everybody. */
export type PublicProfile = Pick<User, 'id' | 'handle' | 'displayName'>;

export interface ProfileChange {
  readonly displayName?: DisplayName | undefined;
  readonly handle?: Handle | undefined;
  readonly lastSeenVisible?: boolean | undefined;
}

export const changedProfile = (user: User, change: ProfileChange): User => {
  const { displayName, handle, lastSeenVisible } = change;
  if (displayName === undefined && handle === undefined && lastSeenVisible === undefined)
    throw invalid('', 'displayName, handle or lastSeenVisible');
  return {
    ...user,
    displayName: displayName ?? user.displayName,
    handle: handle ?? user.handle,
    lastSeenVisible: lastSeenVisible ?? user.lastSeenVisible,
  };
};
