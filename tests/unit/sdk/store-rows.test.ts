import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListedRow, MessageRow } from '../../../clients/sdk/src/generated/catalogue.ts';
import { newGate } from '../../../clients/sdk/src/store/gate.ts';
import { newHeld } from '../../../clients/sdk/src/store/held.ts';
import { newNews } from '../../../clients/sdk/src/store/news.ts';
import { newWindow } from '../../../clients/sdk/src/store/window.ts';
import { aLine, aRow, ME, OTHER } from './scripted-link.ts';

/** A conversation as the database has it: messages in order, and where its counters stand. */
class Log {
  rows: MessageRow[] = [];
  rev = 0;
  urev = 1;
  readSeq = 0;
  memberCount = 2;
  /** Rows as they were, of which late copies may come. */
  readonly past: MessageRow[] = [];

  write(senderId: string, type: 'text' | 'system'): MessageRow {
    const content = type === 'system' ? ({ event: 'members.added', users: [OTHER] } as const) : 'text';
    if (type === 'system') this.memberCount++;
    return this.#put(aRow({ seq: this.rows.length + 1, rev: ++this.rev, senderId, type, content }));
  }

  delete(at: number): MessageRow | undefined {
    const row = this.rows[at % Math.max(1, this.rows.length)];
    if (!row || row.type === 'system' || row.deletedAt !== undefined) return undefined;
    const { content: _, ...rest } = row;
    return this.#put({ ...rest, rev: ++this.rev, deletedAt: row.sentAt });
  }

  get unread() {
    const counted = this.rows.filter(
      (m) => m.seq > this.readSeq && m.senderId !== ME && m.type !== 'system' && m.deletedAt === undefined,
    );
    return { count: Math.min(counted.length, 1_000), more: counted.length > 1_000 };
  }

  get line(): ListedRow {
    const { rev, memberCount } = this;
    const lastMessage = this.rows.at(-1);
    return aLine(
      undefined,
      { seq: this.rows.length, rev, memberCount, ...(lastMessage && { lastMessage }) },
      { urev: this.urev, readSeq: this.readSeq, unread: this.unread },
    );
  }

  #put(row: MessageRow): MessageRow {
    this.rows[row.seq - 1] = row;
    this.past.push(row);
    return row;
  }
}

const happening = fc.record({
  what: fc.oneof(
    { arbitrary: fc.constant('write' as const), weight: 6 },
    fc.constantFrom('mine', 'system', 'delete', 'read', 'late', 'recount', 'late recount', 'page'),
  ),
  which: fc.nat(1_000),
});

describe('what is held of a conversation', () => {
  it('counts unread along exactly, or knows that it does not; members and the last message likewise', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.array(happening, { minLength: 20, maxLength: 80 }), (before, happenings) => {
        const log = new Log();
        for (let seq = 0; seq < before; seq++) log.write(seq % 3 === 0 ? ME : OTHER, 'text');
        const held = newHeld(log.line, ME);
        const lines = [log.line];
        const hear = (row: MessageRow | undefined) => {
          if (row) held.message(row);
          held.gate.advance(log.rev);
        };
        for (const { what, which } of happenings) {
          if (what === 'write') hear(log.write(OTHER, 'text'));
          if (what === 'mine') hear(log.write(ME, 'text'));
          if (what === 'system') hear(log.write(OTHER, 'system'));
          if (what === 'delete') hear(log.delete(which));
          if (what === 'late') for (const row of log.past.slice(which % 50, (which % 50) + 5)) held.message(row);
          if (what === 'recount') held.recount(log.line);
          if (what === 'late recount') held.recount(lines[which % lines.length]!); // in range
          if (what === 'page') {
            const page = log.rows.slice(-10);
            held.window.begin(page, log.rows.length > 10, 1);
            for (const row of page) held.message(row);
          }
          if (what === 'read') {
            log.readSeq = Math.min(log.rows.length, log.readSeq + (which % 8));
            log.urev++;
            held.own(log.line.membership);
          }
          lines.push(log.line);
          if (held.countsExactly) expect(held.unread).toEqual(log.unread);
          expect(held.memberCount).toBe(log.memberCount);
          expect(held.lastMessage).toEqual(log.rows.at(-1));
        }
        held.recount(log.line);
        expect(held.countsExactly).toBe(true);
        expect(held.unread).toEqual(log.unread);
      }),
      { numRuns: 500 },
    );
  });

  it('counts exactly up to a thousand', () => {
    const log = new Log();
    const held = newHeld(log.line, ME);
    for (let seq = 0; seq < 2_500; seq++) held.message(log.write(OTHER, 'text'));
    expect(held.unread).toEqual({ count: 1_000, more: true });
    log.readSeq = 2_400;
    log.urev++;
    held.own(log.line.membership);
    held.recount(log.line);
    expect(held.unread).toEqual({ count: 100, more: false });
  });

  it('shows at once what the user has read, and never takes it back', () => {
    const log = new Log();
    const held = newHeld(log.line, ME);
    for (let seq = 0; seq < 5; seq++) held.message(log.write(OTHER, 'text'));
    held.read = 4;
    expect(held.unread.count).toBe(1);
    log.readSeq = 2;
    log.urev++;
    held.own(log.line.membership);
    expect(held).toMatchObject({ readSeq: 4, unread: { count: 1 } });
  });
});

describe('a window', () => {
  const step = fc.record({
    what: fc.constantFrom('new', 'new', 'change', 'older', 'late', 'trim'),
    which: fc.nat(1_000),
  });

  it('has no hole, ends with the newest, and shows each row as it is now', () => {
    fc.assert(
      fc.property(fc.nat(120), fc.array(step, { maxLength: 60 }), fc.nat(10), (before, steps, meanwhile) => {
        const log = new Log();
        for (let seq = 0; seq < before; seq++) log.write(OTHER, 'text');
        const window = newWindow();
        const page = log.rows.slice(-20);
        // they come while the page is on its way
        for (let seq = 0; seq < meanwhile; seq++) window.message(log.write(OTHER, 'text'));
        window.begin(page, page.length === 20, 1);
        for (const { what, which } of steps) {
          if (what === 'new') window.message(log.write(OTHER, 'text'));
          const changed = what === 'change' ? log.delete(which) : undefined;
          if (changed) window.message(changed);
          if (what === 'late') for (const row of log.past.slice(which % 50, (which % 50) + 5)) window.message(row);
          if (what === 'trim') window.trim(15);
          if (what === 'older' && !window.complete) {
            const older = log.rows.slice(Math.max(0, window.lowest - 1 - 10), window.lowest - 1);
            window.older(older, older.length === 10, 1);
          }
          expect(window.rows).toEqual(log.rows.slice(log.rows.length - window.size));
          expect(window.complete).toBe(window.size === log.rows.length || (window.complete && window.lowest <= 1));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('shows nothing behind a hole until that is filled', () => {
    const window = newWindow();
    window.begin([aRow({ seq: 1 })], false, 1);
    window.message(aRow({ seq: 3 }));
    expect(window.rows.map(({ seq }) => seq)).toEqual([1]);
    window.message(aRow({ seq: 2, rev: 9 }));
    expect(window.rows.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('takes of a page only what adjoins it', () => {
    const window = newWindow();
    window.begin([aRow({ seq: 9 })], true, 1);
    window.older(
      [5, 7, 8].map((seq) => aRow({ seq })),
      true,
      1,
    );
    expect(window.rows.map(({ seq }) => seq)).toEqual([7, 8, 9]);
  });

  it('forgets what a later membership may not see', () => {
    const window = newWindow();
    window.begin(
      [1, 2, 3].map((seq) => aRow({ seq })),
      true,
      1,
    );
    window.forgetBelow(3);
    expect(window).toMatchObject({ size: 1, complete: true });
    window.forgetBelow(7);
    expect(window).toMatchObject({ size: 0, complete: true });
    window.message(aRow({ seq: 7 }));
    expect(window.rows.map(({ seq }) => seq)).toEqual([7]);
  });
});

describe('a gate', () => {
  it('goes on from where another way has brought it, and never back', () => {
    const gate = newGate(1);
    const applied: number[] = [];
    for (const count of [3, 5, 3, 6]) gate.take(count, () => applied.push(count));
    expect(gate).toMatchObject({ cursor: 1, waits: true });
    gate.advance(4);
    gate.advance(2);
    expect(applied).toEqual([5, 6]);
    expect(gate).toMatchObject({ cursor: 6, waits: false });
  });

  it('keeps a bounded number of what is ahead, the nearest', () => {
    const gate = newGate(0);
    let applied = 0;
    for (let count = 3_000; count > 1; count--) gate.take(count, () => applied++);
    gate.take(1, () => applied++);
    expect({ applied, cursor: gate.cursor }).toEqual({ applied: 1_001, cursor: 1_001 });
  });
});

describe('news', () => {
  it('are told once, however often old messages change', () => {
    const told: number[] = [];
    const news = newNews(({ seq }) => told.push(seq));
    news.from(5_001);
    for (let seq = 1; seq <= 5_001; seq++) news.message(aRow({ seq, rev: 10_000 + seq }));
    news.message(aRow({ seq: 1, rev: 99_999 }));
    expect(told).toEqual([5_001]);
  });
});
