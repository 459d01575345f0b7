import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import type { Password } from '#app/domain/identity/password.ts';
import { Argon2PasswordHasher } from '#app/infrastructure/auth/argon2-password-hasher.ts';
import { refusalOf } from '../../../support/identity.ts';

const PARAMETERS = '$argon2id$v=19$m=19456,t=2,p=1$';
const password = (text: string) => text as Password;

describe('Argon2PasswordHasher', () => {
  const hasher = new Argon2PasswordHasher();

  it('writes its parameters into the hash, and salts each one', async () => {
    const [one, two] = [await hasher.hash(password('twelve lemons')), await hasher.hash(password('twelve lemons'))];
    expect(one.startsWith(PARAMETERS)).toBe(true);
    expect(one).not.toBe(two);
  });

  it.each([
    ['1,024 characters', 'x'.repeat(1_024), 'x'.repeat(1_023)],
    ['1,024 emoji', '🦊'.repeat(1_024), `${'🦊'.repeat(1_023)}🐺`],
    ['unicode exactly as typed', 'Amélie', 'Ame\u0301lie'],
    ['spaces around', ' quiet river ', 'quiet river'],
    ['a NUL inside', 'quiet\0river', 'quiet\0'],
  ])('tells apart: %s', async (_what, right, wrong) => {
    const hash = await hasher.hash(password(right));
    expect(await hasher.verify(password(right), hash)).toBe(true);
    expect(await hasher.verify(password(wrong), hash)).toBe(false);
  });

  it('says no where there is no hash, after as much work', async () => {
    const hash = await hasher.hash(password('twelve lemons'));
    const fastest = { known: Number.POSITIVE_INFINITY, unknown: Number.POSITIVE_INFINITY };
    // In turns, and the fastest of many: other work on the machine slows down some of either, never all of one.
    for (let i = 0; i < 30; i += 1) {
      const which = i % 2 ? 'known' : 'unknown';
      const started = performance.now();
      expect(await hasher.verify(password('wrong'), which === 'known' ? hash : undefined)).toBe(false);
      fastest[which] = Math.min(fastest[which], performance.now() - started);
    }
    expect(fastest.unknown / fastest.known).toBeGreaterThan(0.5);
    expect(fastest.unknown / fastest.known).toBeLessThan(2);
  });

  it('knows hashes of other parameters', () => {
    expect(hasher.outdated(`${PARAMETERS}c2FsdA$aGFzaA`)).toBe(false);
    expect(hasher.outdated('$argon2id$v=19$m=4096,t=3,p=1$c2FsdA$aGFzaA')).toBe(true);
  });

  it('refuses at once what does not fit into the line, and serves the rest', async () => {
    const small = new Argon2PasswordHasher({ atOnce: 1, waiting: 2 });
    const all = Array.from({ length: 10 }, () => small.hash(password('twelve lemons')));
    for (const refused of all.slice(3))
      expect(await refusalOf(refused)).toMatchObject({ kind: 'unavailable', rule: 'hashing_overloaded' });
    expect(await Promise.all(all.slice(0, 3))).toHaveLength(3);
    await small.hash(password('twelve lemons'));
  });
});
