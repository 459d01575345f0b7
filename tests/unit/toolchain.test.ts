import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const node = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
};
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tertulia-toolchain-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the totals of a run', () => {
  const tests = (...statuses: string[]) => statuses.map((status) => ({ status }));
  const totalsOf = (testResults: object[]) => {
    const report = join(folder, 'report.json');
    writeFileSync(report, JSON.stringify({ testResults }));
    return node(join(root, 'scripts/totals.mjs'), report);
  };

  it.each([
    [
      '3 passed, 0 failed, 1 skipped',
      0,
      [{ status: 'passed', assertionResults: tests('passed', 'passed', 'passed', 'todo') }],
    ],
    ['1 passed, 1 failed, 0 skipped', 1, [{ status: 'failed', assertionResults: tests('passed', 'failed') }]],
    ['0 passed, 1 failed, 0 skipped', 1, [{ status: 'failed', assertionResults: [] }]],
    ['0 passed, 0 failed, 2 skipped', 1, [{ status: 'passed', assertionResults: tests('skipped', 'pending') }]],
    ['0 passed, 0 failed, 0 skipped', 1, []],
  ])('are "%s" with code %d', (line, status, results) => {
    expect(totalsOf(results)).toEqual({ status, output: `${line}\n` });
  });

  it('count a run without a report as failed', () => {
    expect(node(join(root, 'scripts/totals.mjs'), join(folder, 'none.json'))).toEqual({
      status: 1,
      output: '0 passed, 1 failed, 0 skipped\n',
    });
  });
});

describe('the transport’s binary', () => {
  const verify = (path: string) => node(join(root, 'scripts/verify-binaries.mjs'), path);
  const installed = join(root, 'node_modules', 'uWebSockets.js');

  it('is the reviewed one', () => {
    expect(verify(installed)).toEqual({ status: 0, output: '' });
  });

  it.each([
    ['changed', (copy: string) => appendFileSync(join(copy, 'dist/uws.mjs'), '\n'), 'dist/uws.mjs: expected'],
    ['missing', (copy: string) => rmSync(join(copy, 'dist/index.mjs')), 'dist/index.mjs: ENOENT'],
    ['new', (copy: string) => writeFileSync(join(copy, 'dist/bin/uws_linux_mips_127.node'), ''), 'not in scripts'],
  ])('is refused when a file is %s', (_how, change, problem) => {
    const copy = mkdtempSync(join(folder, 'uws-'));
    // Only what is loaded under this Node: the binaries for others are large.
    cpSync(installed, copy, { recursive: true, filter: (path) => !/_1(08|15|20)\.node$/.test(path) });
    change(copy);
    const { status, output } = verify(copy);
    expect(status).toBe(1);
    expect(output).toContain(problem);
  });
});

it('what npm left out of an installation is named, where it is for this platform', () => {
  const project = mkdtempSync(join(folder, 'platform-'));
  const { platform, arch } = process;
  const packages = {
    'node_modules/here': { optional: true, os: [platform], cpu: [arch] },
    'node_modules/elsewhere': { optional: true, os: ['plan9'], cpu: [arch] },
    'node_modules/another-cpu': { optional: true, os: [platform], cpu: ['z80'] },
    'node_modules/another-libc': { optional: true, os: [platform], cpu: [arch], libc: ['bionic'] },
    'node_modules/anywhere': { optional: true },
  };
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ packages }));
  const verify = () => node(join(root, 'scripts/verify-platform.mjs'), project);
  expect(verify()).toEqual({ status: 1, output: expect.stringMatching(/:\n {2}node_modules\/here\n$/) as string });
  mkdirSync(join(project, 'node_modules/here'), { recursive: true });
  writeFileSync(join(project, 'node_modules/here/package.json'), '{}');
  expect(verify()).toEqual({ status: 0, output: '' });
});

describe('the lock file', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { resolved?: string; link?: boolean; optionalDependencies?: Record<string, string> }>;
  };

  it('names no registry; what lies in the repository is found there', () => {
    const named = Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined);
    expect(named.filter(({ link, resolved }) => !link || !resolved?.startsWith('clients/'))).toEqual([]);
  });

  it('has an entry for every optional package of every platform, without which npm ci refuses it', () => {
    const missing = Object.values(lock.packages)
      .flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
      .filter((name) => !Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`)));
    expect(missing).toEqual([]);
  });
});
