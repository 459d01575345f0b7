import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CompactEncrypt, exportJWK, type JWTPayload, SignJWT } from 'jose';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Authenticated } from '#app/application/ports/authenticator.ts';
import { ApiKeyName } from '#app/domain/identity/api-key.ts';
import { DisplayName } from '#app/domain/identity/display-name.ts';
import { Handle } from '#app/domain/identity/handle.ts';
import { NewPassword } from '#app/domain/identity/password.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { UserId } from '#app/domain/shared/ids.ts';
import { AccessTokenStrategy } from '#app/infrastructure/auth/access-token-strategy.ts';
import { ApiKeyStrategy } from '#app/infrastructure/auth/api-key-strategy.ts';
import { JoseAccessTokens } from '#app/infrastructure/auth/jose-access-tokens.ts';
import { LiveCache } from '#app/infrastructure/auth/live-cache.ts';
import { OutsideTokenStrategy, type TrustedIssuer } from '#app/infrastructure/auth/outside-token-strategy.ts';
import { signingKey } from '#app/infrastructure/auth/signing-keys.ts';
import { StrategyAuthenticator } from '#app/infrastructure/auth/strategy-authenticator.ts';
import { anIdentityWorld, random, refusalOf, SECRET, TOKENS } from '../../../support/identity.ts';

const PREVIOUS = 'the previous secret of this test, also long enough';
const SHARED = new TextEncoder().encode('a secret shared with somebody else, long enough');
const RSA = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const OTHER_RSA = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const issuerOf = (
  more: Pick<TrustedIssuer, 'issuer' | 'algorithms' | 'key'> & Partial<TrustedIssuer>,
): TrustedIssuer => ({
  audience: 'tertulia',
  type: undefined,
  nameClaim: 'name',
  maxLifetimeSeconds: 86_400,
  ...more,
});
const SHARING = issuerOf({ issuer: 'https://shared.example', algorithms: ['HS256'], key: () => SHARED });

const aWorld = async () => {
  const world = anIdentityWorld();
  const { clock, revocations, sessions, apiKeys, users, secrets } = world;
  const key = vi.fn((_header: unknown) => RSA.publicKey as never as Promise<never>);
  const signing = issuerOf({ issuer: 'https://signed.example', algorithms: ['RS256'], key });
  const strict = issuerOf({
    issuer: 'https://strict.example',
    algorithms: ['ES256'],
    type: 'at+jwt',
    key: () => EC.publicKey as never as Promise<never>,
  });
  const find = vi.spyOn(sessions, 'find');
  const cache = <V extends { userId: UserId }>() => new LiveCache<V>(revocations, clock);
  const authenticator = new StrategyAuthenticator([
    new AccessTokenStrategy([SECRET, PREVIOUS], TOKENS, sessions, cache(), clock),
    new ApiKeyStrategy(apiKeys, secrets, cache(), clock),
    new OutsideTokenStrategy([SHARING, signing, strict], users, cache(), random, clock),
  ]);
  const register = (handle: string) =>
    world.register.execute({
      handle: Handle(handle),
      displayName: DisplayName('Ada'),
      email: undefined,
      password: NewPassword('twelve lemons sing'),
      device: undefined,
    });
  const ada = await register('ada');
  return { ...world, authenticator, register, ada, find, key, nowSeconds: clock.now() / 1_000 };
};

let world: Awaited<ReturnType<typeof aWorld>>;
beforeEach(async () => {
  world = await aWorld();
});

const authenticate = (token: string): Promise<Authenticated> => world.authenticator.authenticate(token);
const refused = async (token: string) => {
  const { kind, rule, message, details } = await refusalOf(authenticate(token));
  expect({ kind, rule, message, details }).toEqual({
    kind: 'unauthenticated',
    rule: 'bad_token',
    message: 'the token is not valid',
    details: undefined,
  });
};

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token of any shape, signed by HMAC over whatever it says; for what no library agrees to make. */
const raw = (header: object, payload: object | string, secret: string | Uint8Array = SECRET) => {
  const input = `${base64url(header)}.${typeof payload === 'string' ? payload : base64url(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};

const { kid } = signingKey(SECRET);
const header = (more: object = {}) => ({ alg: 'HS256', typ: 'at+jwt', kid, ...more });
const claims = (more: object = {}) => ({
  iss: TOKENS.issuer,
  aud: TOKENS.audience,
  sub: world.ada.user.id,
  sid: world.ada.session.id,
  iat: world.nowSeconds,
  exp: world.nowSeconds + 900,
  ...more,
});
const without = (name: string) => Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name));

describe('access tokens', () => {
  it('are taken until they expire', async () => {
    const { user, session, access } = world.ada;
    const expected = { kind: 'session', userId: user.id, sessionId: session.id, expiresAt: access.expiresAt.getTime() };
    expect(await authenticate(access.token)).toEqual(expected);
    expect(await authenticate(raw(header(), claims()))).toEqual(expected);
    world.clock.pass(900_000 + 31_000);
    await refused(access.token);
  });

  it('say when their session is a guest’s', async () => {
    const guest = await world.guest.execute({ displayName: DisplayName('Guest'), device: undefined });
    expect(await authenticate(guest.access.token)).toMatchObject({ kind: 'guest', sessionId: guest.session.id });
  });

  it('signed with the previous secret are taken while it is configured, others never', async () => {
    const { user, session } = world.ada;
    const signedWith = (secret: string) => new JoseAccessTokens(secret, TOKENS, world.clock).issue(user.id, session.id);
    expect(await authenticate((await signedWith(PREVIOUS)).token)).toMatchObject({ userId: user.id });
    await refused((await signedWith('a secret that was never configured here')).token);
  });

  it('are checked without the database for a while, and then again', async () => {
    for (let i = 0; i < 50; i += 1) await authenticate(world.ada.access.token);
    expect(world.find).toHaveBeenCalledTimes(1);
    world.clock.pass(30_001);
    await Promise.all(Array.from({ length: 50 }, () => authenticate(world.ada.access.token)));
    expect(world.find).toHaveBeenCalledTimes(2);
  });

  it('are worth nothing the moment their session ends, however it ends', async () => {
    const ways: [string, (who: typeof world.ada) => Promise<unknown>][] = [
      [
        'logout',
        ({ user, session }) =>
          world.end.execute({ userId: user.id, which: { only: session.id }, reason: 'logged_out' }),
      ],
      ['all', ({ user }) => world.end.execute({ userId: user.id, which: 'all', reason: 'revoked' })],
      [
        'reuse',
        async (who) => {
          await world.refresh.execute(await world.refresh.execute(who));
          await world.refresh.execute(who).catch(() => {});
        },
      ],
      ['disabled', ({ user }) => world.disable.execute({ userId: user.id })],
    ];
    for (const [handle, end] of ways) {
      const who = await world.register(handle);
      await authenticate(who.access.token);
      await end(who);
      await refused(who.access.token);
    }
    expect(await authenticate(world.ada.access.token)).toMatchObject({ kind: 'session' });
  });

  it('are refused when the session ends while the database is asked', async () => {
    let answer = () => {};
    const session = await world.sessions.find(world.ada.session.id);
    const asked = new Promise<void>((begin) => {
      world.find.mockImplementationOnce(() => {
        begin();
        return new Promise((resolve) => {
          answer = () => resolve(session);
        });
      });
    });
    const outcome = refusalOf(authenticate(world.ada.access.token));
    await asked;
    await world.end.execute({ userId: world.ada.user.id, which: 'all', reason: 'revoked' });
    answer();
    expect(await outcome).toMatchObject({ kind: 'unauthenticated' });
    await refused(world.ada.access.token);
  });

  it('leave the fault of a store a fault, and ask again afterwards', async () => {
    world.find.mockRejectedValueOnce(new Refusal('unavailable', 'database_away', 'try again'));
    expect(await refusalOf(authenticate(world.ada.access.token))).toMatchObject({ kind: 'unavailable' });
    expect(await authenticate(world.ada.access.token)).toMatchObject({ kind: 'session' });
  });
});

/** Forgeries of our own tokens: correctly signed but for the one thing named. */
const bad: [string, () => string | Promise<string>][] = [
  ['nothing', () => ''],
  ['a word', () => 'token'],
  ['two dots', () => '..'],
  ['a megabyte', () => 'a'.repeat(1_048_576)],
  ['a megabyte in three parts', () => `${'a'.repeat(400_000)}.${'b'.repeat(400_000)}.${'c'.repeat(248_000)}`],
  ['alg none', () => `${base64url(header({ alg: 'none' }))}.${base64url(claims())}.`],
  ['alg None', () => `${base64url(header({ alg: 'None' }))}.${base64url(claims())}.`],
  ['alg nOnE', () => `${base64url(header({ alg: 'nOnE' }))}.${base64url(claims())}.`],
  ['alg none with a good signature', () => raw(header({ alg: 'none' }), claims())],
  ['an empty signature', () => `${base64url(header())}.${base64url(claims())}.`],
  ['no signature at all', () => `${base64url(header())}.${base64url(claims())}`],
  ['a signature cut short', () => raw(header(), claims()).slice(0, -8)],
  [
    'another payload under the signature',
    () => {
      const [h, , s] = raw(header(), claims()).split('.');
      return `${h}.${base64url(claims({ sub: UserId(random.uuid()) }))}.${s}`;
    },
  ],
  ['an array of algorithms', () => raw(header({ alg: ['HS256', 'none'] }), claims())],
  ['no algorithm', () => raw({ typ: 'at+jwt', kid }, claims())],
  ['HS512 named, HS256 signed', () => raw(header({ alg: 'HS512' }), claims())],
  [
    'HS512',
    () =>
      new SignJWT(claims())
        .setProtectedHeader({ alg: 'HS512', typ: 'at+jwt', kid })
        .sign(new TextEncoder().encode(SECRET.padEnd(64, '.'))),
  ],
  [
    'RS256 by a key of its own',
    () => new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid }).sign(RSA.privateKey),
  ],
  [
    'an encrypted token',
    () =>
      new CompactEncrypt(Buffer.from(JSON.stringify(claims())))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
        .encrypt(Buffer.alloc(32, 7)),
  ],
  ['an unknown critical extension', () => raw(header({ crit: ['x'], x: 1 }), claims())],
  ['an unencoded payload', () => raw(header({ b64: false, crit: ['b64'] }), claims())],
  ['a payload that says it is unencoded', () => raw(header({ b64: false }), claims())],
  ['no kid', () => raw({ alg: 'HS256', typ: 'at+jwt' }, claims())],
  ['a kid that is a path', () => raw(header({ kid: '../../dev/null' }), claims(), '')],
  ['a kid that is SQL', () => raw(header({ kid: "' OR 1=1--" }), claims())],
  ['a kid of 129 characters', () => raw(header({ kid: 'k'.repeat(129) }), claims())],
  ['a kid of a megabyte', () => raw(header({ kid: 'k'.repeat(1_048_576) }), claims())],
  ['a kid that is an object', () => raw(header({ kid: { kid } }), claims())],
  ['a kid __proto__', () => raw(header({ kid: '__proto__' }), claims())],
  [
    'a key of its own in the header',
    async () =>
      new SignJWT(claims())
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', jwk: await exportJWK(RSA.publicKey) })
        .sign(RSA.privateKey),
  ],
  [
    'jku, x5u and x5c',
    () =>
      raw(
        { alg: 'HS256', typ: 'at+jwt', jku: 'https://evil.example/keys', x5u: 'https://evil.example/x', x5c: ['AA'] },
        claims(),
      ),
  ],
  ['type JWT, as an ID token has', () => raw(header({ typ: 'JWT' }), claims())],
  ['no type', () => raw({ alg: 'HS256', kid }, claims())],
  ['expired 61 s ago', () => raw(header(), claims({ iat: world.nowSeconds - 961, exp: world.nowSeconds - 61 }))],
  ['not before 61 s from now', () => raw(header(), claims({ nbf: world.nowSeconds + 61 }))],
  ['issued 61 s from now', () => raw(header(), claims({ iat: world.nowSeconds + 61, exp: world.nowSeconds + 961 }))],
  ['no exp', () => raw(header(), without('exp'))],
  ['no iat', () => raw(header(), without('iat'))],
  ['no sub', () => raw(header(), without('sub'))],
  ['no sid', () => raw(header(), without('sid'))],
  ['no aud', () => raw(header(), without('aud'))],
  ['no iss', () => raw(header(), without('iss'))],
  ['exp as a string', () => raw(header(), claims({ exp: String(world.nowSeconds + 900) }))],
  [
    'exp 1e400',
    () =>
      raw(
        header(),
        Buffer.from(JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e400')).toString('base64url'),
      ),
  ],
  ['exp negative', () => raw(header(), claims({ exp: -1 }))],
  ['exp null', () => raw(header(), claims({ exp: null }))],
  ['exp in 100 years', () => raw(header(), claims({ exp: world.nowSeconds + 3_155_760_000 }))],
  ['iat negative, exp soon', () => raw(header(), claims({ iat: -1 }))],
  ['another issuer', () => raw(header(), claims({ iss: 'https://evil.example' }))],
  ['our issuer in other case', () => raw(header(), claims({ iss: TOKENS.issuer.toUpperCase() }))],
  ['an array of issuers', () => raw(header(), claims({ iss: [TOKENS.issuer] }))],
  ['another audience', () => raw(header(), claims({ aud: 'other' }))],
  ['an array of other audiences', () => raw(header(), claims({ aud: ['other', 'tertuli'] }))],
  ['somebody else as subject', () => raw(header(), claims({ sub: UserId(random.uuid()) }))],
  ['a subject that is a number', () => raw(header(), claims({ sub: 42 }))],
  ['an unknown session', () => raw(header(), claims({ sid: random.uuid() }))],
  ['a session that is a number', () => raw(header(), claims({ sid: 1 }))],
  ['claims that are an array', () => raw(header(), base64url([claims()]))],
  ['claims that are no JSON', () => raw(header(), Buffer.from('nope').toString('base64url'))],
  ['a refresh token', () => world.ada.refreshToken],
  ['an API key that never was', () => `tk_${'A'.repeat(43)}`],
  ['a trusted issuer’s name under our signature', () => raw(header(), claims({ iss: SHARING.issuer }))],
];

it.each(bad)('refuses, in one and the same way: %s', async (_what, token) => {
  await refused(await token());
});

describe('outside tokens', () => {
  const outside = (more: Record<string, unknown> = {}): JWTPayload => ({
    iss: SHARING.issuer,
    aud: 'tertulia',
    sub: '42',
    name: 'Grace Hopper',
    iat: world.nowSeconds,
    exp: world.nowSeconds + 3_600,
    ...more,
  });
  const shared = (more?: Record<string, unknown>, head: object = {}) =>
    raw({ alg: 'HS256', typ: 'JWT', ...head }, outside(more), SHARED);
  const signed = (more: Record<string, unknown> = {}, key: KeyObject = RSA.privateKey, head = {}) =>
    new SignJWT(outside({ iss: 'https://signed.example', ...more }))
      .setProtectedHeader({ alg: 'RS256', ...head })
      .sign(key);
  const strict = (more: Record<string, unknown> = {}, typ = 'at+jwt') =>
    new SignJWT(outside({ iss: 'https://strict.example', ...more }))
      .setProtectedHeader({ alg: 'ES256', typ })
      .sign(EC.privateKey);

  it('make a user on first use, named by the claim, and find the same one ever after', async () => {
    const first = await authenticate(shared());
    expect(first).toEqual({ kind: 'outside', userId: first.userId, expiresAt: (world.nowSeconds + 3_600) * 1_000 });
    expect(await world.users.find(first.userId)).toMatchObject({ displayName: 'Grace Hopper', handle: undefined });
    const again = await Promise.all(Array.from({ length: 10 }, () => authenticate(shared({ name: 'Other' }))));
    expect(new Set(again.map(({ userId }) => userId))).toEqual(new Set([first.userId]));
    expect(world.memory.users.size).toBe(2);
  });

  it.each([
    ['none', undefined],
    ['a number', 7],
    ['an override', 'Ada\u202eadA'],
    ['a megabyte', 'a'.repeat(5_000)],
  ])('let in who has %s as a name', async (_what, name) => {
    const { userId } = await authenticate(shared({ sub: `named ${_what}`, name }));
    expect((await world.users.find(userId))?.displayName).toMatch(/^User [0-9a-f]{6}$/);
  });

  it('of two issuers with one subject are two people', async () => {
    const [one, two, three] = [
      await authenticate(shared()),
      await authenticate(await signed()),
      await authenticate(await strict()),
    ];
    expect(new Set([one.userId, two.userId, three.userId]).size).toBe(3);
  });

  it('take our audience among others, and a leeway of half a minute', async () => {
    await authenticate(shared({ aud: ['other', 'tertulia'] }));
    await authenticate(shared({ iat: world.nowSeconds - 100, exp: world.nowSeconds - 20 }));
    await authenticate(shared({ nbf: world.nowSeconds + 20 }));
  });

  it('are refused once their user is disabled, also when checked a moment ago', async () => {
    const { userId } = await authenticate(shared());
    await world.disable.execute({ userId });
    await refused(shared());
  });

  it('leave an issuer whose keys are out of reach `unavailable`', async () => {
    world.key.mockRejectedValueOnce(new Refusal('unavailable', 'issuer_keys_unavailable', 'try again'));
    expect(await refusalOf(authenticate(await signed()))).toMatchObject({ kind: 'unavailable' });
  });

  const RSA_PEM = RSA.publicKey.export({ type: 'spki', format: 'pem' });
  const outsideBad: [string, () => string | Promise<string>][] = [
    [
      'HS256 with the public key as the secret',
      () => raw({ alg: 'HS256' }, outside({ iss: 'https://signed.example' }), RSA_PEM as string),
    ],
    ['another key', () => signed({}, OTHER_RSA.privateKey)],
    [
      'another algorithm of the same key',
      () =>
        new SignJWT(outside({ iss: 'https://signed.example' }))
          .setProtectedHeader({ alg: 'PS256' })
          .sign(RSA.privateKey),
    ],
    [
      'a key of its own in the header',
      async () => signed({}, OTHER_RSA.privateKey, { jwk: await exportJWK(OTHER_RSA.publicKey) }),
    ],
    ['RS256 at an issuer with a shared secret', () => signed({ iss: SHARING.issuer })],
    ['another issuer’s secret', () => raw({ alg: 'HS256' }, outside({ iss: 'https://strict.example' }), SHARED)],
    ['our own secret', () => raw({ alg: 'HS256' }, outside(), SECRET)],
    ['expired 61 s ago', () => shared({ iat: world.nowSeconds - 3_600, exp: world.nowSeconds - 61 })],
    ['not before 61 s from now', () => shared({ nbf: world.nowSeconds + 61 })],
    ['no exp', () => shared({ exp: undefined })],
    [
      'exp 1e400',
      () =>
        raw(
          { alg: 'HS256' },
          Buffer.from(JSON.stringify(outside({ exp: 0 })).replace('"exp":0', '"exp":1e400')).toString('base64url'),
          SHARED,
        ),
    ],
    [
      'exp 1e400 without iat',
      () =>
        raw(
          { alg: 'HS256' },
          Buffer.from(JSON.stringify(outside({ exp: 0, iat: undefined })).replace('"exp":0', '"exp":1e400')).toString(
            'base64url',
          ),
          SHARED,
        ),
    ],
    ['a life longer than allowed', () => shared({ exp: world.nowSeconds + 86_401 })],
    ['a life longer than allowed, without iat', () => shared({ iat: undefined, exp: world.nowSeconds + 86_500 })],
    ['an iat of long ago that makes its life longer than allowed', () => shared({ iat: world.nowSeconds - 86_400 })],
    ['an audience array without us', () => shared({ aud: ['one', 'two'] })],
    ['no audience', () => shared({ aud: undefined })],
    ['no subject', () => shared({ sub: undefined })],
    ['an empty subject', () => shared({ sub: '' })],
    ['a subject of 256 characters', () => shared({ sub: 's'.repeat(256) })],
    ['a subject with a NUL', () => shared({ sub: 'a\0b' })],
    ['a logout token', () => shared({}, { typ: 'logout+jwt' })],
    ['a refresh token', () => shared({}, { typ: 'rt+jwt' })],
    ['an ID token where access tokens are marked', () => strict({}, 'JWT')],
  ];
  it.each(outsideBad)('refuses, in one and the same way: %s', async (_what, token) => {
    const before = world.memory.users.size;
    await refused(await token());
    expect(world.memory.users.size).toBe(before);
  });
});

describe('API keys', () => {
  const aKey = (ttlMs?: number) =>
    world.createKey.execute({
      userId: world.ada.user.id,
      sessionId: world.ada.session.id,
      name: ApiKeyName('bot'),
      ttlMs,
    });

  it('act as their user without a session', async () => {
    const { secret, apiKey } = await aKey();
    expect(await authenticate(secret)).toEqual({
      kind: 'api_key',
      userId: world.ada.user.id,
      apiKeyId: apiKey.id,
      expiresAt: undefined,
    });
  });

  it('end when they expire or are revoked, also when checked a moment ago', async () => {
    const [expiring, revoked] = [await aKey(10_000), await aKey()];
    await authenticate(expiring.secret);
    await authenticate(revoked.secret);
    world.clock.pass(10_000);
    await refused(expiring.secret);
    await world.revokeKey.execute({ userId: world.ada.user.id, apiKeyId: revoked.apiKey.id });
    await refused(revoked.secret);
  });

  it('end with their user', async () => {
    const { secret } = await aKey();
    await authenticate(secret);
    await world.disable.execute({ userId: world.ada.user.id });
    await refused(secret);
  });
});
