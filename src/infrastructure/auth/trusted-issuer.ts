import type { Clock } from '#app/application/ports/clock.ts';
import type { TrustedIssuerConfig } from '../config/trusted-issuers.ts';
import { JwksKeySet } from './jwks-key-set.ts';
import type { TrustedIssuer } from './outside-token-strategy.ts';

/** From configuration to keys; nothing is fetched before the first token. */
export const trustedIssuer = (
  config: TrustedIssuerConfig,
  clock: Clock,
  fault: (error: unknown) => void,
): TrustedIssuer => {
  const { issuer, audience, algorithms, type, nameClaim, maxLifetimeSeconds } = config;
  const common = { issuer, audience, algorithms, type, nameClaim, maxLifetimeSeconds };
  if ('secret' in config) {
    const secret = new TextEncoder().encode(config.secret);
    return { ...common, key: () => secret };
  }
  const keys = new JwksKeySet(config.jwks, clock, fault);
  return { ...common, key: (header) => keys.key(header) };
};
