import { masked, oneLine } from './safe-text.ts';

export type FieldValue = string | number | boolean | undefined;
export type Fields = Readonly<Record<string, FieldValue>>;

type Kind = 'id' | 'word' | 'text' | 'number' | 'flag';

/** All that a log line can say. What is not in here is not logged, and what does not look like its kind neither. */
const kinds: Readonly<Record<string, Kind>> = {
  ...of(
    'id',
    'apiKeyId',
    'connectionId',
    'conversationId',
    'correlationId',
    'epoch',
    'messageId',
    'node',
    'sessionId',
    'trace',
    'userId',
  ),
  ...of(
    'word',
    'channel',
    'class',
    'codec',
    'command',
    'error',
    'from',
    'kind',
    'level',
    'method',
    'migration',
    'outcome',
    'platform',
  ),
  ...of(
    'word',
    'protocol',
    'reason',
    'role',
    'rule',
    'setting',
    'signal',
    'sqlstate',
    'state',
    'status',
    'to',
    'topic',
    'transport',
    'type',
    'version',
  ),
  ...of(
    'text',
    'address',
    'cause',
    'directory',
    'file',
    'hint',
    'host',
    'issuer',
    'listener',
    'url',
    'warning',
    'where',
  ),
  ...of(
    'number',
    'attempt',
    'attempts',
    'bytes',
    'code',
    'connections',
    'count',
    'dropped',
    'failed',
    'lagMs',
    'limit',
    'metricsPort',
  ),
  ...of('number', 'ms', 'pid', 'port', 'queued', 'rev', 'rows', 'seq', 'size', 'stored', 'urev', 'worker', 'workers'),
  ...of('flag', 'clean', 'created', 'duplicate', 'embedded', 'ok'),
};

function of(kind: Kind, ...names: string[]) {
  return Object.fromEntries(names.map((name) => [name, kind]));
}

const MOST_TEXT = 300;
const ID = /^[\w.:-]{1,64}$/;
const WORD = /^[\w.:/ -]{1,100}$/;

export const isField = (name: string): boolean => Object.hasOwn(kinds, name);

/** The fields that may be logged; `omitted` counts the others, so that a forgotten one is noticed. */
export const allowed = (fields: Fields): Readonly<Record<string, FieldValue>> => {
  const kept: Record<string, FieldValue> = {};
  let omitted = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const shown = isField(name) ? shownAs(kinds[name], value) : undefined;
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
