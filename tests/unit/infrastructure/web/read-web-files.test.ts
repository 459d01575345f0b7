import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CannotStart } from '#app/application/cannot-start.ts';
import { MAX_WEB_BYTES, readWebFiles } from '#app/infrastructure/web/read-web-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tertulia-web-'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = async (path: string, text = path) => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
};

describe('a built web client', () => {
  it('is nothing where none was built', async () => {
    expect(await readWebFiles(join(folder, 'absent'))).toBeUndefined();
    await write('assets/a.js');
    expect(await readWebFiles(folder)).toBeUndefined();
  });

  it('is read with what was compressed beside it, by the paths of the server', async () => {
    for (const path of ['index.html', 'assets/a-12345678.js', 'assets/a-12345678.js.br', 'assets/a-12345678.js.gz'])
      await write(path);
    await write('.built');
    const files = await readWebFiles(folder);
    expect([...(files?.keys() ?? [])].toSorted()).toEqual(['/assets/a-12345678.js', '/index.html']);
    const [script, page] = [files?.get('/assets/a-12345678.js'), files?.get('/index.html')];
    expect([script?.plain, script?.br, script?.gzip].map((bytes) => Buffer.from(bytes ?? []).toString())).toEqual([
      'assets/a-12345678.js',
      'assets/a-12345678.js.br',
      'assets/a-12345678.js.gz',
    ]);
    expect([script?.type, page?.type]).toEqual(['text/javascript; charset=utf-8', 'text/html; charset=utf-8']);
    expect(page).not.toHaveProperty('br');
  });

  it('has another hash as soon as it has other bytes', async () => {
    const hash = async () => (await readWebFiles(folder))?.get('/index.html')?.hash;
    await write('index.html', 'one');
    const one = await hash();
    expect(await hash()).toBe(one);
    await write('index.html', 'two');
    expect(await hash()).not.toBe(one);
  });

  it('is refused when it would not fit into memory, before it is read', async () => {
    await write('index.html');
    await write('big.js');
    await truncate(join(folder, 'big.js'), MAX_WEB_BYTES);
    await expect(readWebFiles(folder)).rejects.toThrow(CannotStart);
    await truncate(join(folder, 'big.js'), MAX_WEB_BYTES - 100);
    expect((await readWebFiles(folder))?.size).toBe(2);
  });

  it('is refused when it holds what nobody knows how to serve', async () => {
    await write('index.html');
    await write('run.exe');
    await expect(readWebFiles(folder)).rejects.toThrow(CannotStart);
  });
});
