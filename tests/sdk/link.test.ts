import { v7 } from 'uuid';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Lost, Refused } from '../../clients/sdk/src/link/failures.ts';
import type { Link } from '../../clients/sdk/src/link/link.ts';
import { newWebSocketLink } from '../../clients/sdk/src/link/web-socket-link.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { ToldByLink } from './told-by-link.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});

const links: Link[] = [];
afterEach(() => {
  for (const link of links.splice(0)) link.close();
});

const linkOf = (user: Pick<TestUser, 'token'>) => {
  const link = newWebSocketLink({ url: server.http, auth: user.token });
  links.push(link);
  return { link, told: new ToldByLink(link) };
};
const opened = async (user: Pick<TestUser, 'token'>) => {
  const made = linkOf(user);
  made.link.start();
  await made.told.until('online');
  return made;
};

describe('a link to a real server', () => {
  it('connects, says who it is, and calls', async () => {
    const ann = await server.aUser('Ann');
    const { link, told } = await opened(ann);
    expect(told.log).toEqual(['connecting', 'opened', 'online']);
    expect(link.welcome).toMatchObject({ userId: ann.userId, limits: { inFlight: 64 } });
    expect(await link.call('user.me', {})).toMatchObject({ id: ann.userId, displayName: 'Ann' });
  });

  it('tells of a send by its event before the call resolves, and everybody else of the same message', async () => {
    const [ann, bob] = await server.users(2);
    const conversationId = await server.aGroup(ann!, [bob!]);
    const [here, there] = [await opened(ann!), await opened(bob!)];
    const id = v7();
    const sent = await here.link.call('message.send', { id, conversationId, content: 'Hello' });
    const own = here.told.events.at(-1);
    expect(own).toMatchObject({ type: 'message.created', data: { rev: sent.rev, message: { id, seq: sent.seq } } });
    await there.told.until('message.created');
    expect(there.told.events.at(-1)).toEqual(own);
  });

  it('rejects what the server refuses, with its code and rule', async () => {
    const { link } = await opened(await server.aUser());
    const refusal = await link.call('conversation.get', { conversationId: v7() }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refused);
    expect(refusal).toMatchObject({ code: 'not_found' });
  });

  it('stops when the token is good for nothing', async () => {
    const { link, told } = linkOf({ token: 'nonsense' });
    link.start();
    await told.until('stopped');
    expect(told.stop).toEqual({ reason: 'signed_out' });
    expect(link.status).toBe('offline');
  });

  it('stops when the session is revoked', async () => {
    const ann = await server.aUser();
    const { told } = await opened(ann);
    await server.post('session.logout', {}, ann);
    await told.until('stopped');
    expect(told.stop).toEqual({ reason: 'revoked', code: 4502 });
  });

  it('rejects what was asked when it is closed, and begins anew when it is started again', async () => {
    const { link, told } = await opened(await server.aUser());
    const asked = link.call('user.me', {});
    link.close();
    await expect(asked).rejects.toBeInstanceOf(Lost);
    await expect(link.call('user.me', {})).rejects.toBeInstanceOf(Lost);
    expect(told.log.slice(-3)).toEqual(['lost', 'offline', 'stopped']);
    link.start();
    await told.until('online', 2);
    expect(await link.call('user.me', {})).toBeDefined();
  });
});
