import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, RawSocket } from '../support/raw-socket.ts';
import { times } from '../support/scale.ts';
import { StartedServer } from '../support/started-server.ts';
import { aDatabase } from '../support/services.ts';
import type { WsClient } from '../support/ws-client.ts';

let folder: string;
let started: StartedServer[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tertulia-e2e-'));
  started = [];
});
afterEach(async () => {
  for (const server of started) await server.killEverything();
  await rm(folder, { recursive: true, force: true });
});

const start = async (settings: Readonly<Record<string, string>>) => {
  const server = await StartedServer.start(settings);
  started.push(server);
  return server;
};
/** In an empty directory, with the database inside; only the rates are out of the way. */
const embedded = () => ({
  DATA_DIR: join(folder, 'data'),
  LIMIT_RATE_SEND: '900000/9000000',
  LIMIT_RATE_READ: '900000/9000000',
});
const register = async (server: StartedServer, handle: string) => {
  const password = 'a sentence to keep';
  const { accessToken, user } = await server.post('user.register', { handle, displayName: handle, password });
  return { token: accessToken as string, userId: (user as { id: string }).id, handle, password };
};
type User = Awaited<ReturnType<typeof register>>;

/** What one client knows of its messages. */
class Talk {
  readonly sent = new Map<string, string>();
  readonly acked = new Map<string, { seq: number; rev: number }>();

  constructor(private readonly conversationId: string) {}

  /** One message after the other, until the connection is gone. */
  async go(client: WsClient, name: string): Promise<void> {
    for (let n = 0; ; n++) {
      const [id, content] = [v7(), `${name} ${n}`];
      this.sent.set(id, content);
      if (!(await this.store(client, id).catch(() => false))) return;
    }
  }

  /** Until it is: behind one that a slow disk did not store in time, nothing of its connection is taken before it. */
  async store(client: WsClient, id: string): Promise<boolean> {
    for (;;) {
      await this.send(client, id);
      if (this.acked.has(id)) return true;
      await pause(20);
    }
  }

  /** Again or for the first time. */
  async send(client: WsClient, id: string) {
    const input = { conversationId: this.conversationId, id, content: this.sent.get(id) };
    const { ok, data, error } = await client.call('message.send', input, 10_000);
    if (!ok && error?.code !== 'unavailable') throw new Error(`refused: ${error?.code}`);
    if (ok) this.acked.set(id, { seq: data!['seq'] as number, rev: data!['rev'] as number }); // it went well
  }
}

const historyOf = async (server: StartedServer, { token }: User, conversationId: string) => {
  const all: { id: string; seq: number; content: unknown }[] = [];
  for (let after = 0; ; after = all.at(-1)!.seq) {
    const page = await server.post('message.history', { conversationId, after, limit: 100 }, token);
    all.push(...(page['messages'] as typeof all));
    if (!page['more']) return all;
  }
};

describe('a server that is killed with its database, in an empty directory', () => {
  it('has all that it acked, in order, each once, when it is started again', { timeout: 300_000 }, async () => {
    let server = await start(embedded());
    const [ann, ben] = [await register(server, 'ann'), await register(server, 'ben')];
    const { conversation } = await server.post('conversation.open_private', { userId: ben.userId }, ann.token);
    const { id: conversationId } = conversation as { id: string };
    const talk = new Talk(conversationId);

    for (let round = 0; round < times(4, 200); round++) {
      const clients = await Promise.all([ann, ben].map(({ token }) => server.connect(token)));
      const before = talk.acked.size;
      const talking = clients.flatMap((client, n) =>
        Array.from({ length: 8 }, (_, voice) => talk.go(client, `${round} ${n} ${voice}`)),
      );
      await eventually(() => talk.acked.size >= before + 200, 'two hundred acks', 60_000);
      await server.killEverything();
      await Promise.all(talking);

      const ackedThen = new Map(talk.acked);
      server = await start(embedded());
      const found = await historyOf(server, ann, conversationId); // the token of the first start is still good
      expect(found.map(({ seq }) => seq)).toEqual(found.map((_, n) => n + 1));
      const byId = new Map(found.map((row) => [row.id, row]));
      expect(byId.size).toBe(found.length);
      for (const [id, { seq }] of ackedThen) expect(byId.get(id)).toMatchObject({ seq, content: talk.sent.get(id) });
      for (const { id, content } of found) expect(talk.sent.get(id)).toBe(content);

      // What had no answer is sent again, and is there once.
      const again = await server.connect(ann.token);
      const back = await server.connect(ben.token);
      for (const id of [...talk.sent.keys()].filter((sent) => !talk.acked.has(sent))) {
        const [, one] = talk.sent.get(id)!.split(' '); // round, client, voice, number
        await talk.store(one === '0' ? again : back, id);
      }
      expect(await historyOf(server, ben, conversationId)).toHaveLength(talk.sent.size);
    }
    // And who they are is not forgotten either.
    await server.post('session.login', { login: 'ann', password: ann.password });
    server.signal('SIGTERM');
    expect(await server.exited).toBe(0);
  });
});

/** A request that goes on. */
const UNFINISHED = 'POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{';

describe('a server that is told to stop', () => {
  it('says goodbye to every socket, answers what is under way, stops last, and ends with 0', {
    timeout: 180_000,
  }, async () => {
    const listener = join(folder, 'trace.mjs');
    await writeFile(
      listener,
      `import { writeSync } from 'node:fs';
       export const listeners = { '*': ({ type }) => writeSync(1, 'EVENT ' + type + '\\n') };`,
    );
    const server = await start({ ...embedded(), LISTENERS: listener, DRAIN_SECONDS: '5' });
    const ann = await register(server, 'ann');
    const group = { id: v7(), title: 'Leaving' };
    await server.post('conversation.create', group, ann.token);
    const clients = await Promise.all(Array.from({ length: 20 }, () => server.connect(ann.token)));
    server.signal('SIGTERM');
    const last = await Promise.all(
      clients.map(async (client) => {
        const { data } = await client.until(({ type }) => type === 'goaway');
        const answer = client.call('message.send', { conversationId: group.id, id: v7(), content: 'bye' });
        // Its slot may come before the frame: nothing was done then.
        const outcome = await answer.then(({ ok, error }) => (ok ? 'stored' : error?.code)).catch(() => 'closed');
        expect(data['afterMs']).toBe(1_000);
        return { outcome, closed: await client.ended(10_000) };
      }),
    );
    expect(await server.exited).toBe(0);
    expect(last.map(({ closed }) => closed.code)).toEqual(last.map(() => 1012));
    const stored = last.filter(({ outcome }) => outcome === 'stored').length;
    expect(stored).toBeGreaterThan(0);
    expect(['stored', 'unavailable', 'closed']).toEqual(expect.arrayContaining(last.map(({ outcome }) => outcome)));
    const events = [...server.output.matchAll(/^EVENT (.+)$/gm)].map(([, type]) => type);
    expect(events.filter((type) => type === 'connection.removed')).toHaveLength(20);
    expect(events.at(-1)).toBe('server.stopped');
    expect(events[0]).toBe('server.started');
    // What was begun was answered.
    const again = await start(embedded());
    expect(await historyOf(again, ann, group.id)).toHaveLength(1 + stored);
  });

  it('takes an echo of the signal for the same wish, and a later one for haste', { timeout: 300_000 }, async () => {
    // A request that goes on, or a peer that never answers the close frame: that one for two seconds.
    const goodbye = async (keepsBusy: 'request' | 'peer') => {
      const server = await start({ ...embedded(), ALLOW_GUESTS: 'true', TRANSPORT: 'ws', DRAIN_SECONDS: '20' });
      if (keepsBusy === 'request') (await RawSocket.connect(server.port)).write(UNFINISHED);
      const guest = await server.post('session.guest', { displayName: 'Guest' }); // the server knows of that one by now
      (await server.connect(guest['accessToken'] as string)).socket.pause();
      server.signal('SIGINT');
      await eventually(() => server.output.includes('"stopping"'), 'it stops');
      return server;
    };
    const patient = await goodbye('peer');
    patient.signal('SIGINT');
    expect(await patient.exited).toBe(0);

    const hasty = await goodbye('request');
    await pause(600); // longer than an echo takes
    hasty.signal('SIGINT');
    expect(await hasty.exited).toBe(1);
  });
});

describe('a server that can not start', () => {
  const secret = randomBytes(32).toString('hex');
  const fails = async (settings: Readonly<Record<string, string>>) => {
    const server = StartedServer.spawn(settings);
    started.push(server);
    return { code: await server.exited, output: server.output };
  };

  it('for a port that is taken ends with 78 and names WS_PORT', { timeout: 180_000 }, async () => {
    const { url } = await aDatabase();
    const outside = { DATABASE_URL: url, JWT_SECRET: secret };
    const first = await start(outside);
    for (const transport of ['uws', 'ws']) {
      const { code, output } = await fails({ ...outside, WS_PORT: String(first.port), TRANSPORT: transport });
      expect([transport, code]).toEqual([transport, 78]);
      expect(output).toContain('WS_PORT');
      expect(output).toContain(String(first.port));
    }
  });

  it('for wrong settings ends with 78, names every one, and shows no secret', async () => {
    const { code, output } = await fails({
      WS_PORT: 'banana',
      JWT_SECRET: 'too-short',
      LIMIT_NO_SUCH: '1',
      TRANSPORT: 'pigeon',
    });
    expect(code).toBe(78);
    for (const key of ['WS_PORT', 'JWT_SECRET', 'LIMIT_NO_SUCH', 'TRANSPORT']) expect(output).toContain(key);
    expect(output).not.toContain('too-short');
  });

  it('for a database that is not there ends with 78 and names DATABASE_URL', async () => {
    const url = 'postgres://nobody:hidden-word@127.0.0.1:1/nothing';
    const { code, output } = await fails({ DATABASE_URL: url, JWT_SECRET: secret });
    expect(code).toBe(78);
    expect(output).toContain('DATABASE_URL');
    expect(output).not.toContain('hidden-word');
  });

  it('for a data directory that another one uses ends with 78 and names DATA_DIR', { timeout: 180_000 }, async () => {
    await start(embedded());
    const { code, output } = await fails(embedded());
    expect(code).toBe(78);
    expect(output).toContain('DATA_DIR');
  });
});
