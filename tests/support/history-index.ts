import type {
  ChangeAck,
  ChangeError,
  ChangeInvoke,
  Dump,
  DumpedMember,
  DumpedMessage,
  Fault,
  HistoryRecord,
  MemberInvoke,
  PageRead,
  Received,
  SendAck,
  SendError,
  SendInvoke,
  Settled,
  ShownList,
  Told,
} from './history.ts';

export interface Attempt {
  readonly invoke: SendInvoke;
  ack?: SendAck;
  error?: SendError;
}
export interface Sent {
  readonly attempts: Attempt[];
}

export interface Change {
  readonly invoke: ChangeInvoke;
  end?: ChangeAck | ChangeError;
}

/** One stay of a user in a conversation, by rev, and what is known of when it began and ended. */
export interface Interval {
  readonly joinedRev: number;
  /** Infinity while it lasts. */
  readonly leftRev: number;
  readonly firstSeq: number;
  /** Not before it was asked for. */
  readonly earliest: number;
  /** When it certainly had begun. */
  readonly joinedBy: number;
  /** When it was asked to end; Infinity while it lasts. */
  readonly leavingFrom: number;
  /** When it certainly had ended. */
  readonly latest: number;
}

interface Operation {
  readonly what: string;
  readonly invokedAt: number;
  endedAt: number | undefined;
}

export interface Indexed {
  readonly dump: Dump;
  /** By conversation and id. */
  readonly sent: ReadonlyMap<string, Sent>;
  readonly stored: ReadonlyMap<string, DumpedMessage>;
  /** By conversation, in the order of `seq`. */
  readonly logs: ReadonlyMap<string, readonly DumpedMessage[]>;
  /** By conversation and user. */
  readonly members: ReadonlyMap<string, DumpedMember>;
  readonly intervals: ReadonlyMap<string, readonly Interval[]>;
  /** By conversation and id, in the order in which they were asked for. */
  readonly changes: ReadonlyMap<string, readonly Change[]>;
  readonly received: readonly Received[];
  /** By client and conversation. */
  readonly told: ReadonlyMap<string, readonly Told[]>;
  readonly pages: readonly PageRead[];
  /** The last of each client and conversation. */
  readonly shown: ReadonlyMap<string, ShownList>;
  readonly operations: readonly Operation[];
  readonly faults: readonly Fault[];
  readonly settled: readonly Settled[];
  readonly ackTimes: readonly number[];
  /** Conversations with changes that leave no entry of their own: edits and deletions. */
  readonly changedOtherwise: ReadonlySet<string>;
  /** The greatest seq that was acked before a moment. */
  ackedUpTo(conv: string, at: number): number;
}

export const indexed = (records: readonly HistoryRecord[], dump: Dump): Indexed => {
  const sent = new Map<string, Sent>();
  const attempts = new Map<number, Attempt>();
  const operations = new Map<number, Operation>();
  const memberCalls = new Map<number, MemberInvoke>();
  const memberChanges = new Map<string, MemberChange>();
  const changes = new Map<string, Change[]>();
  const changing = new Map<number, Change>();
  const received: Received[] = [];
  const told = new Map<string, Told[]>();
  const pages: PageRead[] = [];
  const shown = new Map<string, ShownList>();
  const faults: Fault[] = [];
  const settled: Settled[] = [];
  const ackTimes: number[] = [];
  const acks = new Map<string, { at: number; upTo: number }[]>();

  for (const record of records) {
    if ('op' in record && !record.type.endsWith('.invoke')) {
      const operation = operations.get(record.op);
      if (operation) operation.endedAt = record.at;
    }
    switch (record.type) {
      case 'send.invoke': {
        const key = `${record.conv} ${record.id}`;
        const attempt: Attempt = { invoke: record };
        attempts.set(record.op, attempt);
        operations.set(record.op, { what: `the send of ${key}`, invokedAt: record.at, endedAt: undefined });
        const known = sent.get(key);
        if (known) known.attempts.push(attempt);
        else sent.set(key, { attempts: [attempt] });
        break;
      }
      case 'send.ack': {
        const attempt = attempts.get(record.op);
        if (!attempt) throw new Error(`an ack without a send: ${record.op}`);
        attempt.ack = record;
        ackTimes.push(record.at);
        const known = acks.get(attempt.invoke.conv);
        if (known)
          known.push({ at: record.at, upTo: Math.max(record.seq, known.at(-1)!.upTo) }); // never empty
        else acks.set(attempt.invoke.conv, [{ at: record.at, upTo: record.seq }]);
        break;
      }
      case 'send.err': {
        const attempt = attempts.get(record.op);
        if (!attempt) throw new Error(`an error without a send: ${record.op}`);
        attempt.error = record;
        break;
      }
      case 'member.invoke':
        memberCalls.set(record.op, record);
        operations.set(record.op, {
          what: `${record.change} ${record.user}`,
          invokedAt: record.at,
          endedAt: undefined,
        });
        break;
      case 'member.ack': {
        const call = memberCalls.get(record.op);
        if (call) memberChanges.set(`${call.conv} ${record.rev}`, { invokedAt: call.at, ackedAt: record.at });
        break;
      }
      case 'change.invoke': {
        const change: Change = { invoke: record };
        changing.set(record.op, change);
        operations.set(record.op, { what: `a change of ${record.id}`, invokedAt: record.at, endedAt: undefined });
        append(changes, `${record.conv} ${record.id}`, change);
        break;
      }
      case 'change.ack':
      case 'change.err': {
        const change = changing.get(record.op);
        if (!change) throw new Error(`the end of no change: ${record.op}`);
        change.end = record;
        break;
      }
      case 'told':
        append(told, `${record.client} ${record.conv}`, record);
        break;
      case 'recv':
        received.push(record);
        break;
      case 'page':
        pages.push(record);
        break;
      case 'shown':
        shown.set(`${record.client} ${record.conv}`, record);
        break;
      case 'settled':
        settled.push(record);
        break;
      case 'fault':
        faults.push(record);
        break;
      case 'member.err':
      case 'open':
      case 'close':
        break;
    }
  }

  const logs = logsOf(dump);
  return {
    ...{ dump, sent, changes, logs, received, told, pages, shown, faults, settled, ackTimes },
    stored: new Map(dump.messages.map((message) => [`${message.conv} ${message.id}`, message])),
    members: new Map(dump.members.map((member) => [`${member.conv} ${member.user}`, member])),
    operations: [...operations.values()],
    intervals: intervalsOf(dump, logs, memberChanges),
    changedOtherwise: new Set(dump.messages.flatMap(({ conv, rev, sentRev }) => (rev > sentRev ? [conv] : []))),
    ackedUpTo: (conv, at) => greatestBefore(acks.get(conv) ?? [], at),
  };
};

const append = <K, T>(lists: Map<K, T[]>, key: K, item: T): void => {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
};

const logsOf = (dump: Dump): ReadonlyMap<string, readonly DumpedMessage[]> => {
  const logs = new Map<string, DumpedMessage[]>();
  for (const message of dump.messages.toSorted((a, b) => a.seq - b.seq)) append(logs, message.conv, message);
  return logs;
};

interface MemberChange {
  readonly invokedAt: number;
  readonly ackedAt: number;
}

/** From the entries of the log, which tell of every change of the members; who is a member without one was so from the start. */
const intervalsOf = (
  dump: Dump,
  logs: ReadonlyMap<string, readonly DumpedMessage[]>,
  changes: ReadonlyMap<string, MemberChange>,
): ReadonlyMap<string, readonly Interval[]> => {
  const intervals = new Map<string, Interval[]>();
  const visible = new Map(dump.conversations.map(({ id, historyVisible }) => [id, historyVisible]));
  const start = {
    joinedRev: 1,
    leftRev: Infinity,
    firstSeq: 1,
    earliest: 0,
    joinedBy: 0,
    leavingFrom: Infinity,
    latest: Infinity,
  };
  for (const { conv, user } of dump.members) {
    const stays: Interval[] = [];
    const told = (logs.get(conv) ?? []).filter(({ notice }) => notice?.users.includes(user));
    const joins = ({ notice }: DumpedMessage) => notice?.event === 'members.added';
    const [first] = told;
    if (!first || !joins(first)) stays.push(start);
    for (const message of told) {
      const change = changes.get(`${conv} ${message.sentRev}`);
      if (joins(message)) {
        const firstSeq = visible.get(conv) ? 1 : message.seq;
        const [earliest, joinedBy] = [change?.invokedAt ?? 0, change?.ackedAt ?? Infinity];
        stays.push({ ...start, joinedRev: message.sentRev, firstSeq, earliest, joinedBy });
      } else if (message.notice?.event !== 'member.role_changed') {
        const [leavingFrom, latest] = [change?.invokedAt ?? 0, change?.ackedAt ?? Infinity];
        stays.push({ ...stays.pop()!, leftRev: message.sentRev, leavingFrom, latest }); // who leaves had come
      }
    }
    intervals.set(`${conv} ${user}`, stays);
  }
  return intervals;
};

const greatestBefore = (acks: readonly { at: number; upTo: number }[], at: number): number => {
  let low = 0;
  let high = acks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (acks[middle]!.at < at)
      low = middle + 1; // in range
    else high = middle;
  }
  return acks[low - 1]?.upTo ?? 0;
};
