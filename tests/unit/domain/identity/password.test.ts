import { describe, expect, it } from 'vitest';
import { NewPassword, Password, refuseOwnName } from '#app/domain/identity/password.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';

describe('NewPassword', () => {
  it.each([
    ['eight characters', 'k3v!pQ9z'],
    ['a sentence', 'twelve lemons sing at dawn'],
    ['spaces around, which count', '  quiet river  '],
    ['emoji, counted as characters', '🍋🦊🌊🎻🚲🧵🪁🪴'],
    ['1,024 of one letter', 'x'.repeat(1_024)],
    ['1,024 characters outside the first plane', '🦊'.repeat(1_024)],
    ['a word with something of one’s own', 'dragonflies over Utrecht'],
  ])('takes %s exactly as typed', (_what, text) => {
    expect(NewPassword(text)).toBe(text);
  });

  it.each([
    ['seven characters', 'k3v!pQ9'],
    ['four emoji, eight code units', '🍋🦊🌊🎻'],
    ['1,025 characters', 'x'.repeat(1_025)],
    ['a megabyte', 'x'.repeat(1_048_576)],
    ['a lone surrogate', 'k3v!pQ9z\udc00'],
  ])('refuses %s', (_what, text) => {
    expect(() => NewPassword(text)).toThrow(Refusal);
  });

  it.each([
    '12345678',
    '123456789',
    '1234567890',
    'password',
    'Password1',
    'password123',
    'P@ssw0rd',
    'P@ssw0rd123!',
    'qwertyuiop',
    'qwerty123',
    '1q2w3e4r',
    '1qaz2wsx',
    'iloveyou',
    'sunshine',
    'princess1',
    'football',
    'baseball1',
    'welcome1',
    'Welcome2024!',
    'admin123',
    'letmein123',
    'trustno1',
    'superman',
    'dragon123',
    'Summer2025!',
    '11111111',
    'aaaaaaaa',
    '12341234',
    'abcabcabc',
    '12312312',
    '987654321',
    'abcdefgh',
    'asdfghjkl',
    'changeme',
    'changeme123',
    'secret123',
    'pa55word',
    '123qwe123qwe',
    '00000000',
    'michael1',
  ])('refuses %s, which everybody tries first', (text) => {
    expect(() => NewPassword(text)).toThrow(Refusal);
  });
});

describe('Password', () => {
  it('takes one of older, laxer rules, but nothing empty or huge', () => {
    expect(Password('abc')).toBe('abc');
    for (const text of ['', 'x'.repeat(1_025), 'x'.repeat(1_048_576)]) expect(() => Password(text)).toThrow(Refusal);
  });
});

it('refuses one’s own handle and mail address as a password, in any case', () => {
  const names = ['ada_lovelace', 'ada@example.com', undefined];
  for (const text of ['Ada_Lovelace', 'ADA@example.com'])
    expect(() => refuseOwnName(NewPassword(text), names)).toThrow(Refusal);
  expect(() => refuseOwnName(NewPassword('ada_lovelace, countess'), names)).not.toThrow();
});
