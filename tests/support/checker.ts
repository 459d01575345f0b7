import type { Dump, DumpedMessage, HistoryRecord, SendInvoke } from './history.ts';
import { type Attempt, indexed, type Indexed, type Sent } from './history-index.ts';

/** The conditions that this judges; each is said where it is judged. The others need pushes, presence or a process to look at. */
export const JUDGED = ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8', 'C9', 'C11', 'C13'] as const;
export const NOT_JUDGED_YET = {
  C10: 'pushes do not exist yet',
  C12: 'presence is not in the history yet',
  C14: 'memory, descriptors and keys are measured by the soak',
} as const;
export type Condition = (typeof JUDGED)[number];
export type Harm = 'lost' | 'duplicated' | 'out of order' | 'leaked' | 'wrong';

export interface Violation {
  readonly condition: Condition;
  readonly harm: Harm;
  readonly what: string;
}

export interface Judgement {
  readonly violations: readonly Violation[];
  readonly report: string;
  readonly ambiguous: number;
  readonly committed: number;
  readonly acked: number;
  /** After each fault until every client had something that was sent after it; where that is not known, until the first ack. */
  readonly recoveriesMs: readonly number[];
  readonly recoveries: readonly Recovery[];
}

export interface Recovery {
  readonly kind: string;
  /** Until the first ack of anything. */
  readonly ackMs: number;
  readonly acrossMs: number | undefined;
  readonly convergedMs: number | undefined;
}

export interface Bounds {
  /** In which every operation resolves. */
  readonly operationMs: number;
}

/** Judges a run. Sorting is the dearest thing it does. */
export const judge = (records: readonly HistoryRecord[], dump: Dump, bounds: Bounds): Judgement => {
  const index = indexed(records, dump);
  const violations: Violation[] = [];
  const find = (condition: Condition, harm: Harm, what: string) => void violations.push({ condition, harm, what });
  judgeStored(index, find);
  judgeChanges(index, find);
  judgeNumbers(index, find);
  judgeOrder(index, find);
  judgeReceived(index, find);
  judgeTold(index, find);
  judgePages(index, find);
  judgeShown(index, find);
  judgeTimes(index, bounds, find);
  return { violations, ...reported(index, violations) };
};

type Find = (condition: Condition, harm: Harm, what: string) => void;

/** C1 and C2: what was acked is stored as acked, what is stored was sent so, what was refused is not stored. */
const judgeStored = ({ sent, stored, dump }: Indexed, find: Find): void => {
  for (const [key, message] of sent) {
    const row = stored.get(key);
    const acks = message.attempts.filter((attempt) => attempt.ack);
    for (const { invoke, ack } of acks) {
      if (!row)
        find('C1', 'lost', `${key} was acked as ${ack!.seq}`); // they were filtered so
      else if (row.seq !== ack!.seq || (ack!.rev ?? row.sentRev) !== row.sentRev)
        find('C1', 'wrong', `${key} was acked as ${ack!.seq}/${ack!.rev}, stored as ${row.seq}/${row.sentRev}`);
      else if (row.hash !== invoke.hash || row.sender !== invoke.user)
        find('C1', 'wrong', `${key} was acked to another body or sender`);
    }
    if (row && message.attempts.filter((attempt) => isOf(row, attempt)).every(isDefinite))
      find('C2', 'wrong', `${key} is stored though nobody may have sent it so, or all were refused`);
    for (const attempt of message.attempts) {
      const acked = acks.some(({ invoke, ack }) => ack!.at < attempt.invoke.at && isOf(invokedAs(invoke), attempt));
      if (acked && isDefinite(attempt))
        find('C2', 'wrong', `${key} was acked and later refused as ${attempt.error!.code}`);
    }
  }
  for (const message of dump.messages)
    if (!message.notice && !sent.has(keyOf(message)))
      find('C2', 'wrong', `${keyOf(message)} is stored and was never sent`);
};

const isOf = (row: Pick<DumpedMessage, 'hash' | 'sender'>, { invoke }: Attempt) =>
  row.hash === invoke.hash && row.sender === invoke.user;
const invokedAs = (invoke: SendInvoke) => ({ hash: invoke.hash, sender: invoke.user });
const isDefinite = ({ error }: Attempt) => error?.outcome === 'definite';

/** C1 and C2 of edits and deletions: the last one that was acked stands, unless nobody knows of a later one. */
const judgeChanges = ({ changes, stored }: Indexed, find: Find): void => {
  for (const [key, row] of stored) {
    if (row.notice) continue;
    let possible: readonly (string | null)[] = [row.hash];
    let acked = false;
    for (const { invoke, end } of changes.get(key) ?? []) {
      if (end?.type === 'change.ack') {
        possible = [invoke.hash];
        acked = true;
        if (end.rev > row.rev) find('C1', 'lost', `${key} was changed as rev ${end.rev}, stored as ${row.rev}`);
      } else if (end?.outcome !== 'definite') possible = [...possible, invoke.hash];
    }
    if (!possible.includes(row.present))
      find(acked ? 'C1' : 'C2', acked ? 'lost' : 'wrong', `${key} is not what it was last changed to`);
  }
};

/** C3: numbers from 1 without a hole, each id once. */
const judgeNumbers = ({ logs, dump, changedOtherwise }: Indexed, find: Find): void => {
  for (const { id, seq, rev } of dump.conversations) {
    const log = logs.get(id) ?? [];
    const ids = new Set(log.map((message) => message.id));
    if (ids.size < log.length) find('C3', 'duplicated', `${id} holds an id twice`);
    let last = 0;
    for (const [at, message] of log.entries()) {
      if (message.seq !== at + 1)
        find('C3', message.seq < at + 1 ? 'duplicated' : 'lost', `${id} has ${message.seq} where ${at + 1} belongs`);
      if (message.sentRev <= last)
        find('C3', 'out of order', `${id}: rev ${message.sentRev} of ${message.seq} is not after ${last}`);
      if (message.rev < message.sentRev || message.rev > rev)
        find('C3', 'wrong', `${id}: ${message.seq} has rev ${message.rev} of ${rev}`);
      last = message.sentRev;
    }
    if (seq !== log.length) find('C3', 'lost', `${id} counts ${seq} and holds ${log.length}`);
    const opening = log[0]?.notice?.event === 'conversation.created' ? 0 : 1; // a private one's first rev has no entry
    if (!changedOtherwise.has(id) && rev !== log.length + opening)
      find('C3', 'lost', `${id} counts ${rev} changes and holds ${log.length}`);
  }
};

/** C5: who was acked before another was sent stands before it; one client's messages keep its order. */
const judgeOrder = ({ logs, sent }: Indexed, find: Find): void => {
  for (const log of logs.values()) {
    let latest: { readonly at: number; readonly key: string } | undefined;
    const lanes = new Map<string, { at: number; key: string }>();
    for (const message of log) {
      const key = keyOf(message);
      const own = sent.get(key);
      const first = own && firstOf(own, message);
      if (!first || isGivenUp(own)) continue;
      const ackedAt = Math.min(...own.attempts.map(({ ack }) => ack?.at ?? Infinity));
      if (latest && ackedAt < latest.at)
        find('C5', 'out of order', `${key} was acked before ${latest.key} was sent and stands after it`);
      const before = lanes.get(first.client);
      if (before && first.at < before.at)
        find('C5', 'out of order', `${first.client} sent ${key} before ${before.key}`);
      if (!before || first.at > before.at) lanes.set(first.client, { at: first.at, key });
      if (!latest || first.at > latest.at) latest = { at: first.at, key };
    }
  }
};

/** Refused in the end while nobody knew of an earlier try: that one may come at any time. */
const isGivenUp = ({ attempts }: Sent) => isDefinite(attempts.at(-1)!) && attempts.some(({ ack }) => !ack); // never empty

const firstOf = (sent: Sent, row: DumpedMessage): SendInvoke | undefined =>
  sent.attempts.find((attempt) => isOf(row, attempt))?.invoke;

/** C6 and C7: nobody is told twice, backwards, wrongly, or what is not for them. */
const judgeReceived = ({ received, stored, intervals }: Indexed, find: Find): void => {
  const lastRevs = new Map<string, number>();
  for (const record of received) {
    const { client, user, conv, rev, seq, id, hash, at } = record;
    const what = `${client} got ${conv} rev ${rev}`;
    const cursor = `${client} ${conv}`;
    const last = lastRevs.get(cursor) ?? 0;
    if (rev <= last) find('C6', rev === last ? 'duplicated' : 'out of order', `${what} after ${last}`);
    lastRevs.set(cursor, Math.max(last, rev));

    const row = stored.get(keyOf({ conv, id }));
    if (!row) find('C6', 'wrong', `${what} of ${id}, which is not stored`);
    else if (row.seq !== seq) find('C6', 'out of order', `${what} with seq ${seq}, stored as ${row.seq}`);
    else if (hash !== undefined && rev === row.rev && hash !== row.present)
      find('C6', 'wrong', `${what} with another content`);
    else if (hash !== undefined && rev === row.sentRev && hash !== row.hash)
      find('C6', 'wrong', `${what} with another content`);

    const entitled = (intervals.get(`${conv} ${user}`) ?? []).some(
      (one) => one.earliest <= at && rev <= one.leftRev && (hash === undefined || seq >= one.firstSeq),
    );
    if (!entitled) find('C7', 'leaked', what);
  }
};

/** C6 of an application: each new message of the others is told once and in order, and none is passed over. */
const judgeTold = ({ told, logs, intervals }: Indexed, find: Find): void => {
  for (const [place, records] of told) {
    const { client, user, conv } = records[0]!; // never empty
    const seqs = records.map(({ seq }) => seq);
    if (new Set(seqs).size < seqs.length) find('C6', 'duplicated', `${place} was told twice of a message`);
    else if (seqs.some((seq, at) => at > 0 && seq < seqs[at - 1]!)) find('C6', 'out of order', `${place} was told`); // at is above 0
    const stays = intervals.get(`${conv} ${user}`) ?? [];
    for (const { seq, at } of records)
      if (!stays.some((one) => one.earliest <= at && seq >= one.firstSeq)) find('C7', 'leaked', `${place} ${seq}`);
    if (stays.length !== 1 || stays[0]!.joinedRev > 1 || stays[0]!.leftRev < Infinity) continue; // one
    const known = new Set(seqs);
    for (const { seq, sender, notice, present } of logs.get(conv) ?? [])
      if (seq > seqs[0]! && sender !== user && !notice && present !== null && !known.has(seq))
        find('C6', 'lost', `${client} was never told of ${seq} in ${conv}`);
  }
};

/** C7 and C8 for who asks: all that was acked before is there, and nothing for those who had gone. */
const judgePages = ({ pages, stored, ackedUpTo, intervals }: Indexed, find: Find): void => {
  for (const { client, user, conv, invokedAt, from, to, rows } of pages) {
    const what = `the page of ${client} in ${conv} from ${from}`;
    const mine = intervals.get(`${conv} ${user}`) ?? [];
    const possible = mine.filter((one) => one.earliest <= invokedAt + PAGE_TAKES && invokedAt <= one.latest);
    const certain = mine.filter((one) => one.joinedBy <= invokedAt && one.leavingFrom === Infinity);
    const first = Math.max(from, Math.min(...possible.map((one) => one.firstSeq)));
    for (const row of rows) {
      if (possible.length === 0 || row.seq < first) find('C7', 'leaked', `${what} has ${row.seq}`);
      if (stored.get(keyOf({ conv, id: row.id }))?.seq !== row.seq)
        find('C8', 'wrong', `${what} has ${row.id} as ${row.seq}`);
    }
    if (certain.length === 0) continue;
    const shown = new Set(rows.map(({ seq }) => seq));
    const last = Math.min(to ?? Infinity, ackedUpTo(conv, invokedAt));
    for (let seq = first; seq <= last; seq++)
      if (!shown.has(seq)) find('C8', 'lost', `${what} lacks ${seq}, acked before`);
  }
};

/** Unread messages are counted up to here. */
const UNREAD_LIMIT = 1_000;

/** A page asked just before its reader joins may be answered after. */
const PAGE_TAKES = 5_000;

/** C4, C9 and C11: at the end everybody sees what the database holds for them, once, in its order. */
const judgeShown = ({ shown, logs, members }: Indexed, find: Find): void => {
  for (const { client, user, conv, rows, unread, from = 0 } of shown.values()) {
    const what = `${client} shows ${conv}`;
    const member = members.get(`${conv} ${user}`);
    if (!member?.active) {
      if (rows.length > 0) find('C9', 'leaked', `${what} though ${user} is no member`);
      continue;
    }
    const visible = (logs.get(conv) ?? []).filter(({ seq }) => seq >= member.firstSeq);
    if (new Set(rows.map(({ id }) => id)).size < rows.length) find('C6', 'duplicated', `${what} with an id twice`);
    if (rows.some((row, at) => at > 0 && row.seq <= rows[at - 1]!.seq)) find('C4', 'out of order', what); // at is above 0
    const held = new Map(rows.map((row) => [row.id, row]));
    for (const message of visible.filter(({ seq }) => seq >= from)) {
      const row = held.get(message.id);
      if (!row) find('C9', 'lost', `${what} without ${message.seq}`);
      else if (row.seq !== message.seq || row.hash !== message.present)
        find('C9', 'wrong', `${what} with another ${message.seq}`);
    }
    const known = new Set(visible.map(({ id }) => id));
    for (const { id, seq } of rows)
      if (!known.has(id)) find('C9', seq < member.firstSeq ? 'leaked' : 'wrong', `${what} with ${seq} ${id}`);
    const counts = (message: DumpedMessage) =>
      message.seq > member.readSeq && message.sender !== user && !message.notice && message.present !== null;
    const expected = Math.min(visible.filter(counts).length, UNREAD_LIMIT);
    if (unread !== expected) find('C11', 'wrong', `${what} with ${unread} unread of ${expected}`);
  }
};

/** C13: nothing hangs. */
const judgeTimes = ({ operations }: Indexed, { operationMs }: Bounds, find: Find): void => {
  for (const { what, invokedAt, endedAt } of operations)
    if (endedAt === undefined || endedAt - invokedAt > operationMs)
      find(
        'C13',
        'wrong',
        `${what} ${endedAt === undefined ? 'never ended' : `took ${Math.round(endedAt - invokedAt)} ms`}`,
      );
};

const reported = ({ sent, stored, faults, settled, ackTimes }: Indexed, violations: readonly Violation[]) => {
  const messages = [...sent];
  const acked = messages.filter(([, { attempts }]) => attempts.some(({ ack }) => ack)).length;
  const unknown = messages.filter(([, { attempts }]) => attempts.some(({ error }) => error?.outcome === 'ambiguous'));
  const cleared = unknown.filter(([key, { attempts }]) => {
    const ack = attempts.find((attempt) => attempt.ack)?.ack;
    return ack ? ack.duplicate : stored.has(key);
  });
  // What a client never knew, and what the server found out before it answered.
  const ambiguous = settled.reduce((sum, batch) => sum + batch.ambiguous, unknown.length);
  const committed = settled.reduce((sum, batch) => sum + batch.committed, cleared.length);
  const recoveries = faults.flatMap(({ kind, endedAt, acrossMs, convergedMs }): Recovery[] => {
    const next = ackTimes.find((at) => at >= endedAt);
    return next === undefined ? [] : [{ kind, ackMs: next - endedAt, acrossMs, convergedMs }];
  });
  const recoveriesMs = recoveries.map(({ ackMs, convergedMs }) => convergedMs ?? ackMs);
  const harms = (harm: Harm) => violations.filter((violation) => violation.harm === harm).length;
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => Math.round(quantile(recoveriesMs, share)));
  const report =
    `${messages.length} sends, ${faults.length} faults: ${acked} acked, ${harms('lost')} lost, ${harms('duplicated')} duplicated, ` +
    `${harms('out of order')} out of order, ${harms('leaked')} leaked; ${ambiguous} ambiguous (${committed} had committed); ` +
    `recovery ${p50}/${p99}/${max} ms`;
  return { report, acked, ambiguous, committed, recoveriesMs, recoveries };
};

export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0;

const keyOf = ({ conv, id }: { readonly conv: string; readonly id: string }) => `${conv} ${id}`;
