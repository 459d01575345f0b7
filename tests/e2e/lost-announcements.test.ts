import { Client } from 'pg';
import { expect, it } from 'vitest';
import { v7 } from 'uuid';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import { DeafBackplane } from '../support/deaf-backplane.ts';
import { RunningServer } from '../support/running-server.ts';

const withDatabase = async <T>({ databaseUrl }: RunningServer, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
/** Not autovacuum, which may not be ended by who is no superuser. */
const OTHERS =
  'pg_stat_activity WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()';

/** A change ends without anybody knowing whether it was committed; `meanwhile` happens before it does. */
const aChangeIsCut = (running: RunningServer, change: () => Promise<unknown>, id: string, meanwhile: string) =>
  withDatabase(running, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT FROM conversations WHERE id = $1 FOR UPDATE', [id]);
    const changed = change();
    for (let waiting = 0; waiting === 0; )
      waiting = (await client.query(`SELECT FROM ${OTHERS} AND wait_event_type = 'Lock'`)).rowCount ?? 0;
    await client.query(meanwhile);
    await client.query(`SELECT pg_terminate_backend(pid) FROM ${OTHERS}`);
    await client.query('COMMIT');
    return changed;
  });

it('are looked for after a change whose outcome nobody knows', async () => {
  const running = await RunningServer.start();
  const [ann, ben] = [await running.aUser(), await running.aUser()];
  const id = await running.aGroup(ann, [ben]);
  const bens = await running.connectAs(ben);
  // What was committed and never announced: here somebody else did it.
  const unannounced = `UPDATE conversations SET title = 'unheard', rev = rev + 1, changed_rev = rev + 1 WHERE id = '${id}'`;
  const rename = () => running.request('PATCH', `/v1/conversations/${id}`, { user: ann, body: { title: 'whatever' } });
  await aChangeIsCut(running, rename, id, unannounced);
  const { data } = await bens.until(({ type }) => type.startsWith('conversation.'), 10_000);
  expect(JSON.stringify(data)).toContain('unheard');
});

class MuteBackplane extends DeafBackplane {
  mute = false;

  override publish(events: readonly ChatEvent[]): void {
    if (this.mute) throw new Error('mute');
    super.publish(events);
  }
}

it('are looked for when publishing them failed', async () => {
  let backplane: MuteBackplane | undefined;
  const running = await RunningServer.start({ backplane: (own) => (backplane = new MuteBackplane(own)) });
  const [ann, ben] = [await running.aUser(), await running.aUser()];
  const id = await running.aGroup(ann, [ben]);
  const bens = await running.connectAs(ben);
  backplane!.mute = true; // it was asked for
  await running.post('message.send', { conversationId: id, id: v7(), content: 'unheard' }, ann);
  // Heads are compared every 30 seconds in any case; this is sooner.
  const { data } = await bens.until(({ type }) => type.startsWith('conversation.'), 10_000);
  expect(JSON.stringify(data)).toContain('unheard');
});

it('of another history send everybody away, to begin anew', async () => {
  const running = await RunningServer.start();
  const ann = await running.aUser();
  const id = await running.aGroup(ann);
  const [before, socket] = [await running.connect(), await running.connectAs(ann)];
  const { data: known } = await before.auth(ann.token);
  const rename = () => running.request('PATCH', `/v1/conversations/${id}`, { user: ann, body: { title: 'whatever' } });
  await aChangeIsCut(running, rename, id, 'UPDATE epoch_bump SET bump = bump + 1');
  expect((await socket.ended(10_000)).code).toBe(1012);
  const { data: now } = await (await running.connect()).auth(ann.token);
  expect(now?.['epoch']).not.toBe(known?.['epoch']);
});
