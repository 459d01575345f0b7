import { readFile } from 'node:fs/promises';
import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet, type JWTHeaderParameters } from 'jose';
import type { Clock } from '#app/application/ports/clock.ts';
import { unavailable } from '#app/domain/shared/domain-error.ts';

/** At most one attempt to fetch in this time, whatever comes in. */
const COOLDOWN_MS = 30_000;
/** As long as there are no keys at all, every token waits for them: tried more often. */
const COLD_COOLDOWN_MS = 2_000;
/** Older keys are fetched anew beside the work; until that succeeds the old ones serve. */
const FRESH_MS = 600_000;
/** Keys that could not be renewed for so long are no longer believed. */
const STALE_MS = 24 * 3_600_000;
const FETCH_MS = 5_000;
const MOST_BYTES = 256 * 1_024;
const MOST_KEYS = 100;

type Find = ReturnType<typeof createLocalJWKSet>;
type Fetch = (url: string) => Promise<Uint8Array>;

/** The public keys of one issuer, fetched when needed: never for what a token names, only from the configured place. */
export class JwksKeySet {
  #find: Find | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    private readonly clock: Clock,
    /** Told why keys could not be renewed. */
    private readonly fault: (error: unknown) => void,
    private readonly fetch: Fetch = fetchKeys,
  ) {}

  /** @throws JOSEError when there is no such key; Refusal `unavailable` when no keys can be had. */
  async key(header: JWTHeaderParameters): Promise<CryptoKey> {
    const age = this.clock.monotonic() - this.#fetchedAt;
    if (this.#find === undefined || age > STALE_MS) await this.#renew(COLD_COOLDOWN_MS);
    else if (age > FRESH_MS) void this.#renew(COOLDOWN_MS);
    const find = this.#usable();
    try {
      return await find(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    await this.#renew(COOLDOWN_MS);
    return this.#usable()(header);
  }

  #usable(): Find {
    if (this.#find === undefined || this.clock.monotonic() - this.#fetchedAt > STALE_MS)
      throw unavailable('issuer_keys_unavailable');
    return this.#find;
  }

  /** Joins a fetch on its way, starts one, or does nothing because there was one a moment ago. Never throws. */
  #renew(cooldownMs: number): Promise<void> {
    if (this.#fetching) return this.#fetching;
    if (this.clock.monotonic() - this.#triedAt < cooldownMs) return Promise.resolve();
    this.#triedAt = this.clock.monotonic();
    this.#fetching = this.#load().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #load(): Promise<void> {
    try {
      this.#find = createLocalJWKSet(keySetOf(await this.fetch(this.url)));
      this.#fetchedAt = this.clock.monotonic();
    } catch (error) {
      this.fault(error);
    }
  }
}

const keySetOf = (bytes: Uint8Array): JSONWebKeySet => {
  const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  const keys = typeof parsed === 'object' && parsed !== null && 'keys' in parsed ? parsed.keys : undefined;
  if (!Array.isArray(keys) || keys.length > MOST_KEYS) throw new Error('not a JSON Web Key Set');
  return { keys };
};

/** No redirects: the place is the operator's choice, not the server's. */
const fetchKeys: Fetch = async (url) => {
  if (url.startsWith('file:')) return bounded(await readFile(new URL(url)));
  const signal = AbortSignal.timeout(FETCH_MS);
  const response = await fetch(url, { redirect: 'error', signal, headers: { accept: 'application/json' } });
  if (!response.ok || response.body === null) throw new Error(`keys answered with ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > MOST_BYTES) break; // breaking off cancels the body
  }
  return bounded(Buffer.concat(chunks));
};

const bounded = (bytes: Uint8Array): Uint8Array => {
  if (bytes.byteLength > MOST_BYTES) throw new Error(`a key set of more than ${MOST_BYTES} bytes`);
  return bytes;
};
