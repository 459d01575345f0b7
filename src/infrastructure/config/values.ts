import { isIP } from 'node:net';
import * as v from 'valibot';
import { addressesIn } from '../postgres/addresses.ts';
import type { Bucket } from '../memory/in-process-rate-limiter.ts';

/** How the text of a setting is read, and what is said when it can't be. */
export interface Value<Out> {
  readonly expected: string;
  readonly schema: v.GenericSchema<string, Out>;
}

/** `read` answers undefined for what is not as expected. */
const value = <Out>(expected: string, read: (text: string) => Out | undefined): Value<Out> => ({
  expected,
  schema: v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const out = read(dataset.value);
      if (out !== undefined) return out;
      addIssue({ message: expected });
      return NEVER;
    }),
  ),
});

export const integer = (lowest: number, highest: number): Value<number> =>
  value(`a whole number from ${lowest} to ${highest}`, (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return number >= lowest && number <= highest ? number : undefined;
  });

export const oneOf = <const Word extends string>(...words: readonly Word[]): Value<Word> =>
  value(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text));

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};
export const flag: Value<boolean> = value('true or false', (text) =>
  Object.hasOwn(truths, text) ? truths[text] : undefined,
);

/** Commas between, spaces around them ignored, nothing twice. */
const list = <Out>(expected: string, read: (item: string) => Out | undefined): Value<readonly Out[]> =>
  value(`${expected}, separated by commas, each once`, (text) => {
    const items = text.split(',').map((item) => item.trim());
    const good = items.map(read).filter((item) => item !== undefined);
    return good.length === items.length && new Set(good).size === items.length ? good : undefined;
  });

export const path: Value<string> = value('a path', (text) => (text.includes('\0') ? undefined : text));

export const paths = list('paths of modules', (item) => (item === '' || item.includes('\0') ? undefined : item));

export const host: Value<string> = value('an IP address or a host name', (text) =>
  isIP(text) !== 0 || /^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/i.test(text) ? text : undefined,
);

export const origins = list('origins such as https://chat.example.org', (item) => {
  const url = URL.canParse(item) ? new URL(item) : undefined;
  return url && /^https?:$/.test(url.protocol) && url.origin === item.toLowerCase() ? url.origin : undefined;
});

/** Whoever believes everybody believes whatever an attacker writes, so a block that covers all addresses is none. */
export const addressBlocks = list('IP addresses or CIDR blocks (never all addresses)', (item) => {
  const [address = '', bits, ...rest] = item.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return undefined;
  if (bits === undefined) return item;
  const width = /^\d{1,3}$/.test(bits) ? Number(bits) : 0;
  return width >= 1 && width <= (family === 4 ? 32 : 128) ? item : undefined;
});

/** `50/200`: so many per second in the long run, so many at once. */
export const rate: Value<Bucket> = value('RATE/BURST, such as 50/200 (50 per second, 200 at once)', (text) => {
  const [, perSecond, burst] = /^(\d{1,6}(?:\.\d{1,3})?)\/(\d{1,7})$/.exec(text) ?? [];
  const bucket = { rate: Number(perSecond), burst: Number(burst) };
  return bucket.rate > 0 && bucket.burst >= 1 ? bucket : undefined;
});

export const databaseUrl: Value<string> = value(
  'postgresql://user:password@host:5432/database, with a password that is no placeholder; of several servers, postgresql://user:password@one:5432,two:5432/database?target_session_attrs=read-write',
  (text) => {
    const [address] = addressesIn(text) ?? [];
    return address === undefined || PLACEHOLDER.test(new URL(address).password) ? undefined : text;
  },
);

export const redisUrls = list(
  'redis://user:password@host:6379 or rediss://, with a password that is no placeholder',
  (item) => {
    const url = URL.canParse(item) ? new URL(item) : undefined;
    if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || url.search !== '') return undefined;
    return PLACEHOLDER.test(url.password) || !/^(\/\d{0,5})?$/.test(url.pathname) ? undefined : item;
  },
);

export const redisPrefix: Value<string> = value('1 to 32 letters, digits, _ or -', (text) =>
  /^[\w-]{1,32}$/.test(text) ? text : undefined,
);

/** The key of every session: whoever guesses it is everybody. */
export const secret: Value<string> = value(
  'at least 32 bytes of chance, such as the output of `openssl rand -base64 48`; no placeholder, no pattern',
  (text) => (Buffer.byteLength(text) < 32 || isGuessable(text) ? undefined : text),
);

const PLACEHOLDER =
  /change.?(me|this)|placeholder|default|example|password|(your|my|super|jwt|top).?secret|secret.?key|insecure/i;
export const isGuessable = (text: string) =>
  PLACEHOLDER.test(text) || new Set(text).size < 8 || isRepetition(text) || isMostlySequence(text);
const isRepetition = (text: string) =>
  Array.from({ length: 16 }, (_, index) => index + 1).some((period) => text.slice(period) === text.slice(0, -period));
/** abcdefgh…, 12345678… */
const isMostlySequence = (text: string) =>
  text.split('').filter((_, at) => Math.abs(text.charCodeAt(at) - text.charCodeAt(at - 1)) === 1).length >
  text.length / 2;
