import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionId, UserId } from '#app/domain/shared/ids.ts';
import { LiveCache } from '#app/infrastructure/auth/live-cache.ts';
import { InProcessRevocations } from '#app/infrastructure/memory/in-process-revocations.ts';
import { ManualClock } from '../../../support/identity.ts';

interface Live {
  readonly userId: UserId;
  readonly sessionId: SessionId;
}
const live = (key: string, user = 'ada'): Live => ({ userId: user as UserId, sessionId: key as SessionId });

describe('LiveCache', () => {
  let clock: ManualClock;
  let revocations: InProcessRevocations;
  let cache: LiveCache<Live>;
  const load = vi.fn(async (key: string): Promise<Live | undefined> => live(key));
  beforeEach(() => {
    clock = new ManualClock();
    revocations = new InProcessRevocations(() => {});
    cache = new LiveCache(revocations, clock, 3);
    load.mockReset().mockImplementation(async (key) => live(key));
  });
  const get = (key: string) => cache.get(key, () => load(key));

  it('asks once, for all who come together, and again when the time is up', async () => {
    await Promise.all(Array.from({ length: 10 }, () => get('one')));
    clock.pass(29_999);
    await get('one');
    expect(load).toHaveBeenCalledTimes(1);
    clock.pass(1);
    await get('one');
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('keeps neither what is not there nor what could not be asked', async () => {
    load.mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error('away'));
    expect(await get('one')).toBeUndefined();
    await expect(get('one')).rejects.toThrow('away');
    expect(await get('one')).toEqual(live('one'));
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('forgets the oldest beyond its bound', async () => {
    for (const key of ['one', 'two', 'three', 'four']) await get(key);
    await get('four');
    expect(load).toHaveBeenCalledTimes(4);
    await get('one');
    expect(load).toHaveBeenCalledTimes(5);
  });

  it('forgets a session, or all of a user, at once and nothing else', async () => {
    await get('one');
    await get('two');
    revocations.announce({ sessionId: 'one' as SessionId, reason: 'revoked' });
    await get('two');
    expect(load).toHaveBeenCalledTimes(2);
    await get('one');
    expect(load).toHaveBeenCalledTimes(3);
    revocations.announce({ userId: 'eve' as UserId, reason: 'user_disabled' });
    await get('one');
    expect(load).toHaveBeenCalledTimes(3);
    revocations.announce({ userId: 'ada' as UserId, reason: 'user_disabled' });
    await get('one');
    await get('two');
    expect(load).toHaveBeenCalledTimes(5);
  });

  it('does not believe what was read before a revocation that came meanwhile', async () => {
    load.mockImplementationOnce(async (key) => {
      const read = live(key);
      revocations.announce({ sessionId: 'one' as SessionId, reason: 'revoked' });
      return read;
    });
    expect(await get('one')).toBeUndefined();
    await get('one');
    expect(load).toHaveBeenCalledTimes(2);
  });
});
