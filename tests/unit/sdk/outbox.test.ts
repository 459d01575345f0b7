import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lost, Refused } from '../../../clients/sdk/src/link/failures.ts';
import { memoryOutbox } from '../../../clients/sdk/src/outbox/memory-outbox.ts';
import type { InputOf, OutputOf } from '../../../clients/sdk/src/protocol.ts';
import { settle } from '../../support/manual-timers.ts';
import { aLine, aRow, created, ME, PLACE, Stage } from './scripted-link.ts';

const ack = (seq: number, duplicate = false): OutputOf<'message.send'> => ({
  ...{ conversationId: PLACE, seq, rev: seq, sentAt: '2026-11-21T00:00:01.000Z', duplicate },
});

const permutations = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  all.length < 2 ? [all] : all.flatMap((one, at) => permutations(all.toSpliced(at, 1)).map((rest) => [one, ...rest]));

/** A message of one's own, number 2 of its log, behind which somebody else's comes as number 3. */
class Sending {
  readonly storage = memoryOutbox();
  readonly stage = new Stage(this.storage);
  id = '';

  async begin(): Promise<void> {
    await this.stage.link.open();
    await this.stage.conversation.open();
    this.id = (await this.stage.conversation.send('Hello')).id;
    await settle();
  }

  get #row() {
    return aRow({ seq: 2, id: this.id, senderId: ME, content: 'Hello' });
  }

  async do(happening: Happening): Promise<void> {
    const { link, news } = this.stage;
    if (happening === 'its event comes, as from another connection') link.event(created(this.#row));
    if (happening === 'the event behind it comes') link.event(created(aRow({ seq: 3 })));
    if (happening === 'the ack comes' && link.waiting('message.send').length > 0) {
      link.event(created(this.#row)); // as links do
      link.answer('message.send', ack(2));
    }
    if (happening === 'the connection is lost, and the log has it') {
      link.lose();
      news.set(PLACE, { id: PLACE, upTo: 2, rows: [{ kind: 'message', message: this.#row }], more: false });
      await link.open();
    }
    if (happening === 'the connection is lost, and it is not known') {
      link.lose();
      news.delete(PLACE);
      await link.open();
    }
    await settle();
  }

  /** How often it is shown. */
  get shown(): number {
    return this.stage.texts.filter(({ id }) => id === this.id).length;
  }
}

const happenings = [
  'its event comes, as from another connection',
  'the event behind it comes',
  'the ack comes',
  'the connection is lost, and the log has it',
  'the connection is lost, and it is not known',
] as const;
type Happening = (typeof happenings)[number];

describe('a message of one’s own', () => {
  it.each(permutations(happenings).map((order) => ({ order })))('is shown once: %j', async ({ order }) => {
    const sending = new Sending();
    await sending.begin();
    const sent = sending.stage.conversation.sent(sending.id);
    expect(sending.shown).toBe(1);
    for (const happening of order) {
      await sending.do(happening);
      expect(sending.shown).toBe(1);
    }
    expect(sending.stage.texts.find(({ id }) => id === sending.id)).toMatchObject({
      seq: 2,
      state: 'sent',
      text: 'Hello',
    });
    await expect(sent).resolves.toMatchObject({ id: sending.id, seq: 2 });
    expect(sending.stage.client.pending).toBe(0);
    expect(await sending.storage.list(ME)).toEqual([]);
  });

  it('is stored here before it goes out, and shown before it is stored', async () => {
    const storage = memoryOutbox();
    let stored: () => void = () => {};
    const add = storage.add.bind(storage);
    storage.add = async (entry) => {
      await new Promise<void>((resolve) => (stored = resolve));
      await add(entry);
    };
    const stage = new Stage(storage);
    const { link, conversation } = await opened(stage);
    const sending = conversation.send('Hello');
    expect(stage.texts).toMatchObject([{ text: 'Hello', state: 'queued', seq: undefined }]);
    await settle();
    expect(link.waiting('message.send')).toHaveLength(0);
    stored();
    await sending;
    expect(link.waiting('message.send')).toHaveLength(1);
  });

  it('leaves nothing behind when it can’t be stored here', async () => {
    const storage = memoryOutbox();
    storage.add = () => Promise.reject(new Error('no space left'));
    const stage = new Stage(storage);
    const { link, conversation, client } = await opened(stage);
    await expect(conversation.send('Hello')).rejects.toThrow('no space left');
    await settle();
    expect(stage.texts).toEqual([]);
    expect(client.pending).toBe(0);
    expect(link.waiting('message.send')).toHaveLength(0);
  });

  it('that was refused stays until it is sent again or taken back, and holds nobody up', async () => {
    const storage = memoryOutbox();
    const stage = new Stage(storage);
    const { link, conversation, client } = await opened(stage);
    const [first, second] = await Promise.all([conversation.send('first'), conversation.send('second')]);
    const failed = conversation.sent(first.id);
    link.answer('message.send', new Refused('forbidden', 'no', 'blocked'));
    await expect(failed).rejects.toMatchObject({ code: 'forbidden', rule: 'blocked' });
    link.event(created(aRow({ seq: 2, id: second.id, senderId: ME, content: 'second' })));
    link.answer('message.send', ack(2));
    await settle();
    expect(stage.texts).toMatchObject([
      { id: second.id, state: 'sent' },
      { id: first.id, state: 'failed', failure: { code: 'forbidden', rule: 'blocked' } },
    ]);
    expect(client.pending).toBe(0);
    expect(await storage.list(ME)).toMatchObject([{ id: first.id, failure: { code: 'forbidden' } }]);

    await conversation.retry(first.id);
    expect(link.waiting('message.send')).toHaveLength(1);
    await expect(conversation.discard(first.id)).rejects.toMatchObject({ code: 'conflict' });
    link.answer('message.send', new Refused('forbidden', 'no'));
    await settle();
    await conversation.discard(first.id);
    expect(stage.texts).toMatchObject([{ id: second.id }]);
    expect(await storage.list(ME)).toEqual([]);
  });

  it('whose row comes, and yet no answer, is sent again before the next: the server takes nothing behind it', async () => {
    const storage = memoryOutbox();
    const stage = new Stage(storage);
    const { link, conversation, client } = await opened(stage);
    const [first, second] = await Promise.all([conversation.send('first'), conversation.send('second')]);
    const sent = conversation.sent(first.id);
    link.event(created(aRow({ seq: 2, id: first.id, senderId: ME, content: 'first' })));
    await expect(sent).resolves.toMatchObject({ seq: 2 });
    link.answer('message.send', new Refused('unavailable', 'later', 'lost'));
    link.answer('message.send', new Refused('unavailable', 'later', 'order'));
    await settle();
    expect(stage.texts).toMatchObject([
      { id: first.id, state: 'sent' },
      { id: second.id, state: 'queued' },
    ]);
    expect(client.pending).toBe(1);
    await expect(conversation.discard(second.id)).rejects.toMatchObject({ rule: 'in_flight' });
    await stage.timers.pass(2_000);
    const again = link.waiting('message.send').map(({ data }) => (data as InputOf<'message.send'>).id);
    expect(again).toEqual([first.id, second.id]);
    link.answer('message.send', ack(2, true));
    link.event(created(aRow({ seq: 3, id: second.id, senderId: ME, content: 'second' })));
    link.answer('message.send', ack(3));
    await settle();
    expect(stage.texts.map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(client.pending).toBe(0);
    expect(await storage.list(ME)).toEqual([]);
  });

  it('whose row comes, and yet no answer, is not sent again on another connection', async () => {
    const stage = new Stage(memoryOutbox());
    const { link, conversation } = await opened(stage);
    const [first, second] = await Promise.all([conversation.send('first'), conversation.send('second')]);
    link.event(created(aRow({ seq: 2, id: first.id, senderId: ME, content: 'first' })));
    link.lose();
    stage.news.set(PLACE, { id: PLACE, upTo: 2, rows: [], more: false });
    await link.open();
    await settle();
    const again = link.waiting('message.send').map(({ data }) => (data as InputOf<'message.send'>).id);
    expect(again).toEqual([second.id]);
  });

  it('is sent once by the tab that leads, and gone from the others when it is in the log', async () => {
    const storage = memoryOutbox();
    const changed: (() => void)[] = [];
    storage.watch = (_user, hear) => {
      changed.push(hear);
      return () => {};
    };
    const [leading, following] = [new Stage(storage), new Stage(storage)] as const;
    following.link.leads = false;
    await opened(leading);
    const { conversation } = await opened(following);
    const { id } = await conversation.send('Hello');
    expect(following.link.waiting('message.send')).toHaveLength(0);
    for (const hear of changed) hear();
    await settle();
    expect(leading.link.waiting('message.send')).toMatchObject([{ data: { id } }]);
    const row = aRow({ seq: 2, id, senderId: ME, content: 'Hello' });
    for (const { link } of [leading, following]) link.event(created(row));
    leading.link.answer('message.send', ack(2));
    await settle();
    expect(following.texts).toMatchObject([{ id, state: 'sent' }]);
    expect(await storage.list(ME)).toEqual([]);
  });

  it('of an earlier run is sent first, in its place', async () => {
    const storage = memoryOutbox();
    const entry = { userId: ME, conversationId: PLACE, writtenAt: 1 };
    await storage.add({ ...entry, id: aRow({ seq: 1_001 }).id, content: 'before' });
    const stage = new Stage(storage);
    await opened(stage);
    await stage.conversation.send('after');
    const texts = stage.link.waiting('message.send').map(({ data }) => (data as InputOf<'message.send'>).content);
    expect(texts).toEqual(['before', 'after']);
  });

  it('is shown once when it was stored before a gap, and its ack is a duplicate', async () => {
    const stage = new Stage();
    const { link, conversation, client } = await opened(stage);
    const { id } = await conversation.send('Hello');
    link.lose();
    const log = [aRow({ seq: 1 }), aRow({ seq: 2, id, senderId: ME, content: 'Hello' }), aRow({ seq: 3 })];
    stage.logs.set(PLACE, log.slice(2));
    stage.lines = [aLine(PLACE, { seq: 3, rev: 3 })];
    stage.news.set(PLACE, { id: PLACE, gap: true, upTo: 3 });
    await link.open();
    stage.logs.set(PLACE, log);
    expect(client.pending).toBe(1);
    link.answer('message.send', ack(2, true));
    await settle();
    expect(stage.texts.filter((one) => one.id === id && one.state !== 'sent')).toEqual([]);
    expect(stage.texts.map(({ seq }) => seq)).toEqual([3]);
  });

  it('waits after a handover until the connection before has answered', async () => {
    const stage = new Stage();
    const { link, conversation } = await opened(stage);
    await conversation.send('first');
    await link.open(); // without a loss in between
    await conversation.send('second');
    await settle();
    expect(link.waiting('message.send')).toHaveLength(1);
    link.answer('message.send', ack(2));
    await settle();
    expect(link.waiting('message.send')).toMatchObject([{ data: { content: 'second' } }]);
  });
});

const opened = async (stage: Stage) => {
  await stage.link.open();
  await stage.conversation.open();
  return { link: stage.link, client: stage.client, conversation: stage.conversation };
};

/** As a server keeps a lane: after one ends `unavailable`, later ones end so too until that one comes again. */
class Lane {
  readonly stored: string[] = [];
  #broken: string | undefined;
  #tokens = 200;

  take(id: string, fate: Fate): OutputOf<'message.send'> | Error {
    if (this.#broken === id) this.#broken = undefined;
    if (this.stored.includes(id)) return ack(this.stored.indexOf(id) + 2, true);
    if (fate === 'too fast' || this.#tokens-- <= 0) {
      this.#tokens = 200;
      return new Refused('rate_limited', 'slower', 'rate', [], 10);
    }
    if (this.#broken !== undefined) return new Refused('unavailable', 'later', 'order', [], 10);
    if (fate === 'unavailable' || fate === 'stored and unavailable') {
      this.#broken = id;
      if (fate === 'stored and unavailable') this.stored.push(id);
      return new Refused('unavailable', 'later', 'lost', [], 10);
    }
    if (fate === 'refused') return new Refused('forbidden', 'no');
    this.stored.push(id);
    return fate === 'stored and lost' ? new Lost('who knows') : ack(this.stored.length + 1);
  }
}

const fates = [
  'stored',
  'stored',
  'stored',
  'unavailable',
  'stored and unavailable',
  'refused',
  'stored and lost',
] as const;
type Fate = (typeof fates)[number] | 'too fast';

describe('messages to one conversation', () => {
  it('enter the log in the order of writing, each once, whatever the server answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...fates), { minLength: 10, maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        async (answers, count) => {
          const stage = new Stage();
          const { link, conversation, client } = await opened(stage);
          const lane = new Lane();
          const written = await Promise.all(Array.from({ length: count }, (_, at) => conversation.send(`${at}`)));
          const refused = new Set<string>();
          for (let turn = 0; client.pending > 0 && turn < 1_000; turn++) {
            // the server reads them in order, and so it answers
            for (const { data } of link.waiting('message.send')) {
              const { id } = data as InputOf<'message.send'>;
              const fate = answers[turn++] ?? 'stored';
              const answer = lane.take(id, fate);
              if (answer instanceof Refused && answer.code === 'forbidden') refused.add(id);
              link.answer('message.send', answer);
            }
            await settle();
            await stage.timers.pass(60_000);
          }
          const expected = written.map(({ id }) => id).filter((id) => !refused.has(id));
          expect(lane.stored).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('go out together only while the server is sure to take them', async () => {
    const stage = new Stage();
    const { link, conversation } = await opened(stage);
    await Promise.all(Array.from({ length: 100 }, (_, at) => conversation.send(`${at}`)));
    let most = 0;
    let sent = 0;
    for (; link.waiting('message.send').length > 0; sent++) {
      most = Math.max(most, link.waiting('message.send').length);
      if (sent > 64) expect(link.waiting('message.send')).toHaveLength(1);
      link.answer('message.send', ack(sent + 2));
      await settle();
    }
    expect({ most, sent }).toEqual({ most: 16, sent: 100 });
  });

  it('of different conversations don’t wait for each other, within bounds', async () => {
    const stage = new Stage();
    const places = Array.from({ length: 5 }, (_, at) => `01a1fc2b-0000-7000-8000-0000000000d${at}`);
    stage.lines = places.map((id) => aLine(id));
    await stage.link.open();
    for (const id of places) {
      const conversation = stage.client.conversations.get(id)!; // it is on the list
      await Promise.all(Array.from({ length: 20 }, (_, at) => conversation.send(`${at}`)));
    }
    expect(stage.link.waiting('message.send')).toHaveLength(48);
  });
});
