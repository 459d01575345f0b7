import { describe, expect, it } from 'vitest';
import type { Resent } from '../../../clients/sdk/src/client.ts';
import type { MessageRow } from '../../../clients/sdk/src/generated/catalogue.ts';
import { Lost, Refused } from '../../../clients/sdk/src/link/failures.ts';
import { newKept } from '../../../clients/sdk/src/outbox/kept.ts';
import { memoryOutbox } from '../../../clients/sdk/src/outbox/memory-outbox.ts';
import type { InputOf, OutputOf } from '../../../clients/sdk/src/protocol.ts';
import { settle } from '../../support/manual-timers.ts';
import { aLine, aRow, created, ME, PLACE, Stage } from './scripted-link.ts';

interface Copy {
  readonly log: readonly MessageRow[];
  readonly rev: number;
}

/** A server with one conversation, of which copies can be made; one of them can take its place. */
class Server {
  log: MessageRow[] = [aRow({ seq: 1, type: 'system', content: { event: 'conversation.created' } })];
  rev = 1;
  /** What was asked since the last failover. */
  asked: InputOf<'message.send'>[] = [];
  /** In place of an answer, once; what it refuses is stored only when the answer is lost. */
  refuse: ((data: InputOf<'message.send'>) => Error | undefined) | undefined;
  readonly #first = new Map<string, string>();
  #clock = Date.parse('2026-11-21T00:00:01.000Z');
  #epochs = 1;

  constructor(readonly stage: Stage) {
    stage.link.answers['message.send'] = (data) => this.#send(data);
  }

  copy(): Copy {
    return { log: [...this.log], rev: this.rev };
  }

  edit(id: string, content: string): void {
    this.#change(id, { content, editedAt: this.#now() }, 'message.edited');
  }

  delete(id: string, tell = true): void {
    this.#change(id, { deletedAt: this.#now() }, 'message.deleted', tell);
  }

  /** The connection is lost, and what answers the next one is that copy. */
  async failOver({ log, rev }: Copy): Promise<void> {
    const { stage } = this;
    if (stage.link.welcome) stage.link.lose();
    this.log = [...log];
    this.rev = rev;
    this.asked = [];
    stage.logs.set(PLACE, this.log);
    stage.lines = [aLine(PLACE, { seq: log.length, rev, lastMessage: log.at(-1)! })]; // it has an entry
    await stage.link.open(`epoch ${++this.#epochs}`);
    await settle();
  }

  get texts(): readonly unknown[] {
    return this.log.slice(1).map(({ content }) => content);
  }

  get offered(): readonly string[] {
    return this.asked.map(({ content }) => content);
  }

  #now(): string {
    return new Date(this.#clock++).toISOString();
  }

  #send(data: InputOf<'message.send'>): OutputOf<'message.send'> {
    this.asked.push(data);
    const { id, content, replyTo } = data;
    const words = JSON.stringify([content, replyTo]);
    const refusal = this.refuse?.(data);
    if (refusal instanceof Refused) throw refusal;
    const held = this.log.find((row) => row.id === id);
    if (held && this.#first.get(id) !== words) throw new Refused('conflict', 'taken', 'message_id_taken');
    const row = held ?? this.#append(data);
    this.#first.set(id, words);
    if (refusal) throw refusal;
    this.stage.link.event(created({ ...row, content })); // as links do
    return { conversationId: PLACE, seq: row.seq, rev: row.rev, sentAt: row.sentAt, duplicate: held !== undefined };
  }

  #append({ id, content, replyTo }: InputOf<'message.send'>): MessageRow {
    const row = aRow({
      ...{ seq: this.log.length + 1, rev: ++this.rev, id, senderId: ME, content, sentAt: this.#now() },
      ...(replyTo !== undefined && { replyTo }),
    });
    this.log.push(row);
    return row;
  }

  #change(id: string, change: Partial<MessageRow>, type: 'message.edited' | 'message.deleted', tell = true): void {
    const at = this.log.findIndex((row) => row.id === id);
    const message = { ...this.log[at]!, ...change, rev: ++this.rev }; // it is there
    this.log[at] = message;
    if (tell) this.stage.link.event({ type, data: { conversationId: PLACE, rev: message.rev, message } });
  }
}

const begun = async ({ open = true, storage = memoryOutbox() } = {}) => {
  const stage = new Stage(storage);
  const server = new Server(stage);
  await stage.link.open('epoch 1');
  if (open) await stage.conversation.open();
  const resent: Resent[] = [];
  stage.client.on('resent', (one) => resent.push(one));
  const send = async (...texts: readonly string[]): Promise<readonly string[]> => {
    const written = await Promise.all(texts.map((text) => stage.conversation.send(text)));
    await settle();
    return written.map(({ id }) => id);
  };
  return { stage, server, storage, resent, send };
};

const shown = (stage: Stage) => stage.texts.map(({ text, state, resent }) => ({ text, state, resent }));

describe('what the server had stored, when a copy of it takes over', () => {
  it.each([{ open: true }, { open: false }])('is stored once, in order, before what waits: %j', async ({ open }) => {
    const { stage, server, storage, resent, send } = await begun({ open });
    const heard: unknown[] = [];
    stage.client.on('message', (incoming) => heard.push(incoming));
    await send('there');
    const copy = server.copy();
    await send('lost 1', 'lost 2');
    stage.link.lose();
    await send('waiting');
    await server.failOver(copy);

    expect(server.offered).toEqual(['there', 'lost 1', 'lost 2', 'waiting']);
    expect(server.texts).toEqual(['there', 'lost 1', 'lost 2', 'waiting']);
    await stage.conversation.open();
    expect(shown(stage)).toEqual([
      { text: 'there', state: 'sent', resent: false },
      { text: 'lost 1', state: 'sent', resent: true },
      { text: 'lost 2', state: 'sent', resent: true },
      { text: 'waiting', state: 'sent', resent: false },
    ]);
    expect(resent).toMatchObject([
      { conversationId: PLACE, message: { text: 'lost 1', seq: 3, state: 'sent', resent: true, mine: true } },
      { conversationId: PLACE, message: { text: 'lost 2', seq: 4, state: 'sent', resent: true, mine: true } },
    ]);
    expect(stage.client.pending).toBe(0);
    expect(await storage.list(ME)).toEqual([]);
    expect(stage.conversation.view).toMatchObject({ seq: 5, unread: { count: 0 } });
    expect(heard).toEqual([]);
  });

  it('is not shown before it is known to be lost, counts as pending, and is stored when `sent` resolves', async () => {
    const { stage, server, send } = await begun({ open: false });
    const copy = server.copy();
    const [id] = await send('lost');
    await server.failOver({ ...copy }); // answered at once
    expect(server.texts).toEqual(['lost']);

    delete stage.link.answers['message.send'];
    await server.failOver(copy);
    await stage.conversation.open();
    expect(stage.texts).toEqual([]);
    expect(stage.conversation.view.lastMessage?.type).toBe('system');
    expect(stage.client.pending).toBe(1);
    const sent = stage.conversation.sent(id!); // it was sent
    const row = aRow({ seq: 2, id: id!, senderId: ME, content: 'lost', sentAt: '2026-11-21T01:00:00.000Z' });
    stage.link.event(created(row));
    stage.link.answer('message.send', {
      ...{ conversationId: PLACE, seq: 2, rev: 2, sentAt: row.sentAt, duplicate: false },
    });
    await expect(sent).resolves.toMatchObject({ id, state: 'sent', resent: true });
    expect(stage.client.pending).toBe(0);
  });

  it('is not offered again in the same history, nor once more when that was done', async () => {
    const { stage, server, send } = await begun();
    const copy = server.copy();
    await send('one');
    stage.link.lose();
    await stage.link.open('epoch 1');
    await settle();
    expect(server.offered).toEqual(['one']);
    await server.failOver(copy);
    expect(server.offered).toEqual(['one']);
    stage.link.lose();
    await stage.link.open('epoch 2');
    await settle();
    expect(server.offered).toEqual(['one']);
    expect(server.texts).toEqual(['one']);
  });

  it('is stored anew in a third history that lacks it as well, marked and told of each time', async () => {
    const { stage, server, resent, send } = await begun();
    const copy = server.copy();
    await send('one', 'two');
    await server.failOver(copy);
    await server.failOver(copy);
    expect(server.texts).toEqual(['one', 'two']);
    expect(shown(stage).map((one) => one.resent)).toEqual([true, true]);
    expect(resent).toHaveLength(4);
  });

  it('is marked when its first answer was lost', async () => {
    const { stage, server, resent, send } = await begun({ open: false });
    const copy = server.copy();
    await send('lost');
    server.refuse = () => {
      server.refuse = undefined;
      return new Lost('who knows');
    };
    await server.failOver(copy);
    await stage.timers.pass(60_000);
    expect(server.offered).toEqual(['lost', 'lost']);
    expect(server.texts).toEqual(['lost']);
    await stage.conversation.open();
    expect(resent).toHaveLength(1);
    expect(stage.client.pending).toBe(0);
  });

  it.each(['known', 'ahead of what is missing', 'found by sync'])(
    'is not offered when it was deleted: %s',
    async (how) => {
      const { stage, server, resent, send } = await begun();
      const copy = server.copy();
      const [id, other] = await send('deleted', 'lost');
      if (how === 'ahead of what is missing') server.rev++;
      server.delete(id!, how !== 'found by sync'); // it was sent
      if (how === 'found by sync') {
        stage.link.lose();
        const rows = [{ kind: 'message' as const, message: server.log[1]! }];
        stage.news.set(PLACE, { id: PLACE, upTo: server.rev, rows, more: false });
        await stage.link.open('epoch 1');
      }
      await server.failOver(copy);
      expect(server.asked.map((one) => one.id)).toEqual([other]);
      expect(resent.map(({ message }) => message.id)).toEqual([other]);
    },
  );

  it('is offered as it was edited: so it comes back, or stays as it is there', async () => {
    const { stage, server, resent, send } = await begun({ open: false });
    const [there] = await send('there');
    const copy = server.copy();
    const [lost] = await send('a word said in anger');
    server.edit(there!, 'there, edited');
    server.edit(lost!, 'a kind word');
    await server.failOver(copy);
    expect(server.texts).toEqual(['there', 'a kind word']);
    expect(resent.map(({ message }) => message.id)).toEqual([lost]);
    expect(stage.client.pending).toBe(0);
    expect(stage.conversation.view.lastMessage).toMatchObject({ text: 'a kind word', state: 'sent' });
    expect(server.asked).toHaveLength(2);
    stage.link.lose();
    await stage.link.open('epoch 2');
    expect(server.asked).toHaveLength(2);
  });

  it('is offered as it was edited, whatever older page comes after', async () => {
    const { stage, server, send } = await begun({ open: false });
    const copy = server.copy();
    const [id] = await send('a word said in anger');
    stage.logs.set(PLACE, [...server.log]);
    server.edit(id!, 'a kind word'); // it was sent
    await stage.conversation.open();
    await server.failOver(copy);
    expect(server.texts).toEqual(['a kind word']);
  });

  it('answers no message that has come to another place', async () => {
    const { stage, server, send } = await begun({ open: false });
    const copy = server.copy();
    await send('a question');
    await stage.conversation.send('an answer', { replyTo: 2 });
    await settle();
    await server.failOver(copy);
    expect(server.log.map(({ replyTo }) => replyTo)).toEqual([undefined, undefined, undefined]);
    await server.failOver(server.copy());
    expect(server.texts).toEqual(['a question', 'an answer']);
  });

  it('is shown as failed, told of and kept when it is refused, until it is sent again', async () => {
    const { stage, server, storage, resent, send } = await begun();
    const copy = server.copy();
    const [id] = await send('lost');
    server.refuse = () => new Refused('forbidden', 'no', 'blocked');
    await server.failOver(copy);
    expect(resent).toMatchObject([{ message: { id, state: 'failed', failure: { code: 'forbidden' } } }]);
    expect(stage.texts).toMatchObject([{ id, state: 'failed' }]);
    expect(await storage.list(ME)).toMatchObject([{ id, failure: { rule: 'blocked' } }]);
    server.refuse = undefined;
    await stage.conversation.retry(id!); // it was sent
    await settle();
    expect(server.texts).toEqual(['lost']);
    expect(await storage.list(ME)).toEqual([]);
  });

  it('is told of when its conversation is lost as well', async () => {
    const { stage, server, resent, send } = await begun();
    await send('lost');
    stage.link.lose();
    server.refuse = () => new Refused('not_found', 'no such conversation');
    stage.lines = [];
    await stage.link.open('epoch 2');
    await settle();
    expect(resent).toMatchObject([
      { conversationId: PLACE, message: { text: 'lost', failure: { code: 'not_found' } } },
    ]);
    expect(stage.client.pending).toBe(0);
  });

  it('is kept for ten minutes before the connection was lost, however long that takes', async () => {
    const { stage, server, send } = await begun();
    const copy = server.copy();
    await send('long ago');
    stage.now += 60_000;
    await send('lately');
    stage.now += 9 * 60_000 + 1;
    stage.link.lose();
    stage.now += 24 * 60 * 60_000;
    await server.failOver(copy);
    expect(server.texts).toEqual(['lately']);
  });

  it('is offered by the tab that leads, or will', async () => {
    const storage = memoryOutbox();
    const hearing: (() => void)[] = [];
    storage.watch = (_user, hear) => {
      hearing.push(hear);
      return () => {};
    };
    const { stage, server, send } = await begun({ storage });
    const copy = server.copy();
    const lost = Array.from({ length: 20 }, (_, at) => `lost ${at}`);
    await send(...lost);
    stage.link.leads = false;
    await server.failOver(copy);
    for (const hear of hearing) hear();
    await settle();
    expect(server.offered).toEqual([]);
    expect(stage.client.pending).toBe(0);

    const { answers } = stage.link;
    const answer = answers['message.send']!; // it is the server's
    delete answers['message.send'];
    stage.link.leads = true;
    stage.link.lose();
    await stage.link.open('epoch 2');
    await stage.conversation.send('waiting');
    for (const hear of hearing) hear(); // of them no store knows
    await settle();
    expect(stage.link.waiting('message.send')).toHaveLength(16);
    expect(stage.client.pending).toBe(21);
    answers['message.send'] = answer;
    for (const { data, resolve } of stage.link.asked) resolve(answer(data as InputOf<'message.send'>));
    await settle();
    expect(server.texts).toEqual([...lost, 'waiting']);
  });

  it('is kept within bounds, the newest', () => {
    const kept = newKept({ monotonic: () => 0 });
    const entry = { userId: ME, conversationId: PLACE, content: '', writtenAt: 0 };
    for (let seq = 1; seq <= 2_001; seq++)
      kept.stored({ ...entry, id: `${seq}` }, { seq, rev: seq, sentAt: '2026-11-21T00:00:00.000Z' });
    kept.begin();
    const seqs = kept.doubtful().map(({ ack }) => ack.seq);
    expect(seqs).toHaveLength(2_000);
    expect([seqs[0], seqs.at(-1)]).toEqual([2_001, 2]);
  });
});
