/** Why the server closes a socket. 1012 and 4000–4499 mean: come back (with backoff); 4500–4999 mean: stop until somebody acts. */
export const closeCodes = {
  /** The node drains; another one is there. */
  restarting: 1012,
  /** No `auth` in time, or a peer that fell silent. */
  timeout: 4408,
  /** Renew the token, then come back. */
  tokenExpired: 4410,
  /** The peer reads too slowly; what it missed is in the log. */
  slowConsumer: 4413,
  tooFast: 4429,
  overloaded: 4450,
  malformed: 4500,
  unauthenticated: 4501,
  sessionRevoked: 4502,
  /** Another connection of the user took its place, or there are too many. */
  evicted: 4503,
  unsupported: 4504,
} as const;
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];
