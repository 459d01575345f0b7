import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiKeys } from '#app/application/ports/api-keys.ts';
import type { Credentials } from '#app/application/ports/credentials.ts';
import type { SecretHash } from '#app/application/ports/secrets.ts';
import type { Rotation, Sessions } from '#app/application/ports/sessions.ts';
import type { Users } from '#app/application/ports/users.ts';
import { ApiKeyName } from '#app/domain/identity/api-key.ts';
import { DisplayName } from '#app/domain/identity/display-name.ts';
import type { EmailAddress } from '#app/domain/identity/email-address.ts';
import { Handle } from '#app/domain/identity/handle.ts';
import type { User } from '#app/domain/identity/user.ts';
import { ApiKeyId, SessionId, UserId } from '#app/domain/shared/ids.ts';
import { Sha256Secrets } from '#app/infrastructure/auth/sha256-secrets.ts';
import { aNewUser, random, refusalOf } from '../support/identity.ts';
import { eventually } from '../support/raw-socket.ts';

export interface IdentityStore {
  readonly users: Users;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly apiKeys: ApiKeys;
  /** As a mail flow will do it. */
  confirmEmail(userId: UserId): Promise<void>;
  close(): Promise<void>;
}

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA';
const OTHER_HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$b3RoZXI';
const HOUR = 3_600_000;
/** Longer than any test takes. */
const GRACE_MS = HOUR;
const MOST = 100;
const secrets = new Sha256Secrets(random);
const aHash = (): SecretHash => secrets.mint('tr_').hash;

/** What every store of identities promises, whatever it is made of. */
export const identityStoreContract = (adapter: string, open: () => Promise<IdentityStore>) =>
  describe(`identity store: ${adapter}`, () => {
    let store: IdentityStore;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    const aUser = (given: Parameters<typeof aNewUser>[0] = {}, hash?: string) => store.users.add(aNewUser(given), hash);
    const disable = (userId: UserId) => store.users.change(userId, (user) => ({ ...user, disabled: true }));
    const aSession = async (userId: UserId, { ttlMs = HOUR, most = MOST } = {}) => {
      const hash = aHash();
      const id = SessionId(v7());
      const opened = await store.sessions.open(
        { id, userId, kind: 'session', device: undefined },
        { hash, ttlMs },
        most,
      );
      return { ...opened, id, hash };
    };

    describe('Users', () => {
      it('finds what was added, with times and counters of its own', async () => {
        const before = Date.now() - 60_000;
        const added = await aUser({ handle: 'grace', email: 'grace@example.com', displayName: 'Grace' });
        expect(added).toMatchObject({ handle: 'grace', displayName: 'Grace', email: 'grace@example.com' });
        expect(added).toMatchObject({ emailConfirmed: false, disabled: false, urev: 0 });
        expect(added.createdAt.getTime()).toBeGreaterThan(before);
        expect(await store.users.find(added.id)).toEqual(added);
        expect(await store.users.find(UserId(v7()))).toBeUndefined();
      });

      it('keeps many without handle and mail address apart', async () => {
        const [one, two] = [await aUser({ handle: undefined }), await aUser({ handle: undefined })];
        expect(await store.users.find(one.id)).toMatchObject({ handle: undefined, email: undefined });
        expect(one.id).not.toBe(two.id);
      });

      it('gives a handle to one of many who race for it, and leaves nothing of the others', async () => {
        const racers = Array.from({ length: 8 }, () => aNewUser({ handle: 'the_one' }));
        const outcomes = await Promise.allSettled(racers.map((racer) => store.users.add(racer, HASH)));
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        for (const outcome of outcomes)
          if (outcome.status === 'rejected')
            expect(outcome.reason).toMatchObject({ kind: 'conflict', rule: 'handle_taken' });
        const found = await Promise.all(racers.map(({ id }) => store.users.find(id)));
        expect(found.filter(Boolean)).toHaveLength(1);
        const credentials = await Promise.all(racers.map(({ id }) => store.credentials.find(id)));
        expect(credentials.filter(Boolean)).toHaveLength(1);
      });

      it('is never in the way of a mail address, for that would tell who has an account', async () => {
        const one = await aUser({ email: 'shared@example.com' });
        const two = await aUser({ email: 'shared@example.com' });
        expect([one.email, two.email]).toEqual(['shared@example.com', 'shared@example.com']);
      });

      it('gives profiles of those that exist, disabled ones too, and nothing private', async () => {
        const [one, two] = [await aUser({ email: 'private@example.com' }), await aUser({ handle: undefined })];
        await disable(two.id);
        const profiles = await store.users.profiles([one.id, two.id, UserId(v7()), one.id]);
        expect(profiles).toHaveLength(2);
        expect(profiles).toContainEqual({ id: one.id, handle: one.handle, displayName: one.displayName });
        expect(profiles).toContainEqual({ id: two.id, handle: undefined, displayName: two.displayName });
        expect(await store.users.profiles([])).toEqual([]);
      });

      it('finds by the handle that is had now, and not who is disabled', async () => {
        const one = await aUser();
        const handle = one.handle!; // aUser gives one
        expect(await store.users.findByHandle(handle)).toEqual({ id: one.id, handle, displayName: one.displayName });
        const other = Handle(`o${handle.slice(1)}`);
        expect(await store.users.findByHandle(other)).toBeUndefined();
        await store.users.change(one.id, (user) => ({ ...user, handle: other }));
        expect(await store.users.findByHandle(handle)).toBeUndefined();
        expect(await store.users.findByHandle(other)).toMatchObject({ id: one.id });
        await disable(one.id);
        expect(await store.users.findByHandle(other)).toBeUndefined();
      });

      it('serialises changes of one user, each with the next urev', async () => {
        const { id } = await aUser({ displayName: 'x' });
        const grow = (user: User): User => ({ ...user, displayName: DisplayName(`${user.displayName}x`) });
        const changed = await Promise.all(Array.from({ length: 10 }, () => store.users.change(id, grow)));
        expect(changed.map(({ urev }) => urev).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        expect(await store.users.find(id)).toMatchObject({ displayName: 'x'.repeat(11), urev: 10 });
      });

      it('changes nothing when the new handle is taken, when `change` refuses, or when nobody is there', async () => {
        const [one, two] = [await aUser(), await aUser({ email: 'kept@example.com' })];
        const taken = store.users.change(two.id, (user) => ({ ...user, handle: one.handle }));
        expect(await refusalOf(taken)).toMatchObject({ kind: 'conflict', rule: 'handle_taken' });
        const failing = store.users.change(two.id, () => {
          throw new RangeError('no');
        });
        await expect(failing).rejects.toBeInstanceOf(RangeError);
        expect(await store.users.find(two.id)).toEqual(two);
        expect(await refusalOf(store.users.change(UserId(v7()), (user) => user))).toMatchObject({ kind: 'not_found' });
      });

      it('lets a user keep, free and take a handle', async () => {
        const [one, two] = [await aUser({ handle: 'first_name' }), await aUser()];
        await store.users.change(one.id, (user) => user);
        await store.users.change(one.id, (user) => ({ ...user, handle: Handle('second_name') }));
        expect(await store.users.change(two.id, (user) => ({ ...user, handle: Handle('first_name') }))).toMatchObject({
          handle: 'first_name',
        });
      });

      it('maps a subject to one user, however many come first at once', async () => {
        const subject = v7();
        const first = () => store.users.ofSubject('https://a.example', subject, () => aNewUser({ handle: undefined }));
        const ids = await Promise.all(Array.from({ length: 20 }, first));
        expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
        expect(await store.users.find((await first()).id)).toMatchObject({ displayName: 'Ada', disabled: false });
      });

      it('keeps the same subject of two issuers apart, whatever stands in them', async () => {
        const of = async (issuer: string, subject: string) =>
          (await store.users.ofSubject(issuer, subject, () => aNewUser({ handle: undefined }))).id;
        const run = v7();
        const ids = [
          await of(`${run}a`, '42'),
          await of(`${run}b`, '42'),
          await of(run, 'a42'),
          await of(`${run}","`, '42'),
        ];
        expect(new Set(ids).size).toBe(4);
      });

      it('tells of a subject that its user is disabled, and does not make another', async () => {
        const subject = v7();
        const of = () => store.users.ofSubject('https://a.example', subject, () => aNewUser({ handle: undefined }));
        const { id } = await of();
        await disable(id);
        expect(await of()).toEqual({ id, disabled: true });
      });
    });

    describe('Credentials', () => {
      it('are found by handle, and by a mail address only once it is confirmed', async () => {
        const user = await aUser({ handle: 'by_name', email: 'by_name@example.com' }, HASH);
        const expected = { userId: user.id, passwordHash: HASH, disabled: false };
        expect(await store.credentials.find(user.id)).toEqual(expected);
        expect(await store.credentials.findByLogin(Handle('by_name'))).toEqual(expected);
        expect(await store.credentials.findByLogin(user.email as EmailAddress)).toBeUndefined();
        await store.confirmEmail(user.id);
        expect(await store.credentials.findByLogin(user.email as EmailAddress)).toEqual(expected);
        expect(await store.users.find(user.id)).toMatchObject({ emailConfirmed: true });
      });

      it('are absent for strangers and for users without a password, and say who is disabled', async () => {
        expect(await store.credentials.findByLogin(Handle('nobody_here'))).toBeUndefined();
        const guest = await aUser({ handle: 'no_password' });
        expect(await store.credentials.findByLogin(Handle('no_password'))).toBeUndefined();
        expect(await store.credentials.find(guest.id)).toBeUndefined();
        const user = await aUser({}, HASH);
        await disable(user.id);
        expect(await store.credentials.find(user.id)).toMatchObject({ disabled: true });
      });

      it('take a new hash of the same password only over the present one', async () => {
        const { id } = await aUser({}, HASH);
        expect(await store.credentials.rehash(id, OTHER_HASH, HASH)).toBe(false);
        expect(await store.credentials.rehash(id, HASH, OTHER_HASH)).toBe(true);
        expect(await store.credentials.find(id)).toMatchObject({ passwordHash: OTHER_HASH });
      });

      it('end all sessions but the one kept with the change of the password', async () => {
        const { id } = await aUser({}, HASH);
        const [one, kept, three] = [await aSession(id), await aSession(id), await aSession(id)];
        const ended = await store.credentials.change(id, HASH, OTHER_HASH, kept.id);
        expect([...ended].sort()).toEqual([one.id, three.id].sort());
        expect((await store.sessions.list(id)).map((session) => session.id)).toEqual([kept.id]);
        expect(await store.credentials.find(id)).toMatchObject({ passwordHash: OTHER_HASH });
      });

      it('change once when two race, and a refused change ends nothing', async () => {
        const { id } = await aUser({}, HASH);
        await aSession(id);
        const change = () => store.credentials.change(id, HASH, OTHER_HASH, undefined);
        const outcomes = await Promise.allSettled([change(), change(), change()]);
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        const { id: later } = await aSession(id);
        expect(await refusalOf(change())).toMatchObject({ kind: 'conflict' });
        expect((await store.sessions.list(id)).map((session) => session.id)).toEqual([later]);
      });
    });

    describe('Sessions', () => {
      it('shows what was opened, with its device and times', async () => {
        const { id: userId } = await aUser();
        const device = { name: 'Ada’s phone', platform: 'ios', version: '1.2.3' };
        const id = SessionId(v7());
        const { session, evicted } = await store.sessions.open(
          { id, userId, kind: 'guest', device },
          { hash: aHash(), ttlMs: HOUR },
          MOST,
        );
        expect(session).toMatchObject({ id, userId, kind: 'guest', device });
        expect(session.expiresAt.getTime() - session.createdAt.getTime()).toBeGreaterThan(HOUR - 1_000);
        expect(evicted).toEqual([]);
        expect(await store.sessions.find(id)).toEqual(session);
        expect(await store.sessions.list(userId)).toEqual([session]);
      });

      it('refuses to open one for a disabled or unknown user', async () => {
        const { id } = await aUser();
        await disable(id);
        for (const userId of [id, UserId(v7())])
          expect(await refusalOf(aSession(userId))).toMatchObject({ kind: 'unauthenticated' });
      });

      it('sees neither expired sessions nor those of disabled users', async () => {
        const { id } = await aUser();
        const expired = await aSession(id, { ttlMs: 0 });
        const live = await aSession(id);
        expect(await store.sessions.find(expired.id)).toBeUndefined();
        expect((await store.sessions.list(id)).map((session) => session.id)).toEqual([live.id]);
        await disable(id);
        expect(await store.sessions.find(live.id)).toBeUndefined();
        expect(await store.sessions.list(id)).toEqual([]);
        expect(await store.sessions.rotate(live.hash, { hash: aHash(), ttlMs: HOUR }, GRACE_MS)).toEqual({
          outcome: 'refused',
        });
      });

      /** Presents a token; `next` is what it is exchanged for. */
      const rotate = (presented: SecretHash, next = aHash(), graceMs = GRACE_MS) =>
        store.sessions.rotate(presented, { hash: next, ttlMs: HOUR }, graceMs);
      const outcomeOf = async (rotation: Promise<Rotation>) => (await rotation).outcome;

      it('rotates: the next token works, and the session lives on from now', async () => {
        const { id: userId } = await aUser();
        const { id, hash, session } = await aSession(userId);
        const next = aHash();
        const rotation = await store.sessions.rotate(hash, { hash: next, ttlMs: 2 * HOUR }, GRACE_MS);
        expect(rotation).toMatchObject({ outcome: 'rotated', session: { id, userId, createdAt: session.createdAt } });
        if (rotation.outcome !== 'rotated') throw new Error('not rotated');
        expect(rotation.session.expiresAt.getTime()).toBeGreaterThan(session.expiresAt.getTime());
        expect(rotation.session.lastUsedAt.getTime()).toBeGreaterThanOrEqual(session.lastUsedAt.getTime());
        expect(await store.sessions.find(id)).toEqual(rotation.session);
        expect(await outcomeOf(rotate(next))).toBe('rotated');
      });

      it('ends the session when a spent token comes again, however long ago it was spent', async () => {
        const { id: userId } = await aUser();
        const { id, hash } = await aSession(userId);
        const other = await aSession(userId);
        let present = hash;
        for (let round = 0; round < 3; round += 1) {
          const next = aHash();
          await rotate(present, next);
          present = next;
        }
        expect(await rotate(hash)).toEqual({ outcome: 'reused', sessionId: id, userId, ended: true });
        expect(await store.sessions.find(id)).toBeUndefined();
        expect(await outcomeOf(rotate(present))).toBe('refused');
        expect(await rotate(hash)).toMatchObject({ outcome: 'reused', ended: false });
        expect(await store.sessions.find(other.id)).toBeDefined();
      });

      it('gives another token for the one just spent, as often as the answer is lost', async () => {
        const { id } = await aUser();
        const { hash } = await aSession(id);
        const [first, second, third] = [aHash(), aHash(), aHash()];
        for (const next of [first, second, third]) expect(await outcomeOf(rotate(hash, next))).toBe('rotated');
        expect(await outcomeOf(rotate(third))).toBe('rotated');
      });

      it('ends the session when a token comes that such a repetition made void', async () => {
        const { id: userId } = await aUser();
        const { id, hash } = await aSession(userId);
        const [lost, answered] = [aHash(), aHash()];
        await rotate(hash, lost);
        await rotate(hash, answered);
        expect(await rotate(lost)).toEqual({ outcome: 'reused', sessionId: id, userId, ended: true });
        expect(await outcomeOf(rotate(answered))).toBe('refused');
      });

      it('ends the session when a spent token comes after its successor was used, or too late', async () => {
        const { id: userId } = await aUser();
        const [answered, late] = [await aSession(userId), await aSession(userId)];
        const [next, again] = [aHash(), aHash()];
        await rotate(answered.hash, next);
        await rotate(answered.hash, again);
        await rotate(again);
        expect(await rotate(answered.hash)).toMatchObject({ outcome: 'reused', ended: true });
        await rotate(late.hash);
        expect(await rotate(late.hash, aHash(), 0)).toMatchObject({ outcome: 'reused', ended: true });
        expect(await store.sessions.list(userId)).toEqual([]);
      });

      it('counts the grace from the first exchange, not from a repetition', async () => {
        const { id } = await aUser();
        const [once, again] = [await aSession(id), await aSession(id)];
        for (const { hash } of [once, again]) await rotate(hash);
        const first = Date.now();
        await eventually(() => Date.now() - first > 50, 'some time has passed');
        expect(await outcomeOf(rotate(again.hash))).toBe('rotated');
        for (const { hash } of [once, again]) expect(await outcomeOf(rotate(hash, aHash(), 40))).toBe('reused');
      });

      it('repeats nothing for a session that has ended or whose user is disabled', async () => {
        const { id } = await aUser();
        const [ended, disabled] = [await aSession(id), await aSession(id)];
        for (const { hash } of [ended, disabled]) await rotate(hash);
        await store.sessions.revoke(id, { only: ended.id }, 'revoked');
        expect(await outcomeOf(rotate(ended.hash))).toBe('refused');
        await disable(id);
        expect(await outcomeOf(rotate(disabled.hash))).toBe('refused');
      });

      it('ends nothing for garbage, nor for an expired token', async () => {
        const { id: userId } = await aUser();
        const { id } = await aSession(userId);
        expect(await rotate(aHash())).toEqual({ outcome: 'refused' });
        const expired = await aSession(userId, { ttlMs: 0 });
        expect(await rotate(expired.hash)).toEqual({ outcome: 'refused' });
        expect(await store.sessions.find(id)).toBeDefined();
      });

      it('leaves exactly one good token after many racing renewals with one', async () => {
        const { id: userId } = await aUser();
        const { id, hash } = await aSession(userId);
        const nexts = Array.from({ length: 8 }, () => aHash());
        const outcomes = await Promise.all(nexts.map((next) => outcomeOf(rotate(hash, next))));
        expect(outcomes).toEqual(nexts.map(() => 'rotated'));
        expect(await store.sessions.find(id)).toBeDefined();
        const used = [];
        for (const next of nexts) used.push(await outcomeOf(rotate(next)));
        // All but the last of them were made void; the first void one ends the session.
        expect(used.filter((outcome) => outcome === 'reused')).toHaveLength(7);
        expect(await store.sessions.find(id)).toBeUndefined();
      });

      it('lets one of many racing renewals through, and ends the session, where there is no grace', async () => {
        const { id: userId } = await aUser();
        const { id, hash } = await aSession(userId);
        const race = Array.from({ length: 8 }, () => outcomeOf(rotate(hash, aHash(), 0)));
        expect((await Promise.all(race)).sort()).toEqual([...Array.from({ length: 7 }, () => 'reused'), 'rotated']);
        expect(await store.sessions.find(id)).toBeUndefined();
      });

      it('never lets a renewal outlive a revocation that races with it', async () => {
        const { id: userId } = await aUser();
        for (let round = 0; round < 10; round += 1) {
          const { id, hash } = await aSession(userId);
          const spent = round % 2 === 0 ? undefined : await rotate(hash);
          await Promise.all([rotate(hash), store.sessions.revoke(userId, { only: id }, 'revoked')]);
          expect([spent?.outcome, await store.sessions.find(id)]).toEqual([spent && 'rotated', undefined]);
        }
      });

      it('lists those used last first', async () => {
        const { id: userId } = await aUser();
        const [one, two, three] = [await aSession(userId), await aSession(userId), await aSession(userId)];
        await rotate(two.hash);
        const listed = (await store.sessions.list(userId)).map(({ id }) => id);
        expect(listed.slice(0, 2)).toEqual(expect.arrayContaining([two.id]));
        expect(listed.indexOf(three.id)).toBeLessThan(listed.indexOf(one.id));
      });

      it('makes room by ending those unused for longest', async () => {
        const { id: userId } = await aUser();
        const one = await aSession(userId, { most: 3 });
        const two = await aSession(userId, { most: 3 });
        const three = await aSession(userId, { most: 3 });
        const four = await aSession(userId, { most: 3 });
        expect(four.evicted).toEqual([one.id]);
        const five = await aSession(userId, { most: 2 });
        expect([...five.evicted].sort()).toEqual([two.id, three.id].sort());
        expect((await store.sessions.list(userId)).map(({ id }) => id)).toEqual([five.id, four.id]);
      });

      it('keeps the bound when many log in at once', async () => {
        const { id: userId } = await aUser();
        await Promise.all(Array.from({ length: 12 }, () => aSession(userId, { most: 4 })));
        expect(await store.sessions.list(userId)).toHaveLength(4);
      });

      it('revokes one, all others, or all, each once, and never somebody else’s', async () => {
        const [{ id: ada }, { id: eve }] = [await aUser(), await aUser()];
        const [one, two, three] = [await aSession(ada), await aSession(ada), await aSession(ada)];
        const hers = await aSession(eve);
        const revoke = store.sessions.revoke.bind(store.sessions);
        expect(await revoke(eve, { only: one.id }, 'revoked')).toEqual([]);
        expect(await revoke(ada, { only: one.id }, 'logged_out')).toEqual([one.id]);
        expect(await revoke(ada, { only: one.id }, 'logged_out')).toEqual([]);
        expect(await revoke(ada, { except: two.id }, 'revoked')).toEqual([three.id]);
        expect(await revoke(ada, 'all', 'revoked')).toEqual([two.id]);
        expect(await revoke(ada, { only: SessionId(v7()) }, 'revoked')).toEqual([]);
        expect(await store.sessions.list(ada)).toEqual([]);
        expect((await store.sessions.list(eve)).map(({ id }) => id)).toEqual([hers.id]);
      });
    });

    describe('ApiKeys', () => {
      const aKey = async (userId: UserId, { ttlMs = undefined as number | undefined, most = MOST } = {}) => {
        const hash = aHash();
        const id = ApiKeyId(v7());
        return { ...(await store.apiKeys.add({ id, userId, name: ApiKeyName('bot') }, hash, ttlMs, most)), hash };
      };

      it('are found by their hash and listed newest first', async () => {
        const { id: userId } = await aUser();
        const { hash, ...first } = await aKey(userId);
        const { hash: _, ...second } = await aKey(userId, { ttlMs: HOUR });
        expect(first).toMatchObject({ userId, name: 'bot', expiresAt: undefined });
        expect(second.expiresAt?.getTime()).toBeGreaterThan(second.createdAt.getTime());
        expect(await store.apiKeys.findByHash(hash)).toEqual(first);
        expect(await store.apiKeys.findByHash(aHash())).toBeUndefined();
        expect(await store.apiKeys.list(userId)).toEqual([second, first]);
      });

      it('are found by nobody once expired, revoked, or of a disabled user', async () => {
        const { id: userId } = await aUser();
        const [expired, revoked, live] = [await aKey(userId, { ttlMs: 0 }), await aKey(userId), await aKey(userId)];
        expect(await store.apiKeys.revoke(userId, revoked.id)).toBe(true);
        for (const { hash } of [expired, revoked]) expect(await store.apiKeys.findByHash(hash)).toBeUndefined();
        expect((await store.apiKeys.list(userId)).map(({ id }) => id)).toEqual([live.id]);
        await disable(userId);
        expect(await store.apiKeys.findByHash(live.hash)).toBeUndefined();
      });

      it('are revoked once, and never by somebody else', async () => {
        const [{ id: ada }, { id: eve }] = [await aUser(), await aUser()];
        const key = await aKey(ada);
        expect(await store.apiKeys.revoke(eve, key.id)).toBe(false);
        expect(await store.apiKeys.findByHash(key.hash)).toBeDefined();
        expect(await store.apiKeys.revoke(ada, key.id)).toBe(true);
        expect(await store.apiKeys.revoke(ada, key.id)).toBe(false);
      });

      it('stay below the bound when many are made at once, counting live ones only', async () => {
        const { id: userId } = await aUser();
        await aKey(userId, { ttlMs: 0, most: 3 });
        const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => aKey(userId, { most: 3 })));
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
        expect(await refusalOf(aKey(userId, { most: 3 }))).toMatchObject({
          kind: 'conflict',
          rule: 'too_many_api_keys',
        });
      });
    });
  });
