import { beforeEach, describe, expect, it } from 'vitest';
import { ApiKeyName } from '#app/domain/identity/api-key.ts';
import { DisplayName } from '#app/domain/identity/display-name.ts';
import { Handle } from '#app/domain/identity/handle.ts';
import { NewPassword } from '#app/domain/identity/password.ts';
import { ConnectionId, UserId } from '#app/domain/shared/ids.ts';
import { anIdentityWorld, random, refusalOf } from '../../../support/identity.ts';

let world: ReturnType<typeof anIdentityWorld>;
let ada: Awaited<ReturnType<typeof register>>;
const register = (handle: string) =>
  world.register.execute({
    handle: Handle(handle),
    displayName: DisplayName('Ada'),
    email: undefined,
    password: NewPassword('twelve lemons sing'),
    device: undefined,
  });
beforeEach(async () => {
  world = anIdentityWorld();
  ada = await register('ada');
  world.bus.events.length = 0;
});

describe('the profile', () => {
  const update = (change: { displayName?: DisplayName; handle?: Handle }) =>
    world.updateProfile.execute({ userId: ada.user.id, origin: ConnectionId('here'), ...change });

  it('changes with the next urev, and says so to the user’s other devices', async () => {
    const displayName = DisplayName('Countess');
    expect(await update({ displayName })).toMatchObject({ displayName, handle: 'ada', urev: 1 });
    expect(await update({ handle: Handle('countess') })).toMatchObject({ displayName, handle: 'countess', urev: 2 });
    expect(world.bus.events).toEqual([
      { type: 'profile.changed', userId: ada.user.id, urev: 1, handle: 'ada', displayName, origin: 'here' },
      { type: 'profile.changed', userId: ada.user.id, urev: 2, handle: 'countess', displayName, origin: 'here' },
    ]);
  });

  it('refuses a taken handle and an empty change, and announces nothing', async () => {
    await register('eve');
    world.bus.events.length = 0;
    expect(await refusalOf(update({ handle: Handle('eve') }))).toMatchObject({ kind: 'conflict' });
    expect(await refusalOf(update({}))).toMatchObject({ kind: 'invalid' });
    expect(world.bus.events).toEqual([]);
    expect(await world.me.execute({ userId: ada.user.id })).toMatchObject({ handle: 'ada', urev: 0 });
  });

  it('shows everything to oneself, names to others, and unknown ids to nobody', async () => {
    expect(await world.me.execute({ userId: ada.user.id })).toEqual(ada.user);
    expect(await refusalOf(world.me.execute({ userId: UserId(random.uuid()) }))).toMatchObject({ kind: 'not_found' });
    const shown = await world.profiles.execute({ ids: [ada.user.id, ada.user.id, UserId(random.uuid())] });
    expect(shown).toEqual([{ id: ada.user.id, handle: 'ada', displayName: 'Ada' }]);
  });
});

describe('API keys', () => {
  const create = (sessionId = ada.session.id as typeof ada.session.id | undefined) =>
    world.createKey.execute({ userId: ada.user.id, sessionId, name: ApiKeyName('bot'), ttlMs: undefined });

  it('are shown once and listed without their secret', async () => {
    const { apiKey, secret } = await create();
    expect(secret).toMatch(/^tk_[\w-]{43}$/);
    expect(await world.listKeys.execute({ userId: ada.user.id })).toEqual([apiKey]);
    expect(JSON.stringify([...world.memory.apiKeys.values()])).not.toContain(secret);
  });

  it('are made in a session only: a leaked key has no heirs', async () => {
    expect(
      await refusalOf(
        world.createKey.execute({
          userId: ada.user.id,
          sessionId: undefined,
          name: ApiKeyName('bot'),
          ttlMs: undefined,
        }),
      ),
    ).toMatchObject({ kind: 'forbidden', rule: 'needs_session' });
    expect(world.memory.apiKeys.size).toBe(0);
  });

  it('are bounded', async () => {
    await create();
    await create();
    expect(await refusalOf(create())).toMatchObject({ kind: 'conflict', rule: 'too_many_api_keys' });
  });

  it('end when revoked, by their owner only, and their sockets are told', async () => {
    const { apiKey } = await create();
    const eve = await register('eve');
    const revoke = (userId: UserId) => world.revokeKey.execute({ userId, apiKeyId: apiKey.id });
    expect(await refusalOf(revoke(eve.user.id))).toMatchObject({ kind: 'not_found' });
    expect(world.revoked).toEqual([]);
    await revoke(ada.user.id);
    expect(world.revoked).toEqual([{ apiKeyId: apiKey.id, reason: 'revoked' }]);
    expect(await refusalOf(revoke(ada.user.id))).toMatchObject({ kind: 'not_found' });
  });
});
