import { beforeAll, describe, expect, it } from 'vitest';
import { Lost, Refused } from '../../clients/sdk/src/link/failures.ts';
import { realSurroundings } from '../../clients/sdk/src/link/surroundings.ts';
import { newWebSocketLink } from '../../clients/sdk/src/link/web-socket-link.ts';
import { Session } from '../../clients/sdk/src/session/session.ts';
import { memorySessionStorage } from '../../clients/sdk/src/session/session-storage.ts';
import { register, signIn, signInAsGuest } from '../../clients/sdk/src/session/sign-in.ts';
import { RunningServer } from '../support/running-server.ts';
import { ToldByLink } from './told-by-link.ts';

let server: RunningServer;
let url: string;
beforeAll(async () => {
  server = await RunningServer.start();
  url = server.http;
});

const password = 'a long sentence is easy to keep';
const nameOf = async (session: Session) =>
  (await server.request('GET', '/v1/users/me', as(await session.token()))).body;
const as = (token: string) => ({ user: { token } });

describe('sessions of a real server', () => {
  it('registers, signs in and out', async () => {
    const registered = await register({ url, handle: 'ann', displayName: 'Ann', password, device: { name: 'Laptop' } });
    expect(await nameOf(registered)).toMatchObject({ id: registered.userId, displayName: 'Ann' });
    const storage = memorySessionStorage();
    const session = await signIn({ url, login: 'ann', password, storage });
    expect(session.userId).toBe(registered.userId);
    const token = await session.token();
    await session.signOut();
    expect(await storage.load()).toBeUndefined();
    await expect(session.token()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await server.request('GET', '/v1/users/me', as(token))).status).toBe(401);
    await session.signOut();
  });

  it('tells what the server refused, field by field', async () => {
    const refusal: unknown = await register({ url, handle: 'a', displayName: '', password: 'x' }).catch(
      (e: unknown) => e,
    );
    expect(refusal).toBeInstanceOf(Refused);
    const { code, details } = refusal as Refused;
    expect(code).toBe('invalid');
    expect(details.map(({ path }) => path).toSorted()).toEqual(['displayName', 'handle', 'password']);
    await expect(signIn({ url, login: 'nobody_here', password })).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('goes on after a restart with what the storage holds', async () => {
    const storage = memorySessionStorage();
    const before = await signInAsGuest({ url, displayName: 'Guest', storage });
    const after = await Session.resume({ url, storage });
    expect(after?.userId).toBe(before.userId);
    expect(await nameOf(after!)).toMatchObject({ displayName: 'Guest' });
    expect(await Session.resume({ url, storage: memorySessionStorage() })).toBeUndefined();
  });

  it('renews once for many who ask, and again and again', async () => {
    let renewals = 0;
    const counting: typeof fetch = (input, init) => {
      if ((input as string).endsWith('/refresh')) renewals++;
      return fetch(input, init);
    };
    const session = await signInAsGuest({ url, displayName: 'Guest', fetch: counting });
    const first = await session.token();
    expect(renewals).toBe(0);
    const renewed = await Promise.all(Array.from({ length: 20 }, () => session.token(first)));
    expect(new Set(renewed).size).toBe(1);
    expect(renewals).toBe(1);
    await session.token(renewed[0]);
    expect(renewals).toBe(2);
    expect(await nameOf(session)).toMatchObject({ id: session.userId });
  });

  it('lets two that share a storage renew at the same time, under a lock', async () => {
    let last: Promise<unknown> = Promise.resolve();
    const renewalLock = <T>(renew: () => Promise<T>): Promise<T> => {
      const done = last.then(renew, renew);
      last = done;
      return done;
    };
    const storage = memorySessionStorage();
    const one = await signInAsGuest({ url, displayName: 'Guest', storage, renewalLock });
    const other = (await Session.resume({ url, storage, renewalLock }))!;
    const old = await one.token();
    await Promise.all([one.token(old), other.token(old)]);
    expect(await nameOf(one)).toMatchObject({ id: one.userId });
    expect(await nameOf(other)).toMatchObject({ id: one.userId });
  });

  it('keeps a link alive over the lives of many tokens, without a break', async () => {
    const ann = await server.aUser();
    const issued: string[] = [];
    const auth = async () => {
      issued.push(await server.tokenOf(ann, 6_000)); // longer than any machine stands still
      return issued.at(-1)!;
    };
    // a tenth of every wait: what is renewed at the earliest after five seconds is renewed after half a second
    const after = (ms: number, work: () => void) => realSurroundings.after(ms / 10, work);
    const link = newWebSocketLink({ url, auth, surroundings: { after } });
    const told = new ToldByLink(link);
    link.start();
    await told.until('online');
    const end = link.welcome!.expiresAt!;
    await expect.poll(() => Date.now() > end + 500, { timeout: 15_000 }).toBe(true);
    await link.call('user.me', {});
    expect(issued.length).toBeGreaterThan(3);
    expect(told.log).toEqual(['connecting', 'opened', 'online']);
    link.close();
  });

  it('says that nothing is known when nobody answers', async () => {
    await expect(signIn({ url: 'http://127.0.0.1:1', login: 'ann', password })).rejects.toBeInstanceOf(Lost);
  });
});
