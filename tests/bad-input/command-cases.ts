import * as v from 'valibot';
import type { AnyCommand, Schema } from '#app/interfaces/commands/command.ts';
import { fieldsOf } from '#app/interfaces/http/fields.ts';
import { type FieldKind, fieldKinds } from './hostile-values.ts';

/** One call that must be refused. */
export interface BadCall {
  readonly type: string;
  readonly what: string;
  readonly data: unknown;
  readonly code: string;
  /** The bad field, dotted; '' for the whole. Undefined where the frame is refused before anybody looks at fields. */
  readonly path: string | undefined;
  /** Present when the call can be told through path or query as well. */
  readonly field?: { readonly name: string; readonly kind: FieldKind; readonly value: unknown };
}

type Fields = Readonly<Record<string, unknown>>;

/** A good input with one thing wrong with it, for every field and everything that can be wrong with it. */
export const badCallsOf = (command: AnyCommand, good: Fields): readonly BadCall[] => {
  if (!v.is(command.input, good)) throw new Error(`the good input of ${command.type} is none`);
  const fields = Object.entries(fieldsOf(command.input));
  return [
    ...fields.flatMap(([name, schema]) => ofField(command.type, good, name, schema)),
    ...fields.flatMap(([name, schema]) => withoutField(command.type, good, name, schema)),
    ...ofTheWhole(command.type, good),
  ];
};

const kindOf = (type: string, path: string): FieldKind => {
  const kind = fieldKinds[`${type}.${path}`] ?? fieldKinds[path];
  if (!kind) throw new Error(`say in hostile-values.ts what is wrong for ${path} of ${type}`);
  return kind;
};

const ofField = (type: string, good: Fields, name: string, schema: Schema): readonly BadCall[] => {
  const kind = kindOf(type, name);
  const calls = kind.hostile.map(({ what, value, code, below }): BadCall => {
    const path = below === undefined ? name : `${name}.${below}`;
    return {
      type,
      what: `${name}: ${what}`,
      data: { ...good, [name]: value },
      code,
      path,
      field: { name, kind, value },
    };
  });
  return [...calls, ...withinField(type, good, name, schema)];
};

/** Fields of an object inside. */
const withinField = (type: string, good: Fields, name: string, schema: Schema): readonly BadCall[] => {
  const inner = 'wrapped' in schema ? (schema.wrapped as Schema) : schema;
  if (!('entries' in inner)) return [];
  return Object.keys(fieldsOf(inner)).flatMap((key) => {
    const path = `${name}.${key}`;
    const bad = kindOf(type, path).hostile.map(({ what, value, code }): BadCall => {
      return { type, what: `${path}: ${what}`, data: { ...good, [name]: { [key]: value } }, code, path };
    });
    const data = { ...good, [name]: ownPrototype({ [key]: 'x' }) };
    return [...bad, { type, what: `${name}: a prototype inside`, data, code: 'invalid', path: undefined }];
  });
};

const withoutField = (type: string, good: Fields, name: string, schema: Schema): readonly BadCall[] => {
  if (schema.type === 'optional') return [];
  const { [name]: _left, ...data } = good;
  return [{ type, what: `${name}: missing`, data, code: 'invalid', path: name }];
};

const ofTheWhole = (type: string, good: Fields): readonly BadCall[] => [
  ...[[], [good], 'x', 7, true].map((data): BadCall => {
    return { type, what: `data: ${JSON.stringify(data).slice(0, 20)}`, data, code: 'invalid', path: '' };
  }),
  ...['__proto__', 'constructor', 'prototype'].map((key): BadCall => {
    const data = ownPrototype(good, key);
    return { type, what: `data: key ${key}`, data, code: 'invalid', path: undefined };
  }),
  { type, what: 'data: 17 deep', data: { ...good, extra: nested(17) }, code: 'invalid', path: undefined },
  { type, what: 'data: 201 keys', data: { ...good, ...manyKeys(201) }, code: 'invalid', path: undefined },
];

/** With a key of that name of its own, as JSON.parse makes it. */
const ownPrototype = (fields: Fields, key = '__proto__'): Fields =>
  Object.defineProperty({ ...fields }, key, { value: { admin: true }, enumerable: true });

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
const manyKeys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));
