import { validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { newId } from '../../../clients/sdk/src/new-id.ts';

describe('a new id', () => {
  it('is a UUIDv7 that no other is', () => {
    const ids = Array.from({ length: 10_000 }, newId);
    expect(ids.every((id) => validate(id) && version(id) === 7 && id === id.toLowerCase())).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('begins with the time', () => {
    const before = Date.now();
    const time = Number.parseInt(newId().replace('-', '').slice(0, 12), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });
});
