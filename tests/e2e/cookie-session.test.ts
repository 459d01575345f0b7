import { beforeAll, describe, expect, it } from 'vitest';
import { RunningServer, type TransportName } from '../support/running-server.ts';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** A browser's jar, for one cookie. Throws when a page could see what is in it. */
class Jar {
  cookie = '';

  constructor(private readonly running: RunningServer) {}

  async post(path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
    const own = { 'tertulia-session': 'remember', origin: this.running.http };
    const cookie = this.cookie === '' ? undefined : { cookie: this.cookie };
    const answer = await this.running.request('POST', path, { body, headers: { ...own, ...cookie, ...headers } });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split('; ');
      if (!line.includes('; Path=/; HttpOnly; SameSite=Strict')) throw new Error(`a careless cookie: ${line}`);
      this.cookie = attributes.includes('Max-Age=0') ? '' : pair;
    }
    if (JSON.stringify(answer.body).includes('tr_')) throw new Error(`${path} shows the token to scripts`);
    return answer;
  }
}

describe.each<TransportName>(['uws', 'ws'])('a session in a cookie, over %s', (transport) => {
  let running: RunningServer;
  beforeAll(async () => {
    running = await RunningServer.start({ transport });
  });

  const enter = async () => {
    const jar = new Jar(running);
    const { status, body } = await jar.post('/v1/session/guest', { displayName: 'Ann' });
    expect([status, jar.cookie.split('=')[0]]).toEqual([200, 'tertulia']);
    return { jar, token: body['accessToken'] as string };
  };
  const refresh = (jar: Jar) => jar.post('/v1/session/refresh', {});

  it('is renewed through it, again and again, and opens sockets', async () => {
    const { jar } = await enter();
    const seen = new Set([jar.cookie]);
    let token = '';
    for (let round = 0; round < 3; round += 1) {
      const { status, body } = await refresh(jar);
      expect(status).toBe(200);
      seen.add(jar.cookie);
      token = body['accessToken'] as string;
    }
    expect(seen.size).toBe(4);
    await (await running.connectAs({ token })).close();
  });

  it('survives an answer that never came, and no copy of an older cookie', async () => {
    const { jar } = await enter();
    const before = jar.cookie;
    await refresh(jar);
    jar.cookie = before;
    expect((await refresh(jar)).status).toBe(200);
    const [present, thief] = [jar.cookie, new Jar(running)];
    expect((await refresh(jar)).status).toBe(200);
    thief.cookie = before;
    expect((await refresh(thief)).status).toBe(401);
    expect(thief.cookie).toBe('');
    expect([present === jar.cookie, (await refresh(jar)).status, jar.cookie]).toEqual([false, 401, '']);
  });

  it('ends with the session', async () => {
    for (const path of ['/v1/session/logout', '/v1/sessions/revoke-all']) {
      const { jar, token } = await enter();
      const copy = jar.cookie;
      expect((await jar.post(path, {}, { authorization: `Bearer ${token}` })).status).toBe(200);
      expect(jar.cookie).toBe('');
      jar.cookie = copy;
      expect((await refresh(jar)).status).toBe(401);
    }
  });

  it('is out of reach for other pages, whatever they send', async () => {
    const { jar } = await enter();
    const before = jar.cookie;
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${running.port + 1}`])
      expect((await jar.post('/v1/session/refresh', {}, { origin })).status).toBe(403);
    const headers = { cookie: before };
    expect((await running.request('POST', '/v1/session/refresh', { body: {}, headers })).status).toBe(400);
    expect([(await refresh(jar)).status, jar.cookie === before]).toEqual([200, false]);
  });
});
