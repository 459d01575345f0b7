import { beforeEach, describe, expect, it } from 'vitest';
import { DisplayName } from '#app/domain/identity/display-name.ts';
import { EmailAddress } from '#app/domain/identity/email-address.ts';
import { Handle } from '#app/domain/identity/handle.ts';
import { NewPassword, Password } from '#app/domain/identity/password.ts';
import { SessionId } from '#app/domain/shared/ids.ts';
import { anIdentityWorld, random, refusalOf } from '../../../support/identity.ts';

const PASSWORD = NewPassword('twelve lemons sing');
const HOME = '192.0.2.1';

let world: ReturnType<typeof anIdentityWorld>;
beforeEach(() => {
  world = anIdentityWorld();
});

const register = (handle = 'ada', password = PASSWORD) =>
  world.register.execute({
    handle: Handle(handle),
    displayName: DisplayName('Ada'),
    email: EmailAddress('ada@example.com'),
    password,
    device: { name: 'Laptop', platform: 'web', version: '1' },
  });
const logIn = (handle = 'ada', password = PASSWORD as Password, address = HOME) =>
  world.logIn.execute({ login: Handle(handle), password, address, device: undefined });
const published = (type: string) => world.bus.events.filter((event) => event.type === type);

describe('registering', () => {
  it('begins a session on the device that asks', async () => {
    const { user, session, access, refreshToken } = await register();
    expect(user).toMatchObject({ handle: 'ada', displayName: 'Ada', email: 'ada@example.com', emailConfirmed: false });
    expect(session).toMatchObject({ userId: user.id, kind: 'session', device: { name: 'Laptop' } });
    expect(access.expiresAt.getTime()).toBe(world.clock.now() + 900_000);
    expect(refreshToken).toMatch(/^tr_[\w-]{43}$/);
    expect(published('user.registered')).toEqual([{ type: 'user.registered', userId: user.id, kind: 'session' }]);
    expect(published('session.opened')).toHaveLength(1);
  });

  it('refuses a taken handle and leaves no trace', async () => {
    await register();
    expect(await refusalOf(register())).toMatchObject({ kind: 'conflict', rule: 'handle_taken' });
    expect([world.memory.users.size, world.memory.passwordHashes.size, world.memory.sessions.size]).toEqual([1, 1, 1]);
    expect(published('user.registered')).toHaveLength(1);
  });

  it('does not tell that a mail address is taken', async () => {
    await register('ada');
    expect((await register('eve')).user).toMatchObject({ handle: 'eve', email: 'ada@example.com' });
  });

  it('refuses one’s own names as a password before anything is hashed', async () => {
    expect(await refusalOf(register('lemonade_stand', NewPassword('Lemonade_Stand')))).toMatchObject({
      kind: 'invalid',
    });
    expect(await refusalOf(register('ada', NewPassword('ada@example.com')))).toMatchObject({ kind: 'invalid' });
    expect(world.memory.users.size).toBe(0);
  });

  it('can be switched off, and so can guests', async () => {
    world = anIdentityWorld({ allowRegistration: false, allowGuests: false });
    expect(await refusalOf(register())).toMatchObject({ kind: 'forbidden', rule: 'registration_off' });
    const guest = world.guest.execute({ displayName: DisplayName('Guest'), device: undefined });
    expect(await refusalOf(guest)).toMatchObject({ kind: 'forbidden', rule: 'guests_off' });
    expect(world.memory.users.size).toBe(0);
  });
});

it('lets guests in without handle and password', async () => {
  const { user, session } = await world.guest.execute({ displayName: DisplayName('Guest'), device: undefined });
  expect(user).toMatchObject({ handle: undefined, displayName: 'Guest' });
  expect(session.kind).toBe('guest');
});

describe('logging in', () => {
  it('opens a session of a new id each time', async () => {
    const [one, two, three] = [await register(), await logIn(), await logIn()];
    expect(new Set([one, two, three].map(({ session }) => session.id)).size).toBe(3);
    expect(new Set([one, two, three].map(({ refreshToken }) => refreshToken)).size).toBe(3);
  });

  it('gives one and the same refusal, after one look at a password, whatever is wrong', async () => {
    const { user } = await register();
    await register('shut');
    const shut = [...world.memory.users.values()].find(({ handle }) => handle === 'shut');
    if (shut) await world.disable.execute({ userId: shut.id });
    await world.users.add({
      id: random.uuid() as typeof user.id,
      handle: Handle('no_password'),
      displayName: user.displayName,
      email: undefined,
    });

    const refusals = [];
    for (const attempt of [
      () => logIn('ada', Password('wrong')),
      () => logIn('nobody'),
      () => logIn('no_password'),
      () => logIn('shut'),
      () =>
        world.logIn.execute({
          login: EmailAddress('ada@example.com'),
          password: PASSWORD,
          address: HOME,
          device: undefined,
        }),
    ]) {
      world.hasher.looks = 0;
      const { kind, rule, message, details, retryAfterMs } = await refusalOf(attempt());
      refusals.push(JSON.stringify({ kind, rule, message, details, retryAfterMs, looks: world.hasher.looks }));
    }
    expect(new Set(refusals).size).toBe(1);
    expect(refusals[0]).toContain('"kind":"unauthenticated"');
    expect(refusals[0]).toContain('"looks":1');
  });

  it('ends the sessions unused for longest when there are too many, and tells their sockets', async () => {
    const first = await register();
    world.clock.pass(1_000);
    await logIn();
    await logIn();
    await logIn();
    expect(world.revoked).toEqual([{ sessionId: first.session.id, reason: 'too_many_sessions' }]);
    expect(await world.list.execute({ userId: first.user.id })).toHaveLength(3);
  });

  it('hashes the password anew when the parameters have grown', async () => {
    const { user } = await register();
    world.hasher.generation = 2;
    await logIn();
    expect(world.memory.passwordHashes.get(user.id)).toBe(`2:${PASSWORD}`);
    await logIn();
  });

  it('does not count it as a guess when the password could not be judged', async () => {
    await register();
    const { verify } = world.hasher;
    world.hasher.verify = () => Promise.reject(new Error('busy'));
    for (let i = 0; i < 20; i += 1) await expect(logIn()).rejects.toThrow('busy');
    world.hasher.verify = verify;
    await logIn();
  });
});

describe('guessing', () => {
  const guess = (i: number, address: string, handle = 'ada') =>
    logIn(handle, Password(`guess ${i}`), address).catch(() => {});

  it('gets fewer than 20 of 1,000 guesses looked at, and the owner comes in from elsewhere meanwhile', async () => {
    await register();
    await Promise.all(Array.from({ length: 500 }, (_, i) => guess(i, '198.51.100.9')));
    for (let i = 0; i < 500; i += 1) await guess(i, '198.51.100.9');
    expect(world.hasher.looks).toBeLessThan(20);
    await logIn('ada', PASSWORD, HOME);
  });

  it('tells the guesser when to come back, the same for accounts that don’t exist', async () => {
    await register();
    const refused = async (handle: string, address: string) => {
      for (let i = 0; i < 7; i += 1) await guess(i, address, handle);
      return refusalOf(logIn(handle, Password('again'), address));
    };
    const [known, unknown] = [await refused('ada', '198.51.100.1'), await refused('nobody', '198.51.100.2')];
    expect(known).toMatchObject({ kind: 'rate_limited', rule: 'login_throttled', retryAfterMs: 1_000 });
    expect({ ...unknown }).toEqual({ ...known });
  });

  it('is slowed for every address of an IPv6 /64 together', async () => {
    await register();
    for (let i = 0; i < 100; i += 1) await guess(i, `2001:db8:0:1::${i.toString(16)}`);
    expect(world.hasher.looks).toBeLessThan(20);
  });

  it('is slowed over many accounts from one address', async () => {
    for (let i = 0; i < 300; i += 1) await guess(i, '198.51.100.9', `user_${i}`);
    expect(world.hasher.looks).toBeLessThan(60);
  });

  it('from everywhere slows strangers’ addresses but never one from which the owner logged in', async () => {
    await register();
    await logIn('ada', PASSWORD, HOME);
    for (let i = 0; i < 400; i += 1) await guess(i, `198.51.100.${i % 250}`);
    expect(world.hasher.looks).toBeLessThan(100);
    expect(await refusalOf(logIn('ada', PASSWORD, '203.0.113.5'))).toMatchObject({ kind: 'rate_limited' });
    await logIn('ada', PASSWORD, HOME);
    world.clock.pass(30_001);
    await logIn('ada', PASSWORD, '203.0.113.5');
  });
});

describe('renewing', () => {
  it('gives new tokens of the same session, and both lives begin anew', async () => {
    const first = await register();
    world.clock.pass(3_600_000);
    const second = await world.refresh.execute(first);
    expect(second.session.id).toBe(first.session.id);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.access.expiresAt.getTime()).toBe(world.clock.now() + 900_000);
    expect(second.session.expiresAt.getTime()).toBe(first.session.expiresAt.getTime() + 3_600_000);
    expect(world.revoked).toEqual([]);
  });

  it('with a spent token ends the session once, closes its sockets, and says no more than to garbage', async () => {
    const first = await register();
    const second = await world.refresh.execute(first);
    world.clock.pass(60_000);
    const replay = await refusalOf(world.refresh.execute(first));
    const garbage = await refusalOf(world.refresh.execute({ refreshToken: 'tr_garbage' }));
    expect({ ...replay }).toEqual({ ...garbage });
    expect(replay).toMatchObject({ kind: 'unauthenticated' });
    const ended = { sessionId: first.session.id, reason: 'refresh_reused' };
    expect(world.revoked).toEqual([ended]);
    expect(published('session.ended')).toEqual([{ type: 'session.ended', userId: first.user.id, ...ended }]);
    await refusalOf(world.refresh.execute(second));
    await refusalOf(world.refresh.execute(first));
    expect(world.revoked).toHaveLength(1);
  });

  it('can be repeated for a minute when its answer was lost, until the answer is used', async () => {
    const first = await register();
    const lost = await world.refresh.execute(first);
    world.clock.pass(59_999);
    const answered = await world.refresh.execute(first);
    expect(answered.session.id).toBe(lost.session.id);
    await world.refresh.execute(answered);
    expect(world.revoked).toEqual([]);
    expect(await refusalOf(world.refresh.execute(first))).toMatchObject({ rule: 'bad_token' });
    expect(world.revoked).toEqual([{ sessionId: first.session.id, reason: 'refresh_reused' }]);
  });

  it('ends with the session’s life', async () => {
    const { refreshToken } = await register();
    world.clock.pass(30 * 86_400_000);
    expect(await refusalOf(world.refresh.execute({ refreshToken }))).toMatchObject({ kind: 'unauthenticated' });
    expect(world.revoked).toEqual([]);
  });

  it('is not possible with an access token', async () => {
    const { access } = await register();
    expect(await refusalOf(world.refresh.execute({ refreshToken: access.token }))).toMatchObject({
      kind: 'unauthenticated',
    });
  });
});

describe('ending sessions', () => {
  it('logs out: the tokens are worth nothing and the sockets are told', async () => {
    const { user, session, refreshToken } = await register();
    await world.end.execute({ userId: user.id, which: { only: session.id }, reason: 'logged_out' });
    expect(world.revoked).toEqual([{ sessionId: session.id, reason: 'logged_out' }]);
    expect(await refusalOf(world.refresh.execute({ refreshToken }))).toMatchObject({ kind: 'unauthenticated' });
    expect(await world.list.execute({ userId: user.id })).toEqual([]);
  });

  it('does not tell somebody else’s session from one that never was', async () => {
    const [ada, eve] = [await register('ada'), await register('eve')];
    const end = (only: SessionId) => world.end.execute({ userId: eve.user.id, which: { only }, reason: 'revoked' });
    const [hers, absent] = [await refusalOf(end(ada.session.id)), await refusalOf(end(SessionId(random.uuid())))];
    expect({ ...hers }).toEqual({ ...absent });
    expect(hers).toMatchObject({ kind: 'not_found' });
    expect(world.revoked).toEqual([]);
  });

  it('ends all others, or all', async () => {
    const one = await register();
    const two = await logIn();
    const { id: userId } = one.user;
    expect(await world.end.execute({ userId, which: { except: two.session.id }, reason: 'revoked' })).toEqual({
      ended: 1,
    });
    expect(await world.end.execute({ userId, which: 'all', reason: 'revoked' })).toEqual({ ended: 1 });
    expect(await world.end.execute({ userId, which: 'all', reason: 'revoked' })).toEqual({ ended: 0 });
    expect(world.revoked.map((revocation) => 'sessionId' in revocation && revocation.sessionId)).toEqual([
      one.session.id,
      two.session.id,
    ]);
  });
});

describe('changing the password', () => {
  const NEXT = NewPassword('thirteen lemons sing');
  const change = (
    who: Pick<Awaited<ReturnType<typeof register>>, 'user' | 'session'>,
    current: Password = PASSWORD,
    next = NEXT,
  ) => world.changePassword.execute({ userId: who.user.id, sessionId: who.session.id, address: HOME, current, next });

  it('ends every other session and no token of this one', async () => {
    const one = await register();
    const two = await logIn();
    expect(await change(two)).toEqual({ ended: 1 });
    expect(world.revoked).toEqual([{ sessionId: one.session.id, reason: 'password_changed' }]);
    await world.refresh.execute(two);
    await logIn('ada', NEXT);
    expect(await refusalOf(logIn('ada', PASSWORD))).toMatchObject({ kind: 'unauthenticated' });
  });

  it('wants the current one, and slows down guesses at it', async () => {
    const ada = await register();
    expect(await refusalOf(change(ada, Password('wrong')))).toMatchObject({
      kind: 'forbidden',
      rule: 'wrong_password',
    });
    for (let i = 0; i < 5; i += 1) await change(ada, Password('wrong')).catch(() => {});
    expect(await refusalOf(change(ada))).toMatchObject({ kind: 'rate_limited' });
    expect(world.revoked).toEqual([]);
  });

  it('wants another one, and a session', async () => {
    const ada = await register();
    expect(await refusalOf(change(ada, PASSWORD, PASSWORD))).toMatchObject({ kind: 'invalid' });
    const withKey = world.changePassword.execute({
      userId: ada.user.id,
      sessionId: undefined,
      address: HOME,
      current: PASSWORD,
      next: NEXT,
    });
    expect(await refusalOf(withKey)).toMatchObject({ kind: 'forbidden', rule: 'needs_session' });
    await logIn();
  });

  it('works also when the parameters of the hash grew at the same time', async () => {
    const ada = await register();
    world.hasher.generation = 2;
    await change(ada);
    await logIn('ada', NEXT);
  });
});

it('shuts an account: nothing opens it and all that is open ends', async () => {
  const { user, refreshToken } = await register();
  await world.disable.execute({ userId: user.id });
  expect(world.revoked).toEqual([{ userId: user.id, reason: 'user_disabled' }]);
  await refusalOf(world.refresh.execute({ refreshToken }));
  await refusalOf(logIn());
  await world.users.change(user.id, (present) => ({ ...present, disabled: false }));
  expect(await refusalOf(world.refresh.execute({ refreshToken }))).toMatchObject({ kind: 'unauthenticated' });
  await logIn();
});
