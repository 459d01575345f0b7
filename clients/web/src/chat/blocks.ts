import type { Client, Observable } from '@tertulia/client';

const PAGE = 100;
/** Beyond, a block still stands; only this page doesn't know it. */
const MOST_PAGES = 10;

/** Whom one has blocked. */
export interface Blocks extends Observable {
  has(userId: string): boolean;
  set(userId: string, blocked: boolean): Promise<void>;
}

const known = new WeakMap<Client, Blocks>();

/** One for each client: asked for when it is first looked at, and again whenever the connection was away. */
export const blocksOf = (client: Client): Blocks => {
  let blocks = known.get(client);
  if (!blocks) known.set(client, (blocks = follow(client)));
  return blocks;
};

const follow = (client: Client): Blocks => {
  const blocked = new Set<string>();
  const listeners = new Set<() => void>();
  let online = false;
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const load = async () => {
    const found = await allOf(client);
    blocked.clear();
    for (const id of found) blocked.add(id);
    changed();
  };
  const loadOnceOnline = () => {
    const now = client.status === 'online';
    if (now && !online) void load().catch(() => {}); // gone again: asked once more when it is back
    online = now;
  };
  const mark = (userId: string, yes: boolean) => {
    if (yes) blocked.add(userId);
    else blocked.delete(userId);
    changed();
  };
  client.subscribe(loadOnceOnline);
  client.on('event', (event) => {
    if (event.type === 'block.changed') mark(event.data.userId, event.data.blocked);
  });
  loadOnceOnline();
  return {
    has: (userId) => blocked.has(userId),
    async set(userId, yes) {
      await client.call('block.set', { userId, blocked: yes });
      mark(userId, yes);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

const allOf = async (client: Client): Promise<readonly string[]> => {
  const found: string[] = [];
  for (let page = 0; page < MOST_PAGES; page++) {
    const after = found.at(-1);
    const { blocks, more } = await client.call('block.list', { limit: PAGE, ...(after !== undefined && { after }) });
    found.push(...blocks.map(({ userId }) => userId));
    if (!more) break;
  }
  return found;
};
