import { beforeEach, describe, expect, it } from 'vitest';
import { BatchFailures } from '#app/composition/batch-failures.ts';

const FULL = { kind: 'busy', ambiguous: false, code: '53100' } as const;
const AWAY = { kind: 'away', ambiguous: true, code: 'connection' } as const;

let now: number;
let said: string[];
let failures: BatchFailures;

beforeEach(() => {
  [now, said] = [0, []];
  const journal = {
    info: (event: string) => void said.push(event),
    warn: (event: string, fields: Readonly<Record<string, string | number | boolean | undefined>> = {}) =>
      void said.push(`${event} ×${fields['times']}`),
  };
  failures = new BatchFailures(journal, { monotonic: () => now });
});
const failFor = (seconds: number) => {
  for (const end = now + seconds * 1_000; now < end; now += 50) failures.failed(FULL, 1);
};

describe('batches that fail', () => {
  it('are said once, then every ten seconds with how many there were', () => {
    failFor(21);
    const line = 'batch failed: the disk of the database is full';
    expect(said).toEqual([`${line} ×1`, `${line} ×200`, `${line} ×200`]);
  });

  it('for another reason are said at once', () => {
    failFor(1);
    failures.failed(AWAY, 3);
    expect(said.at(-1)).toBe('batch failed ×1');
  });

  it('and go through again are said to, once', () => {
    failures.wentThrough();
    failFor(1);
    failures.wentThrough();
    failures.wentThrough();
    expect(said.slice(1)).toEqual(['batches go through again']);
  });

  it('by turns fill no log', () => {
    for (; now < 10_000; now += 50) {
      failures.failed(FULL, 1);
      failures.wentThrough();
    }
    expect(said).toHaveLength(2);
  });
});
