import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errors, exportJWK, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JwksKeySet } from '#app/infrastructure/auth/jwks-key-set.ts';
import { ManualClock, refusalOf } from '../../../support/identity.ts';

const aKey = async (kid: string): Promise<JWK> => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
};
const bytesOf = (...keys: JWK[]) => new TextEncoder().encode(JSON.stringify({ keys }));
const header = (kid: string) => ({ alg: 'ES256', kid });

describe('renewing', () => {
  let clock: ManualClock;
  let served: () => Promise<Uint8Array>;
  const faults: unknown[] = [];
  const fetches = vi.fn(() => served());
  let keys: JwksKeySet;
  let one: JWK;
  beforeEach(async () => {
    clock = new ManualClock();
    one = await aKey('one');
    served = async () => bytesOf(one);
    faults.length = 0;
    fetches.mockClear();
    keys = new JwksKeySet('https://issuer.example/keys', clock, (error) => faults.push(error), fetches);
  });
  const away = () => Promise.reject(new Error('away'));

  it('fetches when first needed, once for all who come together', async () => {
    expect(fetches).not.toHaveBeenCalled();
    let answer = () => {};
    served = () => new Promise((resolve) => (answer = () => resolve(bytesOf(one))));
    const found = Promise.all(Array.from({ length: 50 }, () => keys.key(header('one'))));
    await new Promise(setImmediate);
    answer();
    expect(await found).toHaveLength(50);
    expect(fetches).toHaveBeenCalledTimes(1);
    expect(fetches).toHaveBeenCalledWith('https://issuer.example/keys');
  });

  it('finds a new key at once, and takes the old one as long as it is published', async () => {
    await keys.key(header('one'));
    clock.pass(30_000);
    const two = await aKey('two');
    served = async () => bytesOf(one, two);
    await Promise.all(Array.from({ length: 50 }, (_, i) => keys.key(header(i % 2 ? 'two' : 'one'))));
    expect(fetches).toHaveBeenCalledTimes(2);
  });

  it('fetches at most once in 30 s for a flood of unknown keys', async () => {
    await keys.key(header('one'));
    for (let second = 0; second < 60; second += 1) {
      for (let i = 0; i < 20; i += 1)
        await expect(keys.key(header(`flood ${second} ${i}`))).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
      clock.pass(1_000);
    }
    expect(fetches.mock.calls.length).toBeLessThanOrEqual(3);
  });

  it('keeps known keys for a day while the issuer is away, and then says `unavailable`', async () => {
    await keys.key(header('one'));
    served = away;
    for (let minute = 0; minute < 24 * 60; minute += 10) {
      await keys.key(header('one'));
      clock.pass(600_000);
    }
    clock.pass(1);
    expect(await refusalOf(keys.key(header('one')))).toMatchObject({ kind: 'unavailable' });
    expect(faults.length).toBeGreaterThan(100);
  });

  it('renews beside the work: nobody waits for it', async () => {
    await keys.key(header('one'));
    clock.pass(600_001);
    served = () => new Promise(() => {});
    await keys.key(header('one'));
    expect(fetches).toHaveBeenCalledTimes(2);
  });

  it('drops a key that its issuer no longer publishes', async () => {
    await keys.key(header('one'));
    clock.pass(600_001);
    const two = await aKey('two');
    served = async () => bytesOf(two);
    await keys.key(header('two'));
    await expect(keys.key(header('one'))).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
  });

  it('without any keys is `unavailable`, tries again after a short while, and recovers', async () => {
    served = away;
    for (let i = 0; i < 20; i += 1)
      expect(await refusalOf(keys.key(header('one')))).toMatchObject({ kind: 'unavailable' });
    expect(fetches).toHaveBeenCalledTimes(1);
    served = async () => bytesOf(one);
    clock.pass(2_000);
    await keys.key(header('one'));
  });

  it.each([
    ['no JSON', 'keys'],
    ['no key set', '{"key":[]}'],
    ['a set that is no list', '{"keys":{}}'],
    ['a thousand keys', JSON.stringify({ keys: Array.from({ length: 1_000 }, () => ({ kty: 'EC' })) })],
  ])('keeps what it has when the issuer serves %s', async (_what, text) => {
    await keys.key(header('one'));
    clock.pass(600_001);
    served = async () => new TextEncoder().encode(text);
    await keys.key(header('one'));
    await vi.waitFor(() => expect(faults).toHaveLength(1));
    await keys.key(header('one'));
  });

  it('never takes a secret or a private key for a public one', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    served = async () =>
      bytesOf({ kty: 'oct', k: 'c2VjcmV0', kid: 'oct' }, { ...(await exportJWK(privateKey)), kid: 'private' });
    await expect(keys.key(header('oct'))).rejects.toBeInstanceOf(errors.JOSEError);
    await expect(keys.key({ alg: 'HS256', kid: 'oct' })).rejects.toBeInstanceOf(errors.JOSEError);
    await expect(keys.key(header('private'))).rejects.toBeInstanceOf(errors.JOSEError);
  });
});

describe('fetching', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });

  const serving = async (listener: RequestListener) => {
    const server: Server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  };
  const from = (url: string) => {
    const faults: unknown[] = [];
    const keys = new JwksKeySet(url, new ManualClock(), (error) => faults.push(error));
    return { keys, faults };
  };

  it('reads what is served', async () => {
    const one = await aKey('one');
    const { keys } = from(await serving((_request, response) => response.end(bytesOf(one))));
    expect(await keys.key(header('one'))).toBeDefined();
  });

  it('reads a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keys-'));
    closers.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'keys.json');
    await writeFile(file, bytesOf(await aKey('one')));
    expect(await from(pathToFileURL(file).href).keys.key(header('one'))).toBeDefined();
    const absent = from(pathToFileURL(join(folder, 'absent.json')).href);
    expect(await refusalOf(absent.keys.key(header('one')))).toMatchObject({ kind: 'unavailable' });
  });

  it('follows no redirect', async () => {
    const one = await aKey('one');
    let followed = 0;
    const target = await serving((_request, response) => {
      followed += 1;
      response.end(bytesOf(one));
    });
    const { keys, faults } = from(
      await serving((_request, response) => response.writeHead(302, { location: target }).end()),
    );
    expect(await refusalOf(keys.key(header('one')))).toMatchObject({ kind: 'unavailable' });
    expect([followed, faults.length]).toEqual([0, 1]);
  });

  it.each([404, 500, 204])('believes nothing answered with %i', async (status) => {
    const one = await aKey('one');
    const { keys } = from(
      await serving((_request, response) => response.writeHead(status).end(status === 204 ? undefined : bytesOf(one))),
    );
    expect(await refusalOf(keys.key(header('one')))).toMatchObject({ kind: 'unavailable' });
  });

  it('stops reading an endless answer', async () => {
    let written = 0;
    const { keys } = from(
      await serving((_request, response) => {
        const more = () => {
          while (!response.destroyed && response.write('{"keys":[],"x":"'.padEnd(65_536, 'x'))) written += 65_536;
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      }),
    );
    expect(await refusalOf(keys.key(header('one')))).toMatchObject({ kind: 'unavailable' });
    expect(written).toBeLessThan(64 * 1_048_576);
  });
});
