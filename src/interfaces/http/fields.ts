import type { Schema } from '../commands/command.ts';

/** Reads the text of a path segment or a query parameter as what its field expects. What can't be read so stays text, for the schema to refuse. */
export type Reader = (text: string) => unknown;

const asText: Reader = (text) => text;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;
const asNumber: Reader = (text) => (NUMBER.test(text) ? Number(text) : text);
const asBoolean: Reader = (text) => (text === 'true' ? true : text === 'false' ? false : text);
const asList =
  (item: Reader): Reader =>
  (text) =>
    text === '' ? [] : text.split(',').map(item);

/** How the fields of an object schema are read from text. Lists are separated by commas. */
export const readersOf = (input: Schema): ReadonlyMap<string, Reader> =>
  new Map(Object.entries(fieldsOf(input)).map(([name, field]) => [name, readerOf(field)]));

/** The fields of an object schema, also behind a pipe; of a choice between objects, the fields of all of them. */
export const fieldsOf = (schema: Schema): Readonly<Record<string, Schema>> => {
  if ('entries' in schema) return schema.entries as Record<string, Schema>;
  if ('options' in schema)
    return Object.assign({}, ...(schema.options as Schema[]).map(fieldsOf)) as Record<string, Schema>;
  return {};
};

const readerOf = (field: Schema): Reader => {
  if ('wrapped' in field) return readerOf(field.wrapped as Schema);
  if (field.type === 'number') return asNumber;
  if (field.type === 'boolean') return asBoolean;
  if (field.type === 'array' && 'item' in field) return asList(readerOf(field.item as Schema));
  if ('options' in field || 'literal' in field) {
    const options = 'options' in field ? (field.options as readonly unknown[]) : ['literal' in field && field.literal];
    if (options.every((option) => typeof option === 'number')) return asNumber;
  }
  return asText;
};
