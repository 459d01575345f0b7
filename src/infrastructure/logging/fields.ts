import { JOURNAL_FIELDS } from '#app/application/ports/journal.ts';
import { masked, oneLine } from './safe-text.ts';

export type FieldValue = string | number | boolean | undefined;
export type Fields = Readonly<Record<string, FieldValue>>;

type Kind = keyof typeof JOURNAL_FIELDS;

const kinds = new Map<string, Kind>(
  Object.entries(JOURNAL_FIELDS).flatMap(([kind, names]) => names.map((name) => [name, kind as Kind] as const)),
);

const MOST_TEXT = 300;
const ID = /^[\w.:-]{1,64}$/;
const WORD = /^[\w.:/ -]{1,100}$/;

export const isField = (name: string): boolean => kinds.has(name);

/** The fields that may be logged; `omitted` counts the others, so that a forgotten one is noticed. */
export const allowed = (fields: Fields): Readonly<Record<string, FieldValue>> => {
  const kept: Record<string, FieldValue> = {};
  let omitted = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const shown = isField(name) ? shownAs(kinds.get(name), value) : undefined;
    if (shown === undefined) omitted++;
    else kept[name] = shown;
  }
  return omitted === 0 ? kept : { ...kept, omitted };
};

const shownAs = (kind: Kind | undefined, value: FieldValue): FieldValue => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' || kind === 'number' || kind === 'flag') return undefined;
  if (kind === 'text') return masked(oneLine(value, MOST_TEXT));
  return (kind === 'id' ? ID : WORD).test(value) ? masked(value) : undefined;
};
