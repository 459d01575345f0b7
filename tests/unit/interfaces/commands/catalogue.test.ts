import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { catalogueOf } from '#app/interfaces/commands/catalogue.ts';
import { type AnyCommand, command } from '#app/interfaces/commands/command.ts';
import { nothing } from '#app/interfaces/protocol/primitives.ts';
import { everyCommand } from '../../../support/every-command.ts';

const commands = await everyCommand();
const good = command({
  ...{ type: 'thing.do', summary: 'Does it.', access: 'user', limit: 'write', input: nothing, output: nothing },
  run: async () => ({}),
});

describe('the catalogue', () => {
  it('holds every command, each once', () => {
    expect(catalogueOf(commands).size).toBe(commands.length);
  });

  it.each<[string, Partial<Record<keyof AnyCommand, unknown>>]>([
    ['a policy', { access: undefined }],
    ['a known policy', { access: 'everybody' }],
    ['a limit class', { limit: undefined }],
    ['a known limit class', { limit: 'toString' }],
    ['an input schema', { input: undefined }],
    ['an output schema', { output: v.minLength(1) }],
    ['a summary', { summary: '' }],
    ['a type that is noun.verb', { type: '__proto__.x' }],
    ['anything to do', { run: undefined }],
  ])('refuses a command without %s', (_what, wrong) => {
    expect(() => catalogueOf([{ ...good, ...wrong } as AnyCommand])).toThrow(/^command /);
  });

  it('refuses the same type twice', () => {
    expect(() => catalogueOf([good, { ...good }])).toThrow('command thing.do: is there already');
  });
});

describe.each(commands.map((row) => [row.type, row] as const))('%s', (_type, { summary, input }) => {
  it('is summed up in a sentence', () => {
    expect(summary).toMatch(/^[A-Z].*\.$/s);
  });

  it('describes each field that code judges, for the documents can not see into code', () => {
    expect(undescribed(input)).toEqual([]);
  });
});

interface Node {
  readonly type?: string;
  readonly pipe?: readonly { readonly type: string; readonly metadata?: object }[];
  readonly entries?: Readonly<Record<string, Node>>;
  readonly wrapped?: Node;
  readonly item?: Node;
  readonly items?: readonly Node[];
  readonly options?: readonly (Node | string)[];
}

/** Paths of fields behind fromText and fromNumber of which nothing is said. */
const undescribed = (schema: Node, path = ''): string[] => {
  const judged = schema.pipe?.some(({ type }) => type === 'raw_transform') ?? false;
  const said = schema.pipe?.some(({ metadata }) => Object.keys(metadata ?? {}).length > 0) ?? false;
  const inner: [string, Node][] = [
    ...Object.entries(schema.entries ?? {}),
    ...[...(schema.items ?? []), ...(schema.options ?? [])].flatMap((node, at): [string, Node][] =>
      typeof node === 'object' ? [[String(at), node]] : [],
    ),
  ];
  for (const node of [schema.wrapped, schema.item]) if (node) inner.push(['', node]);
  return [...(judged && !said ? [path] : []), ...inner.flatMap(([name, node]) => undescribed(node, `${path}.${name}`))];
};
