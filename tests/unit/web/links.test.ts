import fc from 'fast-check';
import { expect, it } from 'vitest';
import { piecesOf } from '../../../clients/web/src/chat/links.ts';

const linksIn = (text: string) =>
  piecesOf(text).flatMap(({ text: shown, href }) => (href === undefined ? [] : [shown]));

it.each([
  ['see https://example.org/a?b=c#d.', ['https://example.org/a?b=c#d']],
  ['(https://example.org/map), and', ['https://example.org/map']],
  ['https://en.wikipedia.org/wiki/Set_(mathematics)', ['https://en.wikipedia.org/wiki/Set_(mathematics)']],
  ['https://a.example https://b.example', ['https://a.example', 'https://b.example']],
  ['看 https://例え.jp/路径。好', ['https://例え.jp/路径。好']],
  ['HTTP://EXAMPLE.ORG!', ['HTTP://EXAMPLE.ORG']],
  ['"https://example.org"', ['https://example.org']],
])('finds the addresses of %s', (text, found) => {
  expect(linksIn(text)).toEqual(found);
});

it.each([
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'ftp://example.org',
  'https://',
  'http:// example.org',
  'www.example.org',
  'https://example.org:99999999/',
])('makes no link of %s', (text) => {
  expect(linksIn(text)).toEqual([]);
});

it('makes no link of an address that is longer than any', () => {
  expect(linksIn(`https://example.org/${'a'.repeat(3_000)}`)).toEqual([]);
});

it('ends an address before a mark that would turn the direction of what follows', () => {
  expect(linksIn('https://example.org/\u202egro.live')).toEqual(['https://example.org/']);
});

it('neither loses nor adds a character, and leads to http and https only', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.webUrl(),
    fc.constantFrom('https://', '(', ').', ' ', '\n', 'javascript:'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (parts) => {
      const text = parts.join('');
      const pieces = piecesOf(text);
      expect(pieces.map((one) => one.text).join('')).toBe(text);
      for (const { href } of pieces) expect(href ?? 'https://').toMatch(/^https?:\/\//);
    }),
    { numRuns: 200 },
  );
});
