import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserId } from '#app/domain/shared/ids.ts';
import { Churn, LONELY, Sender } from '../support/chaos-load.ts';
import { aConversationId } from '../support/chat-world.ts';
import { judge } from '../support/checker.ts';
import { dump } from '../support/dump.ts';
import { History } from '../support/history.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { times } from '../support/scale.ts';
import { ServerProcess } from '../support/server-process.ts';
import { aPostgresServer } from '../support/services.ts';
import { Line, Listener, membersOverLine, overLine, SocketFollower, type Somebody } from '../support/socket-load.ts';

const MINUTES = 60_000;

describe('a whole server and its WebSocket clients', () => {
  let postgres: PostgresServer;
  let server: ServerProcess;

  beforeAll(async () => {
    postgres = await aPostgresServer();
    server = await ServerProcess.start(postgres.url);
  });
  afterAll(async () => {
    await server.stop();
    await postgres.stop();
  });

  const somebody = async (name: string): Promise<Somebody> => {
    const { userId, token } = await server.aGuest(name);
    return { userId: UserId(userId), token };
  };

  it('lose, double, turn and leak nothing while PostgreSQL, and the server too, are killed', {
    timeout: 10 * MINUTES,
  }, async () => {
    const history = new History();
    const [ann, ben, cleo, dan] = (await Promise.all(['Ann', 'Ben', 'Cleo', 'Dan'].map(somebody))) as [
      Somebody,
      Somebody,
      Somebody,
      Somebody,
    ];
    const group = async (owner: Somebody, members: readonly Somebody[], historyVisible: boolean) => {
      const id = aConversationId();
      const users = members.map(({ userId }) => userId);
      await server.command('conversation.create', { id, title: 'A circle', users, historyVisible }, owner.token);
      return id;
    };
    const open = await group(ann, [ben, cleo], true);
    const hidden = await group(ben, [ann, dan], false);

    const senders = (
      [
        ['ann-1', ann, open, 4],
        ['ben-1', ben, open, 4],
        ['cleo-1', cleo, open, LONELY],
        ['ben-1', ben, hidden, 4],
        ['dan-1', dan, hidden, LONELY],
      ] as const
    ).map(([client, who, conv, window]) => {
      const attempt = overLine(new Line(server.ws, who));
      return new Sender(history, client, who.userId, conv, attempt, window, 30);
    });
    const churns = [
      new Churn(history, open, cleo.userId, membersOverLine(new Line(server.ws, ann), open, cleo.userId)),
      new Churn(history, hidden, dan.userId, membersOverLine(new Line(server.ws, ben), hidden, dan.userId)),
    ];
    const listeners = [ann, ben, cleo, dan].map((who, n) => new Listener(history, `listener-${n}`, server.ws, who));
    const followers = (
      [
        ['ben-2', ben, open],
        ['cleo-2', cleo, open],
        ['ann-2', ann, hidden],
        ['dan-2', dan, hidden],
      ] as const
    ).map(([name, who, conv]) => new SocketFollower(history, name, server.ws, who, conv));

    const acked = () => senders.reduce((sum, sender) => sum + sender.acked, 0);
    const progress = async (more: number) => {
      const [wanted, late] = [acked() + more, performance.now() + 60_000];
      while (acked() < wanted) {
        if (performance.now() > late) throw new Error('the load stands still');
        await pause(10);
      }
    };
    const kills = { PostgreSQL: times(20, 200), server: times(5, 50) };
    for (let kill = 0; kill < kills.PostgreSQL + kills.server; kill++) {
      await progress(30);
      await pause(Math.random() * 50);
      const what = kill % 5 === 4 ? server : postgres;
      await what.kill();
      await pause(kill % 8 === 7 ? 3_000 : Math.random() * 200);
      history.add({ type: 'fault', kind: 'kill -9', endedAt: performance.now() });
      await what.start();
    }
    await progress(60);
    await Promise.all([...senders, ...churns].map((one) => one.stop()));
    await Promise.all([...followers, ...listeners].map((one) => one.stop()));

    const { report, violations, recoveriesMs } = judge(history.records, await dump(postgres.url, [open, hidden]), {
      operationMs: 45_000,
    });
    process.stderr.write(`PostgreSQL killed ${kills.PostgreSQL} times, the server ${kills.server} times: ${report}\n`);
    expect(violations.slice(0, 10)).toEqual([]);
    expect(recoveriesMs).toHaveLength(kills.PostgreSQL + kills.server);
    expect(listeners.reduce((sum, listener) => sum + listener.heard, 0)).toBeGreaterThan(1_000);
  });
});
