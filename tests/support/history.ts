import { awakeMs } from './awake.ts';

/** What happened in a run, told by whoever did it, with one monotonic clock; and what the database held at the end. */

interface Moment {
  /** Milliseconds; records stand in their order. */
  readonly at: number;
}
interface ByClient extends Moment {
  readonly client: string;
  readonly user: string;
  readonly conv: string;
}
/** Where an operation ends; `op` is that of its beginning. */
interface Ending extends Moment {
  readonly op: number;
}

export type SendInvoke = ByClient & { type: 'send.invoke'; op: number; id: string; hash: string };
/** `rev` where the client says it. */
export type SendAck = Ending & { type: 'send.ack'; seq: number; rev?: number; duplicate: boolean };
/** `definite`: it is not stored and never will be by this attempt. `ambiguous`: nobody knows. */
export type SendError = Ending & { type: 'send.err'; outcome: 'definite' | 'ambiguous'; code: string };

/** A row that a client took over, from an event or a catch-up; what it dropped as known is not told. `hash` is missing where no content was shown. */
export type Received = ByClient & { type: 'recv'; rev: number; seq: number; id: string; hash?: string };
/** A message by somebody else that an application was told of as new. */
export type Told = ByClient & { type: 'told'; seq: number; id: string };

/** An edit or a deletion (`hash` null) of one's own message; those of one message follow each other. */
export type ChangeInvoke = ByClient & { type: 'change.invoke'; op: number; id: string; hash: string | null };
export type ChangeAck = Ending & { type: 'change.ack'; rev: number };
export type ChangeError = Ending & { type: 'change.err'; outcome: 'definite' | 'ambiguous' };

/** A page of history from `from` to `to`, asked at `invokedAt`; without `to` up to the newest. */
export type PageRead = ByClient & {
  type: 'page';
  invokedAt: number;
  from: number;
  to?: number;
  rows: readonly Shown[];
};
export interface Shown {
  readonly seq: number;
  readonly id: string;
  /** Of the present content; null for a deleted one. */
  readonly hash: string | null;
}
/** What a client's user sees at the end. */
export type ShownList = ByClient & {
  type: 'shown';
  rows: readonly Shown[];
  unread: number;
  /** Nothing older was loaded. */
  from?: number;
};

export type MemberInvoke = Moment & {
  type: 'member.invoke';
  op: number;
  conv: string;
  user: string;
  change: 'add' | 'remove';
};
export type MemberAck = Ending & { type: 'member.ack'; rev: number };
export type MemberError = Ending & { type: 'member.err'; outcome: 'definite' | 'ambiguous' };

export type Connection = Moment & ({ type: 'open'; client: string } | { type: 'close'; client: string; code: number });
/** The server itself ran a batch again whose outcome nobody knew, and so learnt it; `committed` of them had been stored. */
export type Settled = Moment & { type: 'settled'; ambiguous: number; committed: number };
export type Fault = Moment & {
  type: 'fault';
  kind: string;
  endedAt: number;
  /** After its end, until what is sent at each node was heard at each; and until every client had something sent after it. */
  acrossMs?: number;
  convergedMs?: number;
};

export type HistoryRecord =
  | SendInvoke
  | SendAck
  | SendError
  | ChangeInvoke
  | ChangeAck
  | ChangeError
  | Received
  | Told
  | PageRead
  | ShownList
  | MemberInvoke
  | MemberAck
  | MemberError
  | Connection
  | Settled
  | Fault;

/** What is told; the history knows when. */
export type Untimed = HistoryRecord extends infer R ? (R extends HistoryRecord ? Omit<R, 'at'> : never) : never;

export interface DumpedMessage {
  readonly conv: string;
  readonly id: string;
  readonly seq: number;
  /** Of the send. */
  readonly sentRev: number;
  /** Of the last change. */
  readonly rev: number;
  readonly sender: string;
  /** Of what was first sent. */
  readonly hash: string;
  /** Of what stands there now; null once deleted. */
  readonly present: string | null;
  /** A system entry; those about members tell the membership history. */
  readonly notice?: { readonly event: string; readonly users: readonly string[] };
}
export interface DumpedMember {
  readonly conv: string;
  readonly user: string;
  readonly active: boolean;
  readonly firstSeq: number;
  readonly readSeq: number;
}
export interface DumpedConversation {
  readonly id: string;
  readonly seq: number;
  readonly rev: number;
  readonly historyVisible: boolean;
}
export interface Dump {
  readonly conversations: readonly DumpedConversation[];
  readonly messages: readonly DumpedMessage[];
  readonly members: readonly DumpedMember[];
}

/** Collects records; time is taken when a record is written. */
export class History {
  readonly records: HistoryRecord[] = [];
  /** Of each record, by the clock that goes only while this process runs. */
  readonly #awakeAt: number[] = [];
  #ops = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  add(record: Untimed): void {
    this.records.push({ ...record, at: this.now() } as HistoryRecord); // the only thing that is missing
    this.#awakeAt.push(awakeMs());
  }

  nextOp(): number {
    return ++this.#ops;
  }

  /** How long each finished operation took, in milliseconds in which this process ran. */
  durations(): readonly number[] {
    const began = new Map<number, number>();
    const durations: number[] = [];
    for (const [place, record] of this.records.entries()) {
      const at = this.#awakeAt[place]!; // one for each
      if (record.type.endsWith('.invoke') && 'op' in record) began.set(record.op, at);
      else if ('op' in record) durations.push(at - (began.get(record.op) ?? at));
    }
    return durations;
  }

  /** For how long each operation has been waiting that has no end yet, likewise. */
  waiting(): readonly number[] {
    const [began, now] = [new Map<number, number>(), awakeMs()];
    for (const [place, record] of this.records.entries()) {
      if (record.type.endsWith('.invoke') && 'op' in record)
        began.set(record.op, this.#awakeAt[place]!); // as above
      else if ('op' in record) began.delete(record.op);
    }
    return [...began.values()].map((at) => now - at);
  }

  /** The codes of sends that failed since a moment. */
  failuresSince(at: number): readonly string[] {
    return this.records.flatMap((record) => (record.type === 'send.err' && record.at >= at ? [record.code] : []));
  }
}
