import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fileOutbox } from '../../clients/sdk/src/node/file-outbox.ts';
import { soleUse } from '../../clients/sdk/src/node/sole-use.ts';
import { anEntry } from './outbox-storage.contract.ts';

/** For tests that wait for the disk many hundred times: some take their time each time. */
const SLOW_DISK_MS = 240_000;

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outbox-'));
  path = join(folder, 'outbox');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const writing = async (...ids: readonly string[]): Promise<void> => {
  const outbox = fileOutbox(path);
  for (const id of ids) await outbox.add(anEntry(id));
  await outbox.close();
};
const read = async (): Promise<string> => {
  const outbox = fileOutbox(path);
  try {
    return (await outbox.list('ann')).map(({ id }) => id).join(' ');
  } finally {
    await outbox.close();
  }
};

it(
  'reads whatever a kill left of the last write, at every byte, and goes on behind it',
  async () => {
    await writing('1');
    const confirmed = await readFile(path);
    await writing('2');
    const whole = await readFile(path);
    for (let length = 0; length < whole.length; length++) {
      await writeFile(path, whole.subarray(0, length));
      const kept = length < confirmed.length ? '' : '1';
      expect(await read(), `${length} bytes`).toBe(kept);
      await writing('3');
      expect(await read(), `${length} bytes and one more`).toBe(`${kept} 3`.trim());
    }
  },
  SLOW_DISK_MS,
);

it('drops what a power cut may leave behind the last confirmed line', async () => {
  await writing('1');
  for (const rest of ['\0'.repeat(600), 'ffffffff ["add"', '00000000 ["remove","1"]\n', '\n\n']) {
    await appendFile(path, rest);
    expect(await read()).toBe('1');
    expect((await readFile(path, 'latin1')).endsWith(rest)).toBe(false);
  }
});

it('refuses a file that is damaged in its middle, and leaves it as it is', async () => {
  await writing('1', '2', '3');
  const damaged = (await readFile(path, 'utf8')).replace('text of 2', 'text of 7');
  await writeFile(path, damaged);
  await expect(read()).rejects.toThrow(/damaged at byte \d+/);
  expect(await readFile(path, 'utf8')).toBe(damaged);
});

it('refuses a file that is something else, and leaves it as it is', async () => {
  await writeFile(path, 'dear diary\n');
  await expect(read()).rejects.toThrow(/no outbox/);
  expect(await readFile(path, 'utf8')).toBe('dear diary\n');
});

it('is for its owner only, whatever it was before', async () => {
  const mode = async () => (await stat(path)).mode & 0o777;
  await writing('1');
  expect(await mode()).toBe(0o600);
  await chmod(path, 0o644);
  await writing('2');
  expect(await mode()).toBe(0o600);
});

it(
  'does not grow with what is gone',
  async () => {
    const outbox = fileOutbox(path);
    await outbox.add(anEntry('stays'));
    let largest = 0;
    for (let i = 0; i < 3_000; i += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, j) => outbox.add(anEntry(`${i + j}`))));
      await Promise.all(Array.from({ length: 50 }, (_, j) => outbox.remove(`${i + j}`)));
      largest = Math.max(largest, (await stat(path)).size);
    }
    await outbox.close();
    expect(largest).toBeLessThan(1_200 * 150);
    expect(await read()).toBe('stays');
    expect(await readdir(folder)).toEqual(['outbox']);
  },
  SLOW_DISK_MS,
);

it(
  'has all that it confirmed after a kill in the middle of adding, removing and writing anew',
  async () => {
    for (let round = 0; round < 4; round++) {
      await rm(path, { force: true });
      const { confirmed, begun, removed } = await killedAfter(700 + round * 450);
      const outbox = fileOutbox(path);
      const kept = (await outbox.list('ann')).map(({ id }) => Number(id));
      await outbox.close();
      expect(kept).toEqual(kept.toSorted((a, b) => a - b));
      expect(kept.filter((id) => id > begun)).toEqual([]);
      const lost = Array.from({ length: confirmed }, (_, i) => i + 1).filter(
        (id) => id > removed && !kept.includes(id),
      );
      expect(lost).toEqual([]);
    }
  },
  SLOW_DISK_MS,
);

/** A process that adds and removes, and tells what it did, until it is killed after so many lines. */
const killedAfter = async (lines: number) => {
  const child = started(`
    const { fileOutbox } = await import(${source('file-outbox.ts')});
    const outbox = fileOutbox(process.argv[1]);
    const entry = (id) => ({ id, userId: 'ann', conversationId: 'c', content: 'x'.repeat(40), writtenAt: 1 });
    for (let i = 1; ; i++) {
      console.log('begin', i);
      await outbox.add(entry(String(i)));
      console.log('added', i);
      if (i <= 3) continue;
      console.log('remove', i - 3);
      await outbox.remove(String(i - 3));
    }`);
  const exited = once(child, 'exit');
  const told = { begin: 0, added: 0, remove: 0 };
  let count = 0;
  for await (const line of createInterface(child.stdout)) {
    const [what, id] = line.split(' ') as [keyof typeof told, string];
    told[what] = Number(id);
    if (++count === lines) child.kill('SIGKILL');
  }
  await exited;
  return { begun: told.begin, confirmed: told.added, removed: told.remove };
};

it('is refused to a second process, and to a second one in this process, until the first lets go', async () => {
  const first = fileOutbox(path);
  await first.add(anEntry('1'));
  const second = fileOutbox(path);
  await expect(second.list('ann')).rejects.toThrow(/is used by another process/);
  await expect(second.add(anEntry('2'))).rejects.toThrow(/is used by another process/);
  expect(await askElsewhere()).toMatch(/is used by another process/);
  await first.close();
  expect(await askElsewhere()).toBe('1');
  await second.add(anEntry('2'));
  await second.close();
  expect(await read()).toBe('1 2');
});

const askElsewhere = () =>
  run(`
    const { fileOutbox } = await import(${source('file-outbox.ts')});
    const outbox = fileOutbox(process.argv[1]);
    const told = outbox.list('ann').then((all) => all.map(({ id }) => id).join(' '), (error) => error.message);
    process.stdout.write(await told);
    await outbox.close();`);

it('takes over the socket file that a kill left, where there is nothing better', async () => {
  vi.stubEnv('TMPDIR', folder);
  const letGo = await soleUse(path, 'freebsd');
  await expect(soleUse(path, 'freebsd')).rejects.toThrow(/is used/);
  await letGo();
  await run(`
    const { soleUse } = await import(${source('sole-use.ts')});
    await soleUse(process.argv[1], 'freebsd');
    process.kill(process.pid, 'SIGKILL');`);
  expect((await readdir(folder)).filter((name) => /^tertulia-[0-9a-f]{32}$/.test(name))).toHaveLength(1);
  await (await soleUse(path, 'freebsd'))();
});

it('tells what the disk says, and goes on when it can', async () => {
  const outbox = fileOutbox(join(folder, 'not yet', 'outbox'));
  await expect(outbox.add(anEntry('1'))).rejects.toThrow(/ENOENT/);
  await mkdir(join(folder, 'not yet'));
  await outbox.add(anEntry('1'));
  expect(await outbox.list('ann')).toEqual([anEntry('1')]);
  await outbox.close();
  await expect(outbox.add(anEntry('2'))).rejects.toThrow(/is closed/);
});

const source = (name: string) => JSON.stringify(join(import.meta.dirname, '../../clients/sdk/src/node', name));

const started = (program: string) =>
  spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** @returns what it wrote */
const run = async (program: string): Promise<string> => {
  const child = started(program);
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
  await once(child, 'close');
  return told;
};
