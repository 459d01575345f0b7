import { browserSession, indexedDbOutbox, sharedBetweenTabs } from '../../clients/sdk/src/browser/index.ts';
import { type Client, createClient, type Link } from '../../clients/sdk/src/index.ts';
import { OUTBOX_ENTRIES } from '../../clients/sdk/src/outbox/outbox-full.ts';
import type { OutboxStorage } from '../../clients/sdk/src/outbox/outbox-storage.ts';
import {
  anEntry,
  fullSentence,
  type Open,
  outboxSentences,
  sharedSentences,
  type Verdict,
} from '../sdk/outbox-storage.contract.ts';

// Runs in a page; what tests call is the global `sdk`.

const sentences: Readonly<Record<string, (open: Open) => Promise<Verdict>>> = {
  ...outboxSentences,
  ...sharedSentences,
};
let stores = 0;

/** In a store of its own; opened ones are tabs that share it. */
const judged = async (sentence: string): Promise<Verdict> => {
  const name = `contract-${stores++}`;
  const opened: OutboxStorage[] = [];
  const verdict = await sentences[sentence]!(async () => {
    const outbox = indexedDbOutbox(name);
    opened.push(outbox);
    return outbox;
  });
  await Promise.all(opened.map((outbox) => outbox.close()));
  return verdict;
};

/** One transaction for all, since each strict one waits for the disk. */
const filled = async (): Promise<Verdict> => {
  const outbox = indexedDbOutbox('full');
  await outbox.list('ann');
  const database = await asked(indexedDB.open('full'));
  const change = database.transaction('entries', 'readwrite');
  for (let i = 0; i < OUTBOX_ENTRIES; i++) change.objectStore('entries').add(anEntry(`${i}`));
  await new Promise((resolve) => (change.oncomplete = resolve));
  database.close();
  const verdict = await fullSentence(outbox);
  await outbox.close();
  return verdict;
};

const asked = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no reason given'));
  });

/** A mebibyte that can't be packed. */
const aMebibyte = (): string => {
  const bytes = Array.from({ length: 16 }, () => crypto.getRandomValues(new Uint8Array(65_536)));
  return bytes.flatMap((some) => [...some].map((byte) => String.fromCharCode(byte))).join('');
};

/** Until the browser says that it is full. */
const fillsUp = async (): Promise<string> => {
  const outbox = indexedDbOutbox('quota');
  try {
    for (let i = 0; i < 40; i++) await outbox.add(anEntry(`${i}`, { content: aMebibyte() }));
    return 'there is room for all';
  } catch (error) {
    const kept = (await outbox.list('ann')).length;
    return `${(error as Error).name} ${kept > 0}`;
  } finally {
    await outbox.clear('ann');
    await outbox.close();
  }
};

/** Deletes the database under an open outbox, as clearing the site's data does. */
const cleared = async (): Promise<readonly string[]> => {
  const outbox = indexedDbOutbox('cleared');
  await outbox.add(anEntry('before'));
  await asked(indexedDB.deleteDatabase('cleared'));
  await outbox.add(anEntry('after'));
  const ids = (await outbox.list('ann')).map(({ id }) => id);
  await outbox.close();
  return ids;
};

let client: Client;
let link: Link;

const open = async (url: string, token: string, name: string): Promise<void> => {
  client = createClient({
    ...{ url, auth: token, outbox: indexedDbOutbox() },
    link: (makeOwn) => (link = sharedBetweenTabs({ name, makeOwn })),
  });
  client.start();
  await client.ready;
};

const send = async (conversationId: string, texts: readonly string[]): Promise<void> => {
  for (const text of texts) await client.conversations.get(conversationId)!.send(text); // its list is complete
};

const state = () => ({ status: client.status, leads: link.leads, pending: client.pending });

const shown = async (conversationId: string): Promise<readonly (string | undefined)[]> => {
  const conversation = client.conversations.get(conversationId)!; // as above
  await conversation.open();
  return conversation.messages.messages.filter(({ type }) => type === 'text').map(({ text }) => text);
};

const sdk = { judged, filled, fillsUp, cleared, open, send, state, shown, browserSession };
/** What a page of the SDK offers to tests. */
export type PageOfSdk = typeof sdk;
Object.assign(window, { sdk });
