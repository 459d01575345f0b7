import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fileOutbox } from '../../clients/sdk/src/node/file-outbox.ts';
import { memoryOutbox } from '../../clients/sdk/src/outbox/memory-outbox.ts';
import { OUTBOX_ENTRIES } from '../../clients/sdk/src/outbox/outbox-full.ts';
import type { OutboxStorage } from '../../clients/sdk/src/outbox/outbox-storage.ts';
import { anEntry, fullSentence, type Open, outboxSentences } from './outbox-storage.contract.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const inMemory = async (): Promise<Open> => {
  const outbox = memoryOutbox();
  return async () => outbox;
};
const inAFile = async (): Promise<Open> => {
  const folder = await mkdtemp(join(tmpdir(), 'outbox-'));
  const opened: OutboxStorage[] = [];
  ends.push(async () => {
    await Promise.all(opened.map((outbox) => outbox.close()));
    await rm(folder, { recursive: true });
  });
  return async () => {
    const outbox = fileOutbox(join(folder, 'outbox'));
    opened.push(outbox);
    return outbox;
  };
};

describe.each([
  ['memory', inMemory],
  ['file', inAFile],
])('OutboxStorage contract: %s', (_adapter, aPlace) => {
  it.each(Object.entries(outboxSentences))('%s', async (_sentence, run) => {
    const { seen, promised } = await run(await aPlace());
    expect(seen).toEqual(promised);
  });

  it('refuses more than a user may keep, and goes on with what fits', async () => {
    const full = await (await aPlace())();
    await Promise.all(Array.from({ length: OUTBOX_ENTRIES }, (_, i) => full.add(anEntry(`${i}`))));
    const { seen, promised } = await fullSentence(full);
    expect(seen).toEqual(promised);
  });
});
