/** What a device says of itself; shown to its owner in "my devices", trusted for nothing. */
export interface DeviceInfo {
  /** At most 64 code points. */
  readonly name: string;
  /** `web`, `ios`, `android`, `node`, …; at most 32. */
  readonly platform: string;
  /** Version of the app, at most 32; '' when unknown. */
  readonly version: string;
}
