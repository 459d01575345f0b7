import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { newWebSocketLink } from '../../clients/sdk/src/link/web-socket-link.ts';
import { NetworkLab } from '../support/network-lab.ts';
import { eventually } from '../support/raw-socket.ts';
import { RunningServer } from '../support/running-server.ts';
import { ToldByLink } from './told-by-link.ts';

const settings = { JWT_SECRET: randomBytes(32).toString('base64url'), DRAIN_SECONDS: '0' };

describe('a node that goes away', () => {
  it('is left for another one without a break, and every send on the way is answered', async () => {
    const leaving = await RunningServer.start({ settings });
    const staying = await RunningServer.start({ settings, databaseUrl: leaving.databaseUrl });
    const ann = await leaving.aUser();
    const conversationId = await leaving.aGroup(ann);
    const lab = await NetworkLab.start(leaving.port);
    const sockets: WebSocket[] = [];
    class Watched extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    }
    const link = newWebSocketLink({ url: lab.http, auth: ann.token, surroundings: { WebSocket: Watched } });
    const told = new ToldByLink(link);
    link.start();
    await told.until('online');
    lab.targetPort = staying.port;
    const send = () => link.call('message.send', { conversationId, id: v7(), content: 'on the way' });
    const sent = Array.from({ length: 100 }, send);
    // as the node would say, but it stays as long as this takes
    const goaway = JSON.stringify({ type: 'goaway', data: { afterMs: 0 } });
    sockets[0]!.onmessage!(new MessageEvent('message', { data: goaway }));
    while (told.welcomes.length < 2) {
      sent.push(send());
      await sent.at(-1);
    }
    await Promise.all(sent);
    const before = (await Promise.all(sent)).map(({ seq }) => seq);
    const after = (await Promise.all(Array.from({ length: 100 }, send))).map(({ seq }) => seq);
    await eventually(() => sockets[0]!.readyState === WebSocket.CLOSED, 'the old socket is left');
    const seqs = [...before, ...after];
    expect(seqs).toEqual(seqs.map((_, at) => seqs[0]! + at));
    const ofTheLink = ['connecting', 'opened', 'online', 'goaway', 'lost', 'offline', 'stopped'];
    const log = told.log.filter((word) => ofTheLink.includes(word));
    expect(log).toEqual(['connecting', 'opened', 'online', 'goaway', 'opened']);
    expect(told.log.filter((word) => word === 'message.created')).toHaveLength(seqs.length);
    expect(sockets).toHaveLength(2);
    link.close();
    await lab.close();
  });

  it('that is restarted is found again', async () => {
    const before = await RunningServer.start({ settings });
    const ann = await before.aUser();
    const lab = await NetworkLab.start(before.port);
    const link = newWebSocketLink({ url: lab.http, auth: ann.token });
    const told = new ToldByLink(link);
    link.start();
    await told.until('online');
    await before.stop();
    await told.until('lost');
    const after = await RunningServer.start({ settings, databaseUrl: before.databaseUrl });
    lab.targetPort = after.port;
    // Not once: a try that was under way failed for the old port, and the next would be far off.
    await eventually(() => (link.retry(), link.status === 'online'), 'it is found', 10_000);
    expect(link.welcome?.userId).toBe(ann.userId);
    link.close();
    await lab.close();
  });
});
