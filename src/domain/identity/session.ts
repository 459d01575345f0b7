import type { DeviceInfo } from '../connection/device-info.ts';
import type { SessionId, UserId } from '../shared/ids.ts';

/** A login that lives on one device, through any number of renewals, until it is ended or unused for too long. */
export interface Session {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly kind: 'session' | 'guest';
  readonly device: DeviceInfo | undefined;
  readonly createdAt: Date;
  /** When tokens were last renewed, so at most an access token's life behind. */
  readonly lastUsedAt: Date;
  /** Moved on by each renewal. */
  readonly expiresAt: Date;
}

export type NewSession = Pick<Session, 'id' | 'userId' | 'kind' | 'device'>;
