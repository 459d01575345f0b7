import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyCommand } from '#app/interfaces/commands/command.ts';

const folder = join(import.meta.dirname, '../../src/interfaces/commands');
/** What stands beside the commands in their folder. */
const machinery = new Set(['call.ts', 'catalogue.ts', 'command.ts']);

/** Whatever a command asks of its use case, nothing happens. */
const anything: unknown = new Proxy(() => anything, { get: (_target, key) => (key === 'then' ? undefined : anything) });

const lists = ['block-list', 'conversation-list', 'conversation-receipts', 'member-list', 'message-history'];
/** What is asked for besides use cases: the most entries of one page. */
const given = new Map(lists.map((name) => [`${name}.ts`, [anything, 100]]));

/**
 * One command of every file in the folder, around use cases that do nothing: for tests of what the catalogue says.
 * A file that holds none fails the test that asks, so nobody is forgotten.
 */
export const everyCommand = async (): Promise<readonly AnyCommand[]> => {
  const files = readdirSync(folder).filter((file) => !machinery.has(file));
  const found = await Promise.all(
    files.map(async (file) => {
      const module = (await import(join(folder, file))) as Record<string, (...uses: unknown[]) => Partial<AnyCommand>>;
      const commands = Object.values(module)
        .filter((made) => typeof made === 'function')
        .map((make) => make(...(given.get(file) ?? Array.from({ length: 8 }, () => anything))))
        .filter((made): made is AnyCommand => typeof made?.type === 'string' && typeof made.run === 'function');
      if (commands.length === 0) throw new Error(`${file} holds no command`);
      return commands;
    }),
  );
  return found.flat();
};
