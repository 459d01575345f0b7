/** As much of JSON Schema as the documents of a server use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  /** A list of them is a tuple. */
  readonly items?: JsonSchema | readonly JsonSchema[];
}

/** As much of a server's `/v1/asyncapi.json` as the types are made of. */
export interface AsyncApiDocument {
  readonly channels: {
    readonly socket: {
      readonly messages: Readonly<Record<string, { readonly summary: string; readonly payload: JsonSchema }>>;
    };
  };
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** What is not named after its shape in the documents. */
const ROWS: Readonly<Record<string, string>> = {
  ListedConversation: 'ListedRow',
  ChangedRow: 'AnyRow',
  ChangedOwnRow: 'OwnRow',
};
/** Shapes of frames, not of what they carry. */
const OF_FRAMES = new Set(['RequestId', 'Refusal']);

/** @throws Error for what can be no name */
const rowName = (shape: string): string => {
  if (!/^\w+$/.test(shape)) throw new Error(`${JSON.stringify(shape)} can't be the name of a type`);
  return Object.hasOwn(ROWS, shape) ? ROWS[shape]! : `${shape}Row`; // hasOwn has just said so
};

export interface Named {
  readonly type: string;
  readonly text: string;
}

/** The types of a catalogue: one text for each row, command and event, in the document's order. */
export interface CatalogueTypes {
  readonly rows: readonly Named[];
  readonly commands: readonly Named[];
  readonly events: readonly Named[];
}

export const catalogueTypes = ({ channels, components }: AsyncApiDocument): CatalogueTypes => {
  const { messages } = channels.socket;
  const carried = (message: string): JsonSchema => messages[message]?.payload.properties?.['data'] ?? {};
  const commands = Object.keys(messages).filter((name) => `${name}.reply` in messages);
  const events = Object.keys(messages).filter((name) => name.startsWith('event.') && !commands.includes(name));
  return {
    rows: Object.entries(components.schemas)
      .filter(([shape]) => !OF_FRAMES.has(shape))
      .map(([shape, schema]) => ({ type: rowName(shape), text: declared(rowName(shape), schema) })),
    commands: commands.map((type) => ({
      type,
      text:
        `${comment(messages[type]?.summary, '  ')}  ${key(type)}: {\n` +
        `    readonly input: ${typeOf(carried(type), 'input', '    ')};\n` +
        `    readonly output: ${typeOf(carried(`${type}.reply`), 'output', '    ')};\n  };\n`,
    })),
    events: events.map((name) => ({
      type: name.slice('event.'.length),
      text: `${comment(messages[name]?.summary, '  ')}  ${key(name.slice('event.'.length))}: ${typeOf(carried(name), 'output', '  ')};\n`,
    })),
  };
};

/** Objects become interfaces, choices become types. */
const declared = (name: string, schema: JsonSchema): string => {
  const text = typeOf(schema, 'output', '');
  const doc = comment(schema.description, '');
  return schema.type === 'object' && text.startsWith('{')
    ? `${doc}export interface ${name} ${text}\n`
    : `${doc}export type ${name} = ${text};\n`;
};

/** Who writes may leave an optional field undefined; who reads finds it absent. */
type Side = 'input' | 'output';

const typeOf = (schema: JsonSchema, side: Side, indent: string): string => {
  const inner = (part: JsonSchema) => typeOf(part, side, indent);
  const choices = schema.oneOf ?? schema.anyOf;
  if (schema.$ref !== undefined) return rowName(schema.$ref.split('/').at(-1) ?? '');
  if ('const' in schema) return literal(schema.const);
  if (schema.enum) return schema.enum.map(literal).join(' | ');
  if (choices) return choices.map(inner).join(' | ');
  switch (schema.type ?? '') {
    case 'object':
      return objectType(schema, side, indent);
    case 'array':
      return arrayType(schema.items, inner);
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    default:
      return 'unknown';
  }
};

const objectType = (schema: JsonSchema, side: Side, indent: string): string => {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) {
    if (typeof schema.additionalProperties === 'object')
      return `Readonly<Record<string, ${typeOf(schema.additionalProperties, side, indent)}>>`;
    return 'Readonly<Record<string, never>>';
  }
  const deeper = `${indent}  `;
  const lines = fields.map(([name, field]) => {
    const optional = !(schema.required ?? []).includes(name);
    const type = typeOf(field, side, deeper) + (optional && side === 'input' ? ' | undefined' : '');
    return `${comment(field.description, deeper)}${deeper}readonly ${key(name)}${optional ? '?' : ''}: ${type};\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
};

const arrayType = (items: JsonSchema['items'], inner: (schema: JsonSchema) => string): string => {
  if (items === undefined) return 'readonly unknown[]';
  if (isTuple(items)) return `readonly [${items.map(inner).join(', ')}]`;
  const item = inner(items);
  return /[ |]/.test(item) ? `ReadonlyArray<${item}>` : `readonly ${item}[]`;
};

const isTuple = (items: JsonSchema | readonly JsonSchema[]): items is readonly JsonSchema[] => Array.isArray(items);

/** Texts of a server go into code only quoted, whatever they hold. */
const literal = (value: unknown): string =>
  typeof value === 'string'
    ? `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
    : JSON.stringify(value);

const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name));

const comment = (text: string | undefined, indent: string): string =>
  text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '*\\/').replaceAll(/\s+/g, ' ')} */\n`;

const GENERATED =
  '// Generated from the catalogue of the server (tests/unit/docs/client-types.test.ts, run with -u). Not to be edited.\n\n';

/** The module that this package's own types come from. */
export const catalogueModule = (document: AsyncApiDocument): string => {
  const { rows, commands, events } = catalogueTypes(document);
  return [
    GENERATED.slice(0, -1),
    ...rows.map(({ text }) => text),
    `/** Every command. Interfaces, so that the commands of a host program can be merged in (\`tertulia-client-types\`). */\n${interfaceOf('Commands', commands)}`,
    `/** Everything that the server tells by itself. */\n${interfaceOf('Events', events)}`,
  ].join('\n');
};

const interfaceOf = (name: string, members: readonly Named[]): string =>
  `export interface ${name} {\n${members.map(({ text }) => text).join('')}}\n`;

/** What this package has types for, so that a program need not declare it again. */
export interface Known {
  readonly rows: readonly string[];
  readonly commands: readonly string[];
  readonly events: readonly string[];
}

export const knownModule = (document: AsyncApiDocument): string => {
  const { rows, commands, events } = catalogueTypes(document);
  const list = (named: readonly Named[]) => `[\n${named.map(({ type }) => `    ${literal(type)},\n`).join('')}  ]`;
  return (
    `${GENERATED}import type { Known } from '../cli/catalogue-types.ts';\n\n` +
    `export const known: Known = {\n  rows: ${list(rows)},\n  commands: ${list(commands)},\n  events: ${list(events)},\n};\n`
  );
};

/** A module that merges what `document` has beyond `known` into this package's types. */
export const addedModule = (document: AsyncApiDocument, known: Known): string => {
  const types = catalogueTypes(document);
  const without = (named: readonly Named[], names: readonly string[]) =>
    named.filter(({ type }) => !names.includes(type));
  const rows = without(types.rows, known.rows);
  const [commands, events] = [without(types.commands, known.commands), without(types.events, known.events)];
  const said = [...rows, ...commands, ...events].map(({ text }) => text).join('');
  const used = known.rows.filter((name) => new RegExp(`\\b${name}\\b`).test(said));
  const merged = [
    commands.length > 0 && interfaceOf('Commands', commands),
    events.length > 0 && interfaceOf('Events', events),
  ];
  const inside = merged
    .filter((text) => text !== false)
    .map((text) => text.replace(/^export /, '').replace(/^(?=.)/gm, '  '));
  return [
    `import type {${used.length > 0 ? ` ${used.join(', ')} ` : ''}} from '@tertulia/client';\n`,
    ...rows.map(({ text }) => text),
    `declare module '@tertulia/client' {\n${inside.join('\n')}}\n`,
  ].join('\n');
};
