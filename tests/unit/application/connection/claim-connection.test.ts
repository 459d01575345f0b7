import { beforeEach, describe, expect, it } from 'vitest';
import { ClaimConnection } from '#app/application/connection/claim-connection.ts';
import type { RegisteredConnection } from '#app/application/ports/connection-registry.ts';
import { type ConnectionId, UserId } from '#app/domain/shared/ids.ts';
import { MemoryConnectionRegistry } from '#app/infrastructure/memory/memory-connection-registry.ts';
import { aConnection } from '../../../contract/connection-registry.contract.ts';
import { random } from '../../../support/identity.ts';
import { settle } from '../../../support/manual-timers.ts';

const MOST = 3;
let registry: MemoryConnectionRegistry;
let evicted: ConnectionId[];
let away: number;
let reachable: boolean;
const ada = UserId(random.uuid());

beforeEach(() => {
  [registry, evicted, away, reachable] = [new MemoryConnectionRegistry(), [], 0, true];
});

const claims = (evictOldest: boolean) =>
  new ClaimConnection(registry, {
    ...{ mostPerUser: MOST, evictOldest, reachable: () => reachable },
    ...{ evict: (id) => void evicted.push(id), onAway: () => void away++ },
  });
const connections = (count: number) => Array.from({ length: count }, () => aConnection('n', { userId: ada }));
const outcomes = (claim: ClaimConnection, these: readonly RegisteredConnection[]) =>
  Promise.all(
    these.map((one) =>
      claim.execute(one).then(
        () => true,
        (error: { rule: string }) => error.rule,
      ),
    ),
  );

describe('claiming a connection', () => {
  it('refuses the newest beyond the bound, however many come at once', async () => {
    const all = connections(6);
    for (const connection of all) await registry.insert(connection); // each has been written when the first is counted
    expect(await outcomes(claims(false), all)).toEqual([true, true, true, ...Array(3).fill('sockets_per_user')]);
    expect(evicted).toEqual([]);
  });

  it('closes the oldest instead where that is wished', async () => {
    const all = connections(5);
    for (const connection of all) expect(await outcomes(claims(true), [connection])).toEqual([true]);
    expect(new Set(evicted)).toEqual(new Set(all.slice(0, 2).map(({ id }) => id)));
  });

  it('holds nobody to the connections of others', async () => {
    const all = Array.from({ length: 6 }, () => aConnection('n'));
    expect(await outcomes(claims(false), all)).toEqual(Array(6).fill(true));
  });

  it('waits for no registry that is away, and lets in whom the node itself let in', async () => {
    registry.insert = () => Promise.reject(new Error('away'));
    expect(await outcomes(claims(false), connections(6))).toEqual(Array(6).fill(true));
    expect(away).toBe(6);
    reachable = false;
    expect(await outcomes(claims(false), connections(1))).toEqual([true]);
    await settle();
    expect(away).toBe(7);
  });
});
