import { describe, expect, it } from 'vitest';
import { type Condition, type Harm, judge, JUDGED, NOT_JUDGED_YET } from '../../support/checker.ts';
import { cleanRun, type Run } from '../../support/clean-run.ts';
import type {
  DumpedMessage,
  HistoryRecord,
  PageRead,
  Received,
  SendAck,
  SendInvoke,
  ShownList,
} from '../../support/history.ts';

const bounds = { operationMs: 1_000 };
const judged = ({ records, dump }: Run) => judge(records, dump, bounds);

/** Finds, and fails the test when there is none: a bug that was not planted proves nothing. */
const one = <T>(items: readonly T[], is: (item: T) => boolean): T => {
  const found = items.find(is);
  if (!found) throw new Error('nothing to plant the bug into');
  return found;
};
const only = <Type extends HistoryRecord['type']>({ records }: Run, type: Type) =>
  records.filter((record): record is Extract<HistoryRecord, { type: Type }> => record.type === type);
const swapIn = <T>(items: T[], old: T, ...now: readonly T[]) => void items.splice(items.indexOf(old), 1, ...now);

const invokes = (run: Run) => only(run, 'send.invoke');
const attemptOf = (run: Run, id: string) => one(invokes(run), (send) => send.id === id);
const acked = (run: Run, conv = 'g', nth = 8): { invoke: SendInvoke; ack: SendAck; row: DumpedMessage } => {
  const ack = only(run, 'send.ack').filter(({ op }) => one(invokes(run), (send) => send.op === op).conv === conv)[nth]!;
  const invoke = one(invokes(run), (send) => send.op === ack.op);
  return { invoke, ack, row: one(run.dump.messages, ({ id, conv: at }) => id === invoke.id && at === conv) };
};
const refusedSend = (run: Run) =>
  one(invokes(run), ({ op }) => only(run, 'send.err').some((err) => err.op === op && err.outcome === 'definite'));
const put = (run: Run, row: DumpedMessage, change: Partial<DumpedMessage>) =>
  swapIn(run.dump.messages, row, { ...row, ...change });
const at = (run: Run, conv: string, seq: number) =>
  one(run.dump.messages, (row) => row.conv === conv && row.seq === seq);
const received = (run: Run, is: (record: Received) => boolean) => one(only(run, 'recv'), is);
const list = (run: Run, client: string, conv: string) =>
  one(only(run, 'shown'), (shown) => shown.client === client && shown.conv === conv);
const change = <R extends HistoryRecord>(run: Run, record: R, with_: Partial<R>) =>
  swapIn<HistoryRecord>(run.records, record, { ...record, ...with_ });
const relist = (run: Run, shown: ShownList, rows: (rows: ShownList['rows']) => ShownList['rows']) =>
  change(run, shown, { rows: rows(shown.rows) });
const repage = (run: Run, page: PageRead, rows: (rows: PageRead['rows']) => PageRead['rows']) =>
  change(run, page, { rows: rows(page.rows) });
const insert = (run: Run, after: number, record: Omit<Received, 'at' | 'type'>) =>
  run.records.push({ ...record, type: 'recv', at: after });
const head = (run: Run, conv: string, more: { seq?: number; rev?: number }) => {
  const old = one(run.dump.conversations, ({ id }) => id === conv);
  swapIn(run.dump.conversations, old, { ...old, seq: old.seq + (more.seq ?? 0), rev: old.rev + (more.rev ?? 0) });
};
const removalOf = (run: Run, user: string, event = 'member.removed') =>
  one(run.dump.messages, ({ notice }) => notice?.event === event && notice.users.includes(user));

/** Every one is a way in which a chat server has failed somewhere. */
const bugs: readonly [string, Condition, Harm, (run: Run) => void][] = [
  ['an acked message is lost', 'C1', 'lost', (run) => swapIn(run.dump.messages, acked(run).row)],
  [
    'acks before the commit, which then fails',
    'C1',
    'lost',
    (run) => {
      const { row } = acked(run);
      swapIn(run.dump.messages, row);
      for (const later of run.dump.messages.filter(({ conv, seq }) => conv === 'g' && seq > row.seq))
        put(run, later, { seq: later.seq - 1 });
    },
  ],
  [
    'acks another seq than it stored',
    'C1',
    'wrong',
    (run) => change(run, acked(run).ack, { seq: acked(run).ack.seq + 1 }),
  ],
  [
    'acks another rev than it stored',
    'C1',
    'wrong',
    (run) => change(run, acked(run).ack, { rev: acked(run).row.sentRev + 1 }),
  ],
  ['stores another body than was sent', 'C1', 'wrong', (run) => put(run, acked(run).row, { hash: 'cut off' })],
  ['stores it under another name', 'C1', 'wrong', (run) => put(run, acked(run).row, { sender: 'ben-2' })],
  [
    'answers a taken id with its first ack, whoever asks',
    'C1',
    'wrong',
    (run) => {
      const { invoke, ack } = acked(run);
      const op = 9_999;
      run.records.push(
        { ...invoke, op, user: 'ben', client: 'b1', hash: 'another', at: ack.at + 1 },
        { ...ack, op, duplicate: true, at: ack.at + 2 },
      );
    },
  ],
  [
    'stores what nobody sent',
    'C2',
    'wrong',
    (run) => {
      const last = run.dump.messages.filter(({ conv }) => conv === 'p').at(-1)!;
      run.dump.messages.push({ ...last, id: 'ghost', seq: last.seq + 1, sentRev: last.rev + 1, rev: last.rev + 1 });
      head(run, 'p', { seq: 1, rev: 1 });
    },
  ],
  [
    'stores what it refused',
    'C2',
    'wrong',
    (run) => {
      const { conv, id, hash, user } = refusedSend(run);
      const last = run.dump.messages.filter((row) => row.conv === conv).at(-1)!;
      run.dump.messages.push({
        ...last,
        id,
        hash,
        present: hash,
        sender: user,
        seq: last.seq + 1,
        sentRev: last.rev + 9,
        rev: last.rev + 9,
      });
      head(run, conv, { seq: 1, rev: 9 });
    },
  ],
  [
    'refuses the resend of what it had acked',
    'C2',
    'wrong',
    (run) => {
      const { invoke, ack } = acked(run);
      run.records.push({ ...invoke, op: 9_999, at: ack.at + 1 });
      run.records.push({ type: 'send.err', op: 9_999, outcome: 'definite', code: 'not_found', at: ack.at + 2 });
    },
  ],
  [
    'stores a retried message twice',
    'C3',
    'duplicated',
    (run) => {
      const last = run.dump.messages.filter(({ conv }) => conv === 'p').at(-1)!;
      run.dump.messages.push({ ...last, seq: last.seq + 1, sentRev: last.rev + 1, rev: last.rev + 1 });
      head(run, 'p', { seq: 1, rev: 1 });
    },
  ],
  ['gives a seq twice', 'C3', 'duplicated', (run) => put(run, at(run, 'p', 5), { seq: 4 })],
  [
    'leaves a hole in seq',
    'C3',
    'lost',
    (run) => {
      for (const row of run.dump.messages.filter(({ conv, seq }) => conv === 'p' && seq > 5))
        put(run, row, { seq: row.seq + 1 });
      head(run, 'p', { seq: 1, rev: 1 });
    },
  ],
  ['leaves a hole in rev', 'C3', 'lost', (run) => head(run, 'p', { rev: 1 })],
  ['gives a rev twice', 'C3', 'out of order', (run) => put(run, at(run, 'p', 5), { sentRev: at(run, 'p', 4).sentRev })],
  ['counts more messages than it holds', 'C3', 'lost', (run) => head(run, 'p', { seq: 1 })],
  [
    'gives revs in another order than seqs',
    'C3',
    'out of order',
    (run) => {
      const [a, b] = [at(run, 'p', 4), at(run, 'p', 5)];
      put(run, a, { sentRev: b.sentRev, rev: b.rev });
      put(run, b, { sentRev: a.sentRev, rev: a.rev });
    },
  ],
  [
    'stores a message before one that was acked before it was sent',
    'C5',
    'out of order',
    (run) => {
      const [a, b] = [at(run, 'p', 4), at(run, 'p', 5)];
      put(run, a, { seq: 5, sentRev: b.sentRev, rev: b.rev });
      put(run, b, { seq: 4, sentRev: a.sentRev, rev: a.rev });
    },
  ],
  [
    'stores the pipelined messages of one client in another order',
    'C5',
    'out of order',
    (run) => {
      const [first, second] = [attemptOf(run, 'm6'), attemptOf(run, 'm7')];
      const [a, b] = [first, second].map(({ id }) => one(run.dump.messages, (row) => row.id === id)) as [
        DumpedMessage,
        DumpedMessage,
      ];
      put(run, a, { seq: b.seq, sentRev: b.sentRev, rev: b.rev });
      put(run, b, { seq: a.seq, sentRev: a.sentRev, rev: a.rev });
    },
  ],
  [
    'tells an event twice',
    'C6',
    'duplicated',
    (run) => {
      const event = received(run, ({ client, rev }) => client === 'b1' && rev === 9);
      swapIn<HistoryRecord>(run.records, event, event, event);
    },
  ],
  [
    'tells two events in the wrong order',
    'C6',
    'out of order',
    (run) => {
      const [a, b] = [9, 10].map((rev) =>
        received(run, (event) => event.client === 'b1' && event.conv === 'g' && event.rev === rev),
      ) as [Received, Received];
      run.records[run.records.indexOf(a)] = b;
      run.records[run.records.lastIndexOf(b)] = a;
    },
  ],
  [
    'tells an event with the body of another',
    'C6',
    'wrong',
    (run) =>
      change(
        run,
        received(run, ({ seq, conv }) => conv === 'g' && seq === 9),
        { hash: 'another' },
      ),
  ],
  [
    'tells a message with a seq that is not its own',
    'C6',
    'out of order',
    (run) =>
      change(
        run,
        received(run, ({ seq }) => seq === 9),
        { seq: 10 },
      ),
  ],
  [
    'tells of a message that was never committed',
    'C6',
    'wrong',
    (run) => insert(run, 1e6, { client: 'b1', user: 'ben', conv: 'g', rev: 999, seq: 999, id: 'phantom' }),
  ],
  [
    'leaks one event to a removed member',
    'C7',
    'leaked',
    (run) => {
      const { sentRev } = removalOf(run, 'cleo');
      const event = received(run, ({ conv, rev, client }) => conv === 'g' && rev === sentRev + 1 && client === 'b1');
      insert(run, event.at, { ...event, client: 'c1', user: 'cleo' });
    },
  ],
  [
    'leaks what happened while they were away, before they come back',
    'C7',
    'leaked',
    (run) => {
      const back = one(run.dump.messages, ({ notice, conv }) => conv === 'g' && notice?.event === 'members.added');
      const event = received(
        run,
        ({ conv, rev, client }) => conv === 'g' && rev === back.sentRev - 1 && client === 'b1',
      );
      insert(run, event.at, { ...event, client: 'c1', user: 'cleo' });
    },
  ],
  [
    'leaks to a stranger',
    'C7',
    'leaked',
    (run) => {
      const event = received(run, ({ conv }) => conv === 'p');
      insert(run, event.at, { ...event, client: 'd1', user: 'dan' });
    },
  ],
  [
    'shows the content of an old message to one who came later, by its edit',
    'C7',
    'leaked',
    (run) => {
      const edit = received(
        run,
        ({ conv, seq, client, hash }) => conv === 'h' && seq === 2 && client === 'd1' && hash === undefined,
      );
      change(run, edit, { hash: 'edited early' });
    },
  ],
  [
    'serves a page to one who was removed',
    'C7',
    'leaked',
    (run) => {
      const page = only(run, 'page')
        .filter(({ client }) => client === 'd1')
        .at(-1)!;
      repage(run, page, () => [{ seq: 30, id: at(run, 'h', 14).id, hash: 'x' }]);
    },
  ],
  [
    'serves a page that reaches before the first visible message',
    'C7',
    'leaked',
    (run) => {
      const page = only(run, 'page')
        .filter(({ client, rows }) => client === 'd1' && rows.length > 0)
        .at(-1)!;
      repage(run, page, (rows) => [{ seq: 1, id: 'h-0', hash: 'notice' }, ...rows]);
    },
  ],
  [
    'serves a page from before an ack',
    'C8',
    'lost',
    (run) => {
      const page = only(run, 'page')
        .filter(({ client }) => client === 'b1')
        .at(-1)!;
      repage(run, page, (rows) => rows.slice(0, -1));
    },
  ],
  [
    'lets one message never arrive',
    'C9',
    'lost',
    (run) => relist(run, list(run, 'b1', 'g'), (rows) => rows.toSpliced(7, 1)),
  ],
  [
    'lets a message be shown twice',
    'C6',
    'duplicated',
    (run) => relist(run, list(run, 'b1', 'g'), (rows) => [...rows, rows[3]!]),
  ],
  [
    'lets two messages be shown in the wrong order',
    'C4',
    'out of order',
    (run) => relist(run, list(run, 'b1', 'g'), (rows) => rows.toSpliced(7, 2, rows[8]!, rows[7]!)),
  ],
  [
    'loses an edit',
    'C9',
    'wrong',
    (run) => relist(run, list(run, 'a2', 'g'), (rows) => rows.with(4, { ...rows[4]!, hash: 'before' })),
  ],
  [
    'brings a deleted message back',
    'C9',
    'wrong',
    (run) => relist(run, list(run, 'a2', 'g'), (rows) => rows.with(5, { ...rows[5]!, hash: 'back' })),
  ],
  [
    'forgets an edit that it had acked',
    'C1',
    'lost',
    (run) => put(run, at(run, 'g', 5), { present: at(run, 'g', 5).hash }),
  ],
  ['changes what nobody asked to change', 'C2', 'wrong', (run) => put(run, at(run, 'g', 9), { present: 'another' })],
  [
    'stores what it refused to change',
    'C2',
    'wrong',
    (run) => {
      const { op } = one(only(run, 'change.invoke'), ({ hash }) => hash === 'edited');
      const { at } = one(only(run, 'change.ack'), (ack) => ack.op === op);
      run.records.push({ type: 'change.err', op, outcome: 'definite', at });
    },
  ],
  [
    'tells an application twice of a message',
    'C6',
    'duplicated',
    (run) => run.records.push(one(only(run, 'told'), ({ client }) => client === 'b1')),
  ],
  [
    'tells an application of messages backwards',
    'C6',
    'out of order',
    (run) => {
      const [one, other] = only(run, 'told').filter(({ client, conv }) => client === 'b1' && conv === 'g');
      change(run, one!, { seq: other!.seq });
      change(run, other!, { seq: one!.seq });
    },
  ],
  [
    'passes a message over',
    'C6',
    'lost',
    (run) => swapIn<HistoryRecord>(run.records, only(run, 'told').filter(({ client }) => client === 'b1')[5]!),
  ],
  [
    'tells an application of what was written before it came',
    'C7',
    'leaked',
    (run) =>
      change(
        run,
        one(only(run, 'told'), ({ client }) => client === 'd1'),
        { seq: 2 },
      ),
  ],
  [
    'goes on showing a conversation to one who was removed',
    'C9',
    'leaked',
    (run) => relist(run, list(run, 'd1', 'h'), () => [{ seq: 1, id: 'h-0', hash: 'notice' }]),
  ],
  [
    'shows a message that is not there',
    'C9',
    'wrong',
    (run) => relist(run, list(run, 'b1', 'p'), (rows) => [...rows, { seq: 999, id: 'phantom', hash: 'x' }]),
  ],
  [
    'counts unread from a stale cursor',
    'C11',
    'wrong',
    (run) => change(run, list(run, 'b1', 'g'), { unread: 3 + list(run, 'b1', 'g').unread }),
  ],
  [
    'never answers',
    'C13',
    'wrong',
    (run) => void run.records.push({ ...invokes(run)[0]!, op: 9_999, id: 'unanswered' }),
  ],
  [
    'answers too late',
    'C13',
    'wrong',
    (run) => {
      const { ack } = acked(run);
      swapIn<HistoryRecord>(run.records, ack);
      run.records.push({ ...ack, at: ack.at + 2_000 });
    },
  ],
];

describe('the checker', () => {
  it('finds nothing in a clean run, and counts it', () => {
    const run = cleanRun();
    const { violations, report, recoveriesMs } = judged(run);
    expect(violations).toEqual([]);
    expect(recoveriesMs).toHaveLength(2);
    expect(report).toMatch(
      /^96 sends, 2 faults: 95 acked, 0 lost, 0 duplicated, 0 out of order, 0 leaked; 2 ambiguous \(1 had committed\); recovery \d+\/\d+\/\d+ ms$/,
    );
  });

  it.each(bugs)('catches a server that %s (%s, %s)', (_what, condition, harm, plant) => {
    const run = cleanRun();
    plant(run);
    const { violations, report } = judged(run);
    expect(violations.map((found) => `${found.condition} ${found.harm}`)).toContain(`${condition} ${harm}`);
    if (harm !== 'wrong') expect(report).not.toContain(` 0 ${harm}`);
  });

  it('has a bug for each condition that it judges, and says which it does not judge', () => {
    expect(new Set(bugs.map(([, condition]) => condition))).toEqual(new Set(JUDGED));
    expect([...JUDGED, ...Object.keys(NOT_JUDGED_YET)]).toHaveLength(14);
  });

  it('judges a hundred thousand records within a second or two', () => {
    const { records, dump } = cleanRun();
    const many = { conversations: [], messages: [], members: [] } as Run['dump'];
    const all: HistoryRecord[] = [];
    const name = (round: number, text: string) => `${round} ${text}`;
    for (let round = 0; all.length < 100_000; round++) {
      for (const record of records) {
        const scoped = 'conv' in record ? { ...record, conv: name(round, record.conv) } : record;
        all.push('op' in scoped ? { ...scoped, op: scoped.op + round * 1_000 } : scoped);
      }
      many.conversations.push(...dump.conversations.map((one) => ({ ...one, id: name(round, one.id) })));
      many.messages.push(...dump.messages.map((one) => ({ ...one, conv: name(round, one.conv) })));
      many.members.push(...dump.members.map((one) => ({ ...one, conv: name(round, one.conv) })));
    }
    const began = process.threadCpuUsage(); // others may have the machine meanwhile
    expect(judged({ records: all, dump: many }).violations).toEqual([]);
    const { user, system } = process.threadCpuUsage(began);
    expect((user + system) / 1_000).toBeLessThan(5_000);
  });
});
