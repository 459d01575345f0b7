import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileSession } from '../../clients/sdk/src/node/file-session.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'session-'));
  path = join(folder, 'session');
});
afterEach(() => rm(folder, { recursive: true }));

const session = {
  userId: '0193e49f-1111-7222-8333-444455556666',
  accessToken: 'a',
  accessTokenExpiresAt: 1,
  refreshToken: 'r',
};

it('keeps what was saved last, and nothing once it is cleared', async () => {
  const storage = fileSession(path);
  expect(await storage.load()).toBeUndefined();
  await storage.save(session);
  await storage.save({ ...session, refreshToken: 'r2' });
  expect(await fileSession(path).load()).toEqual({ ...session, refreshToken: 'r2' });
  await storage.clear();
  await storage.clear();
  expect([await storage.load(), await readdir(folder)]).toEqual([undefined, []]);
});

it('is for its owner only, whatever it was before', async () => {
  await writeFile(path, 'old');
  await chmod(path, 0o644);
  await fileSession(path).save(session);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  // Nor what a kill left beside it.
  await writeFile(`${path}.next`, 'half');
  await chmod(`${path}.next`, 0o644);
  await fileSession(path).save(session);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it('still has the old one when the new one can’t be written', async () => {
  await fileSession(path).save(session);
  const before = await readFile(path, 'utf8');
  // Where the new file would be there is a folder.
  const storage = fileSession(path);
  await mkdir(`${path}.next`);
  await expect(storage.save({ ...session, refreshToken: 'r2' })).rejects.toThrow(/EISDIR/);
  expect(await readFile(path, 'utf8')).toBe(before);
});

it.each(['', '{', '[]', '{"userId":"x"}', JSON.stringify({ ...session, accessTokenExpiresAt: '1' })])(
  'makes nothing of %j',
  async (content) => {
    await writeFile(path, content);
    expect(await fileSession(path).load()).toBeUndefined();
  },
);
