/** Of a device that is there: `away` when nobody has touched it for a while, which only the client can know. */
export const DeviceStatus = { Online: 'online', Away: 'away' } as const;
export type DeviceStatus = (typeof DeviceStatus)[keyof typeof DeviceStatus];

/** Of a user, over all their devices. */
export type PresenceStatus = DeviceStatus | 'offline';

/** Online on any device is online; away is who is away on all. Undefined: no device is there. */
export const overDevices = (statuses: Iterable<DeviceStatus>): DeviceStatus | undefined => {
  let overall: DeviceStatus | undefined;
  for (const status of statuses) {
    if (status === DeviceStatus.Online) return status;
    overall = status;
  }
  return overall;
};

/** Devices that come back within it never were away, in milliseconds. */
export const PRESENCE_GRACE_MS = 10_000;

/** Who types says so again this often, in milliseconds. */
export const TYPING_EVERY_MS = 4_000;
/** And has stopped when nothing was heard for so long. */
export const TYPING_EXPIRES_MS = 6_000;
