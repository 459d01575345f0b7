import type * as v from 'valibot';
import { addressesIn } from '../postgres/addresses.ts';
import type { Environment } from './keys.ts';

/** What works and is not wise. */
export const warningsOf = (values: v.InferOutput<typeof Environment>): string[] => {
  const databases = (addressesIn(values.DATABASE_URL ?? '') ?? []).map((address) => new URL(address));
  const doubts: [boolean, string][] = [
    [
      databases.some((url) => !isNear(url.hostname) && url.searchParams.get('sslmode') !== 'verify-full'),
      'DATABASE_URL leads to another machine without sslmode=verify-full: who sits between can read and change everything',
    ],
    [
      (values.REDIS_URL ?? []).some((url) => url.startsWith('redis:') && !isNear(new URL(url).hostname)),
      'REDIS_URL leads to another machine without TLS (rediss://): who sits between can read what is said and forge it',
    ],
    [
      !isNear(values.HOST) && values.TRUSTED_PROXIES === undefined,
      'HOST lets other machines in and TRUSTED_PROXIES is empty: without a proxy that speaks TLS, passwords travel in the clear; behind one, all clients seem to have its address',
    ],
    [
      (values.ALLOWED_ORIGINS ?? []).some((origin) => origin.startsWith('http:') && !isNear(new URL(origin).hostname)),
      'ALLOWED_ORIGINS holds a page that is not served over https',
    ],
  ];
  return doubts.filter(([is]) => is).map(([, warning]) => warning);
};

/** This machine: loopback, or a unix socket (whose path stands percent-encoded for the host, or in a parameter). */
const isNear = (hostname: string) =>
  hostname === '' ||
  hostname.startsWith('%2F') ||
  hostname.startsWith('%2f') ||
  /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(hostname);
