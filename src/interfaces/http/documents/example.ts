import type { JsonSchema } from './json-schema.ts';

/** Some value that fits a schema of ours: what the schema offers as an example, else the least that fits. Optional fields stay out. */
export const exampleOf = (schema: JsonSchema, shared: Readonly<Record<string, JsonSchema>>): unknown => {
  const example = (inner: unknown): unknown => exampleOf(inner as JsonSchema, shared);
  if ('const' in schema) return schema['const'];
  if (isList(schema['examples'])) return schema['examples'][0];
  if (isList(schema['enum'])) return schema['enum'][0];
  if (typeof schema['$ref'] === 'string') return example(shared[schema['$ref'].split('/').at(-1) ?? ''] ?? {});
  for (const choice of [schema['anyOf'], schema['oneOf']]) if (isList(choice)) return example(choice[0]);
  switch (schema['type']) {
    case 'object':
      return objectExample(schema, example);
    case 'array':
      return listExample(schema, example);
    case 'string':
      return textExample(schema);
    case 'integer':
    case 'number':
      return Math.max(Number(schema['minimum'] ?? 1), Math.min(1, Number(schema['maximum'] ?? 1)));
    case 'boolean':
      return false;
    default:
      return null;
  }
};

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const objectExample = (schema: JsonSchema, example: (inner: unknown) => unknown): object => {
  const properties = (schema['properties'] ?? {}) as Record<string, unknown>;
  const required = (schema['required'] ?? []) as readonly string[];
  return Object.fromEntries(required.map((name) => [name, example(properties[name])]));
};

const listExample = (schema: JsonSchema, example: (inner: unknown) => unknown): readonly unknown[] => {
  for (const places of [schema['prefixItems'], schema['items']]) if (isList(places)) return places.map(example);
  return [example(schema['items'])];
};

const formats: Readonly<Record<string, string>> = {
  uuid: '0193e4a0-5b7c-7d2e-8f10-3c4b5a697887',
  'date-time': '2026-11-20T18:30:00.000Z',
  email: 'ann@example.org',
};

const textExample = (schema: JsonSchema): string =>
  formats[String(schema['format'])] ??
  'text'.repeat(8).slice(0, Math.min(Number(schema['maxLength'] ?? 4), Math.max(4, Number(schema['minLength'] ?? 4))));
