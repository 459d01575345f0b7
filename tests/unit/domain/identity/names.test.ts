import { describe, expect, it } from 'vitest';
import { ApiKeyName } from '#app/domain/identity/api-key.ts';
import { DisplayName } from '#app/domain/identity/display-name.ts';
import { EmailAddress } from '#app/domain/identity/email-address.ts';
import { Handle } from '#app/domain/identity/handle.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';

describe('Handle', () => {
  it.each([
    ['ada', 'ada'],
    ['Ada_1815', 'ada_1815'],
    ['ＡＤＡ', 'ada'],
    ['Straße', 'strasse'],
    ['STRASSE', 'strasse'],
    ['GROẞ', 'gross'],
    ['ﬁnn', 'finn'],
    ['Kelvin', 'kelvin'],
    ['a'.repeat(32), 'a'.repeat(32)],
  ])('folds %j to %j', (text, handle) => {
    expect(Handle(text)).toBe(handle);
  });

  it.each([
    ['too short', 'ab'],
    ['too long', 'a'.repeat(33)],
    ['too long once folded', 'ß'.repeat(17)],
    ['a megabyte', 'a'.repeat(1_048_576)],
    ['a dotless i', 'admın'],
    ['a dotted capital I', 'ADMİN'],
    ['a Cyrillic a', 'аdmin'],
    ['a space', 'ada l'],
    ['a zero-width joiner', 'ad\u200da'],
    ['a line end', 'ada\n'],
    ['a bidirectional override', 'ada\u202e'],
    ['a dash', 'a-da'],
    ['nothing', ''],
  ])('refuses %s', (_what, text) => {
    expect(() => Handle(text)).toThrow(Refusal);
  });
});

describe('DisplayName', () => {
  it.each([
    ['Ada Lovelace', 'Ada Lovelace'],
    ['  Ada  ', 'Ada'],
    ['Ame\u0301lie', 'Amélie'],
    ['李小龍', '李小龍'],
    ['مريم', 'مريم'],
    ['👩‍💻', '👩‍💻'],
    ['𝒜'.repeat(64), '𝒜'.repeat(64)],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
  ])('takes %j as %j', (text, name) => {
    expect(DisplayName(text)).toBe(name);
  });

  it.each([
    ['nothing', ''],
    ['only spaces', '   '],
    ['only zero-width characters', '\u200b\u200d\u2060'],
    ['only a combining mark', '\u0301'],
    ['only a Hangul filler', '\u3164'],
    ['only a braille blank', '\u2800'],
    ['65 code points', '𝒜'.repeat(65)],
    ['a megabyte', 'a'.repeat(1_048_576)],
    ['a NUL', 'Ada\0'],
    ['a line end inside', 'Ada\nLovelace'],
    ['a line separator', 'Ada\u2028Lovelace'],
    ['an override', 'Ada\u202eecalevoL'],
    ['an isolate', 'Ada\u2066x'],
    ['a lone surrogate', 'Ada\ud800'],
    ['a tower of marks', `A${'\u0301'.repeat(40)}`],
  ])('refuses %s', (_what, text) => {
    expect(() => DisplayName(text)).toThrow(Refusal);
  });
});

describe('EmailAddress', () => {
  it.each([
    ['Ada@Example.COM', 'ada@example.com'],
    [' ada@example.com ', 'ada@example.com'],
    ["o'hara+tag@mail.example.co.uk", "o'hara+tag@mail.example.co.uk"],
    ['δοκιμή@παράδειγμα.gr', 'δοκιμή@παράδειγμα.gr'],
  ])('folds %j to %j', (text, address) => {
    expect(EmailAddress(text)).toBe(address);
  });

  it.each([
    'ada',
    'ada@',
    '@example.com',
    'ada@localhost',
    'ada@exa mple.com',
    'ada@@example.com',
    'a@b@example.com',
    'ada@example.com\r\nBcc: eve@example.com',
    'ada\0@example.com',
    '"ada lovelace"@example.com',
    'ada@-example.com',
    '.ada@example.com',
    'ada@example..com',
    `${'a'.repeat(65)}@example.com`,
    `ada@${'a'.repeat(64)}.com`,
    `ada@${'a.'.repeat(200)}com`,
    'x'.repeat(1_048_576),
  ])('refuses %j', (text) => {
    expect(() => EmailAddress(text)).toThrow(Refusal);
  });
});

describe('ApiKeyName', () => {
  it('is trimmed, and refuses nothing, controls and more than 64 characters', () => {
    expect(ApiKeyName(' build bot ')).toBe('build bot');
    for (const text of ['', '  ', 'a\u0007b', 'a'.repeat(65)]) expect(() => ApiKeyName(text)).toThrow(Refusal);
  });
});
