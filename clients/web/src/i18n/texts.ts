import type { en } from './en.ts';

export type Key = keyof typeof en;

/** Forms by the plural rules of a language: `other` always, the rest as its rules have it. */
export type Forms<Form extends string> = Readonly<Record<Form, string>> & { readonly other: string };

/** What a language has to say: a text for every key, forms where English has forms. */
export type Texts<Form extends string = never> = {
  readonly [K in Key]: (typeof en)[K] extends string ? string : Forms<Form>;
};

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
type Literal<K extends Key> = (typeof en)[K] extends string
  ? (typeof en)[K]
  : (typeof en)[K][keyof (typeof en)[K]] & string;

/** The values that a text asks for; `count` chooses the form where there are forms. */
export type Values<K extends Key, Value> = {
  readonly [Name in Placeholders<Literal<K>>]: Name extends 'count' ? number : Value;
};
/** Nothing is asked of who uses a text without placeholders. */
export type Given<K extends Key, Value> = [Placeholders<Literal<K>>] extends [never] ? [] : [values: Values<K, Value>];
export type PlainKey = { [K in Key]: [Placeholders<Literal<K>>] extends [never] ? K : never }[Key];
