import { v7 } from 'uuid';

/** One value that is wrong for its field, and the documented answer to it. */
export interface Hostile {
  readonly what: string;
  readonly value: unknown;
  readonly code: 'invalid' | 'too_large';
  /** Where below the field the answer points. */
  readonly below?: string;
}

/** All that is wrong for a field of a kind. */
export interface FieldKind {
  /** How the field is read from a path or a query. */
  readonly text: 'text' | 'number' | 'other';
  readonly hostile: readonly Hostile[];
}

const invalid = (values: Readonly<Record<string, unknown>>, below?: string): readonly Hostile[] =>
  Object.entries(values).map(([what, value]) => ({
    ...{ what, value, code: 'invalid' as const },
    ...(below !== undefined && { below }),
  }));
const tooLarge = (values: Readonly<Record<string, unknown>>): readonly Hostile[] =>
  Object.entries(values).map(([what, value]) => ({ what, value, code: 'too_large' as const }));

const NUL = 'a\u0000b';
const LONE = 'a\ud800b';
const BIDI = 'abc\u202etxt.exe';
const INVISIBLE = '\u200b\u200d\u2060';

const notText = {
  ...{ 'a number': 7, 'a boolean': true, null: null, 'an array': ['x'], 'an empty array': [] },
  ...{ 'an object': {}, 'an object that wants to be text': { toString: 'x', length: 3 } },
};
const notNumber = {
  ...{ 'a number as text': '1', 'empty text': '', 'a boolean': true, null: null, 'an array': [1], 'an object': {} },
};
const notBoolean = { 'true as text': 'true', zero: 0, one: 1, null: null, 'an array': [true], 'an object': {} };

const noUuid = {
  ...{ empty: '', a_word: 'general', NUL: `${v7().slice(0, 35)}\u0000`, 'a lone surrogate': LONE },
  ...{ 'nil UUID': '00000000-0000-0000-0000-000000000000', 'max UUID': 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
  ...{ 'version 9': '0193e4a0-5b7c-9d2e-8f10-3c4b5a697887', 'other variant': '0193e4a0-5b7c-7d2e-0f10-3c4b5a697887' },
  ...{ 'without dashes': v7().replaceAll('-', ''), braces: `{${v7()}}`, 'a line break': `${v7()}\n` },
  ...{ 'one digit more': `${v7()}0`, 'full-width digits': '０193e4a0-5b7c-7d2e-8f10-3c4b5a697887' },
  ...{ SQL: "' or '1'='1", 'a path': '../../etc/passwd', 'a prototype': '__proto__', long: 'a'.repeat(5_000) },
};
const V4 = '9b2d3f0e-5a4c-4e1b-8c7d-2f6a1b0c9d8e';

/** Where only UUIDv7 will do. */
const uuidV7: FieldKind = {
  text: 'text',
  hostile: invalid({ ...notText, ...noUuid, 'version 4': V4 }),
};
const { null: _none, ...notTextNorNull } = notText;
/** Likewise, where null says none. */
const uuidV7OrNone: FieldKind = {
  text: 'text',
  hostile: invalid({ ...notTextNorNull, ...noUuid, 'version 4': V4 }),
};
const uuid: FieldKind = { text: 'text', hostile: invalid({ ...notText, ...noUuid }) };

const noCounter = {
  ...{ 'minus one': -1, 'a fraction': 1.5, '2^53': 2 ** 53, 'more than 2^53': 1e21, 'a tiny fraction': 1e-7 },
};
const counter: FieldKind = { text: 'number', hostile: invalid({ ...notNumber, ...noCounter }) };
const integer = (lowest: number, highest: number): FieldKind => ({
  text: 'number',
  hostile: invalid({ ...notNumber, ...noCounter, 'too little': lowest - 1, 'too much': highest + 1 }),
});

const boolean: FieldKind = { text: 'other', hostile: invalid(notBoolean) };

const name = (longest: number, alsoWrong: Readonly<Record<string, unknown>> = {}): FieldKind => ({
  text: 'text',
  hostile: invalid({
    ...notText,
    ...{ empty: '', spaces: '  ', NUL, 'a lone surrogate': LONE, 'a line break': 'a\nb', escape: 'a\u001b[31m' },
    ...{ 'one too long': 'x'.repeat(longest + 1), long: 'x'.repeat(40_000), ...alsoWrong },
  }),
});
const shownName = (longest: number) =>
  name(longest, { 'a bidirectional override': BIDI, 'an isolate': 'a\u2066b', invisible: INVISIBLE });

const handle = name(32, {
  ...{ 'too short': 'ab', homoglyph: 'аdmin', dash: 'a-b', 'a space inside': 'a b', 'a bidirectional override': BIDI },
  ...{ invisible: `a${INVISIBLE}b`, 'a path': '../x', emoji: 'abc😀' },
});

/** A password is hashed as typed, so almost any text will do. */
const typedPassword = {
  ...notText,
  ...{ empty: '', 'a lone surrogate': LONE, 'one too long': 'x'.repeat(1_025), long: 'x'.repeat(60_000) },
};
const password: FieldKind = { text: 'text', hostile: invalid(typedPassword) };
const newPassword: FieldKind = {
  text: 'text',
  hostile: invalid({ ...typedPassword, 'too short': 'xxxxxx7', 'too common': 'password' }),
};

const token = (longest: number): FieldKind => ({
  text: 'text',
  hostile: invalid({ ...notText, empty: '', 'one too long': 'x'.repeat(longest + 1) }),
});

const content: FieldKind = {
  text: 'text',
  hostile: [
    ...invalid({
      ...notText,
      ...{ empty: '', spaces: ' \t\n', invisible: INVISIBLE, NUL, 'only NUL': '\u0000', controls: '\u0001\u0002' },
      ...{ 'a lone high surrogate': LONE, 'a lone low surrogate': '\udc00', 'surrogates swapped': '\udc00\ud800' },
    }),
    ...tooLarge({
      ...{ '5,001 characters': 'x'.repeat(5_001), '5,001 beyond the BMP': '😀'.repeat(5_001) },
      ...{ '10,000 combining marks': `a${'\u0301'.repeat(10_000)}`, '5,001 lone surrogates': '\ud800'.repeat(5_001) },
    }),
  ],
};

const choice = (values: Readonly<Record<string, unknown>>): FieldKind => ({
  text: 'text',
  hostile: invalid({ ...notText, empty: '', prototype: '__proto__', method: 'toString', NUL, ...values }),
});

const notList = {
  text: 'x',
  'a number': 7,
  'a boolean': true,
  null: null,
  'an object': {},
  'an array-like': { length: 1 },
};
const idsIn = (most: number, fewest: 0 | 1): FieldKind => ({
  text: 'other',
  hostile: [
    ...invalid({
      ...notList,
      ...(fewest > 0 && { none: [] }),
      'one too many': Array.from({ length: most + 1 }, () => v7()),
    }),
    ...invalid(
      { word: ['x'], null: [null], number: [7], nested: [[v7()]], NUL: [NUL], nil: [noUuid['nil UUID']] },
      '0',
    ),
    ...invalid({ second: [v7(), 'x'] }, '1'),
  ],
});

const cursors: FieldKind = {
  text: 'other',
  hostile: [
    ...invalid(notList),
    ...invalid({ word: ['x'], null: [null], id: [v7()], object: [{ 0: v7(), 1: 1 }] }, '0'),
    ...invalid({ 'no rev': [[v7()]], negative: [[v7(), -1]], fraction: [[v7(), 1.5]], text: [[v7(), '5']] }, '0.1'),
    ...invalid({ '2^53': [[v7(), 2 ** 53]], null_rev: [[v7(), null]] }, '0.1'),
    ...invalid({ 'bad id': [['x', 1]], number_id: [[7, 1]], 'version 4': [[V4, 1]] }, '0.0'),
    ...invalid({ 'the same twice': Array(2).fill([v7(), 1]) }),
    ...tooLarge({ '1,001 conversations': Array.from({ length: 1_001 }, () => [v7(), 1]) }),
  ],
};

const device: FieldKind = {
  text: 'other',
  hostile: invalid({ text: 'phone', 'a number': 7, 'a boolean': true, null: null, 'an array': ['phone'], nothing: [] }),
};
const label = (longest: number): FieldKind => ({
  text: 'text',
  hostile: invalid({
    ...notText,
    ...{ NUL, 'a lone surrogate': LONE, 'a line break': 'a\nb', 'a bidirectional override': BIDI },
    ...{ 'one too long': 'x'.repeat(longest + 1), long: 'x'.repeat(40_000) },
  }),
});

const listCursor: FieldKind = {
  text: 'text',
  hostile: invalid({
    ...notText,
    ...{
      empty: '',
      word: 'x',
      'no id': '5_',
      'no time': `_${v7()}`,
      'bad id': '5_x',
      NUL: `5_${NUL}`,
      negative: `-5_${v7()}`,
    },
    ...{ 'too late': `${10 ** 15}_${v7()}`, 'SQL in it': `5_'; drop table users; --`, long: `5_${'x'.repeat(5_000)}` },
  }),
};

const instant: FieldKind = {
  text: 'text',
  hostile: invalid({
    ...{ 'a number': 7, 'a boolean': true, 'an array': [], 'an object': {} },
    ...{ empty: '', word: 'tomorrow', 'no time': '2030-01-31', 'no zone': '2030-01-31T12:00:00', NUL },
    ...{ 'month 13': '2030-13-01T00:00:00Z', 'hour 24': '2030-01-01T24:00:00Z', infinity: 'infinity' },
    ...{ 'a bare year': '+275760-09-13T00:00:00Z', 'an offset in hours': '2030-01-01T00:00:00+05' },
  }),
};

const email: FieldKind = {
  text: 'text',
  hostile: invalid({
    ...notText,
    ...{
      empty: '',
      'no at': 'ann',
      'no host': 'ann@',
      'two at': 'a@b@c.de',
      NUL: `${NUL}@b.de`,
      'a lone surrogate': `${LONE}@b.de`,
    },
    ...{ 'a line break': 'a\nb@c.de', header: 'a@b.de\r\nBcc: x@y.de', long: `${'x'.repeat(300)}@b.de` },
  }),
};

/**
 * What is wrong for each field of the catalogue, by `command.field` where the command matters, else by name. Written by
 * hand, beside the schemas and not from them. A field that is not in here fails the build.
 */
export const fieldKinds: Readonly<Record<string, FieldKind>> = {
  ...{ conversationId: uuidV7, id: uuidV7, 'focus.conversationId': uuidV7OrNone },
  ...{ userId: uuid, sessionId: uuid, apiKeyId: uuid, to: uuid, after: uuid },
  ...{ 'message.history.after': counter, before: counter, 'conversation.list.after': listCursor },
  ...{
    readSeq: counter,
    deliveredSeq: counter,
    readSince: counter,
    replyTo: counter,
    knownRev: counter,
    urev: counter,
  },
  ...{ limit: integer(1, 100), ttlSeconds: integer(60, 315_360_000) },
  ...{
    membersCanInvite: boolean,
    historyVisible: boolean,
    archived: boolean,
    blocked: boolean,
    active: boolean,
    lastSeenVisible: boolean,
  },
  ...{ title: shownName(128), displayName: shownName(64), name: name(64), handle, email, content },
  ...{ password, 'user.register.password': newPassword, currentPassword: password, newPassword },
  ...{ login: name(254, { 'no handle': 'a-b', 'no address': 'a@b' }), refreshToken: token(200), token: token(8_192) },
  ...{ users: idsIn(200, 0), 'member.add.users': idsIn(200, 1), ids: idsIn(100, 1), cursors },
  type: choice({ 'upper case': 'TEXT', unknown: 'video' }),
  status: choice({ 'upper case': 'ONLINE', unknown: 'offline' }),
  role: choice({ 'upper case': 'OWNER', unknown: 'superuser', list: 'owner,admin' }),
  mutedUntil: instant,
  ...{ device, 'device.name': label(64), 'device.platform': label(32), 'device.version': label(32) },
  epoch: { text: 'text', hostile: invalid({ ...notText, 'one too long': 'x'.repeat(129) }) },
  next: { text: 'text', hostile: invalid({ ...notText, 'one too long': 'x'.repeat(65) }) },
};
