import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CannotStart } from '#app/application/cannot-start.ts';
import { localSecret } from '#app/infrastructure/config/local-secret.ts';
import { readConfig } from '#app/infrastructure/config/read-config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the secret in the data directory', () => {
  it('is made once, in a directory that need not exist, readable by its owner alone', async () => {
    const dataDir = join(folder, 'deep', 'data');
    const secret = await localSecret(dataDir);
    expect(await localSecret(dataDir)).toBe(secret);
    expect(statSync(join(dataDir, 'jwt-secret')).mode & 0o777).toBe(0o600);
    expect(readConfig({ JWT_SECRET: secret }).tokens.secret).toBe(secret);
  });

  it('is the same for all who start at once, and nothing is left beside it', async () => {
    for (let round = 0; round < 10; round++) {
      const dataDir = join(folder, String(round));
      const secrets = await Promise.all(Array.from({ length: 20 }, () => localSecret(dataDir)));
      expect(new Set(secrets).size).toBe(1);
      expect(readdirSync(dataDir)).toEqual(['jwt-secret']);
    }
  });

  it.each(['', 'half', 'changeme'])('is not replaced when it is damaged (%j)', async (text) => {
    const file = join(folder, 'jwt-secret');
    writeFileSync(file, text);
    await expect(localSecret(folder)).rejects.toBeInstanceOf(CannotStart);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('is closed to others again if somebody opened it', async () => {
    await localSecret(folder);
    const file = join(folder, 'jwt-secret');
    chmodSync(file, 0o644);
    await localSecret(folder);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
