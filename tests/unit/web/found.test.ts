import type { Client } from '@tertulia/client';
import { describe, expect, it } from 'vitest';
import { foundBy } from '../../../clients/web/src/conversations/found.ts';

const group = (id: string, title: string, archived = false) => ({ id, view: { kind: 'group', title, archived } });
const chat = (id: string, otherId: string) => ({ id, view: { kind: 'private', otherId, archived: false } });

// As much of a client as names and the list ask for.
const client = {
  conversations: {
    all: [group('1', 'Book circle'), chat('2', 'ben'), group('3', 'Old books', true), chat('4', 'nobody')],
  },
  users: { get: (id: string) => (id === 'ben' ? { displayName: 'Ben İzmir' } : undefined) },
} as unknown as Client;
const found = (text: string) => {
  const { current, archived } = foundBy(client, text);
  return [current.map(({ id }) => id), archived.map(({ id }) => id)];
};

describe('what is looked for', () => {
  it.each([
    ['nothing: all there is, those whose name is not known too', ' ', ['1', '2', '4'], ['3']],
    ['a part of a title, however it is written', ' BOOK ', ['1'], ['3']],
    ['a part of the name of the other one', 'ben', ['2'], []],
    ['what nobody is called', 'zzz', [], []],
  ])('finds by %s', (_what, text, current, archived) => {
    expect(found(text)).toEqual([current, archived]);
  });
});
