import { beforeEach, describe, expect, it } from 'vitest';
import { concerns, type Revocation } from '#app/application/ports/revocations.ts';
import { ApiKeyId, SessionId, UserId } from '#app/domain/shared/ids.ts';
import { InProcessRevocations } from '#app/infrastructure/memory/in-process-revocations.ts';
import { random } from '../../../support/identity.ts';

const aRevocation = (): Revocation => ({ sessionId: SessionId(random.uuid()), reason: 'revoked' });

describe('Revocations contract: in process', () => {
  const faults: unknown[] = [];
  let revocations: InProcessRevocations;
  beforeEach(() => {
    faults.length = 0;
    revocations = new InProcessRevocations(random, (error) => faults.push(error));
  });

  it('tells every subscriber once, in order, before `announce` returns', () => {
    const heard: Revocation[][] = [[], []];
    for (const list of heard) revocations.subscribe((revocation) => list.push(revocation));
    const all = [aRevocation(), aRevocation()];
    for (const one of all) revocations.announce(one);
    expect(heard).toEqual([all, all]);
  });

  it('lets no listener harm another, and ends a subscription however often it is ended', () => {
    const heard: Revocation[] = [];
    const hear = (revocation: Revocation) => heard.push(revocation);
    revocations.subscribe(() => {
      throw new Error('bad listener');
    });
    const end = revocations.subscribe(hear);
    revocations.subscribe(hear);
    revocations.announce(aRevocation());
    expect([heard.length, faults.length]).toEqual([2, 1]);
    end();
    end();
    revocations.announce(aRevocation());
    expect(heard).toHaveLength(3);
  });

  it('gives pollers what came after their cursor, in pages, and nothing twice', async () => {
    revocations.announce(aRevocation());
    const start = await revocations.since();
    expect(start).toMatchObject({ revocations: [], complete: true });
    const all = Array.from({ length: 2_500 }, aRevocation);
    for (const one of all) revocations.announce(one);
    const seen: Revocation[] = [];
    for (
      let page = await revocations.since(start.cursor);
      page.revocations.length > 0;
      page = await revocations.since(page.cursor)
    ) {
      expect(page.complete).toBe(true);
      seen.push(...page.revocations);
    }
    expect(seen).toEqual(all);
  });

  it('says when a cursor is too old, foreign or nonsense, and goes on from now', async () => {
    const { cursor } = await revocations.since();
    for (let i = 0; i < 20_001; i += 1) revocations.announce(aRevocation());
    const foreign = await new InProcessRevocations(random, () => {}).since();
    for (const bad of [cursor, foreign.cursor, '', 'x', `${cursor}9999999`, `${cursor.split('.')[0]}.-1`]) {
      const page = await revocations.since(bad);
      expect(page).toMatchObject({ revocations: [], complete: false });
      expect(await revocations.since(page.cursor)).toMatchObject({ complete: true });
    }
  });
});

it('knows what a revocation concerns', () => {
  const [userId, sessionId, apiKeyId] = [UserId(random.uuid()), SessionId(random.uuid()), ApiKeyId(random.uuid())];
  expect(concerns({ sessionId }, { userId, sessionId })).toBe(true);
  expect(concerns({ sessionId }, { userId })).toBe(false);
  expect(concerns({ sessionId: SessionId(random.uuid()) }, { userId, sessionId })).toBe(false);
  expect(concerns({ apiKeyId }, { userId, apiKeyId })).toBe(true);
  expect(concerns({ apiKeyId }, { userId, sessionId })).toBe(false);
  expect(concerns({ userId }, { userId })).toBe(true);
  expect(concerns({ userId: UserId(random.uuid()) }, { userId, sessionId, apiKeyId })).toBe(false);
});
