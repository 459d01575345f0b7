import { OUTBOX_ENTRIES } from '../../clients/sdk/src/outbox/outbox-full.ts';
import type { OutboxEntry, OutboxStorage } from '../../clients/sdk/src/outbox/outbox-storage.ts';

/** What was seen, and what the port promises; compared by whoever runs it, in Node or outside of a page. */
export interface Verdict {
  readonly seen: unknown;
  readonly promised: unknown;
}

/** Opens the store of one sentence: the same one each time, also while it is open where tabs may share it. */
export type Open = () => Promise<OutboxStorage>;

const ann = 'ann';
const ben = 'ben';
export const anEntry = (id: string, more: Partial<OutboxEntry> = {}): OutboxEntry => ({
  ...{ id, userId: ann, conversationId: 'c', content: `text of ${id}`, writtenAt: 1 },
  ...more,
});
const ids = (entries: readonly OutboxEntry[]) => entries.map(({ id }) => id).join(' ');
const nameOf = (error: unknown) => (error as Error).name;

/** Every sentence of the port, for any adapter; no test framework, so that it runs in a page too. */
export const outboxSentences = {
  'lists the entries of a user in the order in which they were added': async (open: Open) => {
    const outbox = await open();
    for (const id of ['z', 'a', 'm']) await outbox.add(anEntry(id));
    await outbox.add(anEntry('b', { userId: ben }));
    const seen = [ids(await outbox.list(ann)), ids(await outbox.list(ben)), ids(await outbox.list('nobody'))];
    return { seen, promised: ['z a m', 'b', ''] };
  },

  'keeps the order of calls that did not wait for each other': async (open: Open) => {
    const outbox = await open();
    const names = Array.from({ length: 60 }, (_, i) => `${(i * 37) % 60}`);
    await Promise.all(names.map((id) => outbox.add(anEntry(id))));
    return { seen: ids(await outbox.list(ann)), promised: names.join(' ') };
  },

  'keeps every field, and every character': async (open: Open) => {
    const outbox = await open();
    const whole = anEntry('whole', {
      content: `line\nline\r\n\u2028 "quoted" \\ Привет 你好 👩‍👩‍👧 ${'😀'.repeat(4_900)}`,
      replyTo: 7,
      failure: { code: 'forbidden', rule: 'blocked' },
    });
    await outbox.add(whole);
    await outbox.add(anEntry('plain'));
    return { seen: await outbox.list(ann), promised: [whole, anEntry('plain')] };
  },

  'changes nothing when the same id is added again': async (open: Open) => {
    const outbox = await open();
    await outbox.add(anEntry('1'));
    await outbox.add(anEntry('2'));
    await outbox.add(anEntry('1', { content: 'other' }));
    return { seen: await outbox.list(ann), promised: [anEntry('1'), anEntry('2')] };
  },

  'updates in place, and does nothing when it is gone': async (open: Open) => {
    const outbox = await open();
    await outbox.add(anEntry('1'));
    await outbox.add(anEntry('2'));
    const failed = anEntry('1', { failure: { code: 'not_found' } });
    await outbox.update(failed);
    await outbox.update(anEntry('never'));
    return { seen: await outbox.list(ann), promised: [failed, anEntry('2')] };
  },

  'drops a field that an update leaves out': async (open: Open) => {
    const outbox = await open();
    await outbox.add(anEntry('1', { failure: { code: 'not_found' } }));
    await outbox.update(anEntry('1'));
    return { seen: await outbox.list(ann), promised: [anEntry('1')] };
  },

  'removes, and does nothing when there is none': async (open: Open) => {
    const outbox = await open();
    for (const id of ['1', '2', '3']) await outbox.add(anEntry(id));
    await outbox.remove('2');
    await outbox.remove('2');
    await outbox.remove('never');
    const between = ids(await outbox.list(ann));
    await outbox.add(anEntry('2'));
    return { seen: [between, ids(await outbox.list(ann))], promised: ['1 3', '1 3 2'] };
  },

  'forgets everything of a user and nothing of another': async (open: Open) => {
    const outbox = await open();
    for (const id of ['1', '2']) await outbox.add(anEntry(id));
    await outbox.add(anEntry('3', { userId: ben }));
    await outbox.clear(ann);
    await outbox.clear('nobody');
    return { seen: [ids(await outbox.list(ann)), ids(await outbox.list(ben))], promised: ['', '3'] };
  },

  'is not changed through what it was given, or has given': async (open: Open) => {
    const outbox = await open();
    const given = { ...anEntry('1') };
    const adding = outbox.add(given);
    given.content = 'changed';
    await adding;
    const [got] = await outbox.list(ann);
    (got as { content: string }).content = 'changed too';
    return { seen: await outbox.list(ann), promised: [anEntry('1')] };
  },

  'has everything in order when it is closed and opened again': async (open: Open) => {
    const before = await open();
    for (const id of ['9', '1', '5']) await before.add(anEntry(id));
    await before.remove('1');
    await before.update(anEntry('9', { content: 'new' }));
    await before.close();
    await before.close();
    const after = await open();
    await after.add(anEntry('0'));
    const promised = [anEntry('9', { content: 'new' }), anEntry('5'), anEntry('0')];
    return { seen: await after.list(ann), promised };
  },

  'closes when what was asked before is done': async (open: Open) => {
    const before = await open();
    const adding = Array.from({ length: 5 }, (_, i) => before.add(anEntry(`${i}`)));
    await before.close();
    await Promise.all(adding);
    return { seen: ids(await (await open()).list(ann)), promised: '0 1 2 3 4' };
  },
} satisfies Record<string, (open: Open) => Promise<Verdict>>;

/** Takes a store that holds all that one user may keep. */
export const fullSentence = async (full: OutboxStorage): Promise<Verdict> => {
  const refused = await full.add(anEntry('one too many')).catch(nameOf);
  await full.add(anEntry('0'));
  await full.add(anEntry('of another', { userId: ben }));
  const [first] = await full.list(ann);
  await full.remove(first!.id); // it is full
  await full.add(anEntry('fits now'));
  const all = await full.list(ann);
  const seen = [refused, all.length, all.at(-1)?.id, ids(await full.list(ben))];
  return { seen, promised: ['OutboxFull', OUTBOX_ENTRIES, 'fits now', 'of another'] };
};

/** For stores that several may have open at once. */
export const sharedSentences = {
  'keeps one order over all who share it': async (open: Open) => {
    const [one, other] = [await open(), await open()];
    for (const [outbox, id] of [
      [one, '3'],
      [other, '1'],
      [one, '2'],
      [other, '0'],
    ] as const)
      await outbox.add(anEntry(id));
    return { seen: [ids(await one.list(ann)), ids(await other.list(ann))], promised: ['3 1 2 0', '3 1 2 0'] };
  },

  'tells the others of each change of a user, and nobody of none': async (open: Open) => {
    const [one, other] = [await open(), await open()];
    let heard = 0;
    let own = 0;
    let next: (() => void) | undefined;
    const leave = other.watch!(ann, () => (heard++, next?.()));
    other.watch!(ben, () => (heard += 100));
    one.watch!(ann, () => own++);
    const told = (work: Promise<void>) => Promise.all([work, new Promise<void>((resolve) => (next = resolve))]);
    await told(one.add(anEntry('1')));
    await told(one.update(anEntry('1', { content: 'new' })));
    await one.add(anEntry('1'));
    await one.update(anEntry('none'));
    await one.remove('none');
    await told(one.remove('1'));
    await one.clear(ann);
    await told(one.add(anEntry('2')));
    await told(one.clear(ann));
    const before = heard;
    leave();
    await one.add(anEntry('3'));
    // One more round trip: had it been told, it would have been before this.
    await new Promise<void>((resolve) => (other.watch!(ann, resolve), void one.remove('3')));
    return { seen: [before, heard, own], promised: [5, 5, 0] };
  },
} satisfies Record<string, (open: Open) => Promise<Verdict>>;
