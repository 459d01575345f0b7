/** What a session needs to go on. */
export interface StoredSession {
  readonly userId: string;
  readonly accessToken: string;
  /** By this device's clock, epoch milliseconds. */
  readonly accessTokenExpiresAt: number;
  /** Works once. Absent where a cookie holds it. */
  readonly refreshToken?: string;
}

/** Where a session is kept over restarts. Whoever can read it can act as the user. */
export interface SessionStorage {
  /** What was saved last; undefined when there is nothing, or nothing that makes sense. */
  load(): Promise<StoredSession | undefined>;
  /** Resolves when it is as durable as the store can make it. @throws when it can't be kept; what was there is still there then */
  save(session: StoredSession): Promise<void>;
  /** Does nothing when there is nothing. */
  clear(): Promise<void>;
}

/** Lasts as long as the process or page does. */
export const memorySessionStorage = (): SessionStorage => {
  let held: StoredSession | undefined;
  return {
    load: async () => held,
    save: async (session) => {
      held = session;
    },
    clear: async () => {
      held = undefined;
    },
  };
};
