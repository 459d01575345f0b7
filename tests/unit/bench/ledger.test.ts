import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../bench/load/ledger.ts';

const clean = { missing: 0, duplicated: 0, disordered: 0, holes: 0 };
const [sender, receiver] = [2, 3];
const sent = (count: number) => Int32Array.of(0, 0, count, 0);
const ledger = () => new Ledger({ groups: 2, size: 2, senders: 1 });

const after = (counts: readonly number[], seqs: readonly number[] = []) => {
  const book = ledger();
  for (const count of counts) book.arrived(receiver, sender, count);
  for (const seq of seqs) book.numbered(receiver, seq);
  return book;
};

describe('the ledger of a bench run', () => {
  it('finds nothing in a run where all came once and in order', () => {
    expect(after([1, 2, 3], [7, 8, 9]).faults(sent(3))).toEqual(clean);
  });

  it.each([
    ['a lost message', [1, 3], { missing: 1, disordered: 1 }],
    ['a lost last message', [1, 2], { missing: 1 }],
    ['a message twice', [1, 2, 2, 3], { duplicated: 1 }],
    ['a message twice, the first time too early', [1, 3, 3, 2], { duplicated: 1, disordered: 1 }],
    ['two that changed places', [2, 1, 3], { disordered: 1 }],
  ])('finds %s', (_what, counts, faults) => {
    expect(after(counts).faults(sent(3))).toEqual({ ...clean, ...faults });
  });

  it.each([
    ['a hole', [1, 3]],
    ['a number twice', [1, 1]],
    ['a step back', [2, 1]],
  ])('finds %s in the numbers of the server', (_what, seqs) => {
    expect(after([], seqs).faults(sent(0))).toEqual({ ...clean, holes: 1 });
  });

  it('forgives one who sends the numbers of the own messages, which come as replies', () => {
    const book = ledger();
    for (const seq of [1, 4, 5]) book.numbered(sender, seq);
    expect(book.faults(sent(0))).toEqual(clean);
  });

  it('ends the run when a message reaches someone it is not for', () => {
    expect(() => ledger().arrived(1, sender, 1)).toThrow('shares nothing');
    expect(() => ledger().arrived(sender, sender, 1)).toThrow('shares nothing');
  });
});
