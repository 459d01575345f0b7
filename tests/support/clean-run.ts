import type { Dump, DumpedMember, DumpedMessage, HistoryRecord, Untimed } from './history.ts';

export interface Run {
  readonly records: HistoryRecord[];
  readonly dump: { -readonly [Part in keyof Dump]: Dump[Part][number][] };
}

interface Simulated {
  rev: number;
  readonly log: DumpedMessage[];
  readonly members: Map<string, DumpedMember>;
  readonly historyVisible: boolean;
}

const CLIENTS: Readonly<Record<string, string>> = { a1: 'ann', a2: 'ann', b1: 'ben', c1: 'cleo', d1: 'dan' };

/**
 * A run of a server that keeps all promises, small enough to plant bugs into: a group where all is visible (g), one where
 * it is not (h) and a private conversation (p); resends, ambiguous ends, refusals, edits, a deletion, members who go and come.
 */
export const cleanRun = (): Run => {
  const run = new CleanRun();
  for (let round = 0; round < 12; round++) {
    for (const [client, conv] of [
      ['a1', 'g'],
      ['b1', 'g'],
      ['a2', 'h'],
      ['c1', 'g'],
      ['b1', 'p'],
    ] as const)
      run.send(client, conv);
    run.pipeline('a1', 'g', 3);
    if (round === 1) run.add('h', 'ann', 'dan');
    if (round === 2) run.ambiguous('b1', 'g', true);
    if (round === 3) run.ambiguous('b1', 'g', false);
    if (round === 4) run.remove('g', 'ann', 'cleo');
    if (round === 5) run.refused('c1', 'g');
    if (round === 7) run.add('g', 'ann', 'cleo');
    if (round === 8) run.edit('g', 5, 'edited');
    if (round === 8) run.edit('h', 2, 'edited early');
    if (round === 9) run.edit('g', 6, null);
    if (round === 10) run.remove('h', 'ann', 'dan');
    run.read('ben', 'g', 4 * round);
    run.page('b1', 'g', 1);
    run.page('d1', 'h', 1);
  }
  return run.end();
};

class CleanRun {
  readonly #records: HistoryRecord[] = [];
  #at = 0;
  #op = 0;
  #id = 0;
  readonly #convs = new Map<string, Simulated>([
    ['g', this.#opened('g', ['ann', 'ben', 'cleo'], true, true)],
    ['h', this.#opened('h', ['ann', 'ben'], false, true)],
    ['p', this.#opened('p', ['ann', 'ben'], true, false)],
  ]);

  send(client: string, conv: string): void {
    if (!this.#member(conv, CLIENTS[client]!)?.active) return; // a client of the list
    const sent = this.#invoke(client, conv);
    this.#ack(sent, this.#store(conv, sent), false);
  }

  pipeline(client: string, conv: string, count: number): void {
    const sends = Array.from({ length: count }, () => this.#invoke(client, conv));
    for (const sent of sends) this.#ack(sent, this.#store(conv, sent), false);
  }

  /** An error that says nothing, then the same again. */
  ambiguous(client: string, conv: string, committed: boolean): void {
    const sent = this.#invoke(client, conv);
    const row = committed ? this.#store(conv, sent) : undefined;
    this.#tell({ type: 'send.err', op: sent.op, outcome: 'ambiguous', code: 'unavailable' });
    this.#tell({ type: 'fault', kind: 'kill', endedAt: this.#at + 1 });
    const again = this.#invoke(client, conv, sent.id, sent.hash);
    this.#ack(again, row ?? this.#store(conv, again), committed);
  }

  refused(client: string, conv: string): void {
    const sent = this.#invoke(client, conv);
    this.#tell({ type: 'send.err', op: sent.op, outcome: 'definite', code: 'not_found' });
  }

  edit(conv: string, seq: number, present: string | null): void {
    const simulated = this.#conv(conv);
    const message = simulated.log[seq - 1]!; // the caller counts
    const edited = { ...message, present, rev: ++simulated.rev };
    const op = ++this.#op;
    this.#tell({ type: 'change.invoke', op, client: 'a1', user: message.sender, conv, id: message.id, hash: present });
    simulated.log[seq - 1] = edited;
    this.#deliver(conv, edited);
    this.#tell({ type: 'change.ack', op, rev: edited.rev });
  }

  add(conv: string, by: string, user: string): void {
    const { rev, seq } = this.#change(conv, by, user, 'add', 'members.added');
    const { members, historyVisible } = this.#conv(conv);
    members.set(user, { conv, user, active: true, firstSeq: historyVisible ? 1 : seq, readSeq: seq - 1 });
    this.#deliver(conv, this.#conv(conv).log[seq - 1]!); // it was just stored
    this.#tell({ type: 'member.ack', op: this.#op, rev });
  }

  remove(conv: string, by: string, user: string): void {
    const { rev, seq } = this.#change(conv, by, user, 'remove', 'member.removed');
    this.#deliver(conv, this.#conv(conv).log[seq - 1]!); // it was just stored
    const { members } = this.#conv(conv);
    members.set(user, { ...members.get(user)!, active: false }); // they were one
    this.#tell({ type: 'member.ack', op: this.#op, rev });
  }

  read(user: string, conv: string, readSeq: number): void {
    const { members } = this.#conv(conv);
    members.set(user, { ...members.get(user)!, readSeq }); // never removed
  }

  page(client: string, conv: string, from: number): void {
    const user = CLIENTS[client]!; // a client of the list
    const invokedAt = ++this.#at;
    const member = this.#member(conv, user);
    const rows = member?.active ? this.#visible(conv, user).filter(({ seq }) => seq >= from) : [];
    this.#tell({ type: 'page', client, user, conv, invokedAt, from, rows });
  }

  end(): Run {
    for (const conv of this.#convs.keys())
      for (const [client, user] of Object.entries(CLIENTS)) {
        const member = this.#member(conv, user);
        if (!member) continue;
        const rows = member.active ? this.#visible(conv, user) : [];
        const unread = this.#conv(conv).log.filter(
          (one) =>
            member.active &&
            one.seq > member.readSeq &&
            one.seq >= member.firstSeq &&
            one.sender !== user &&
            !one.notice &&
            one.present !== null,
        ).length;
        this.#tell({ type: 'shown', client, user, conv, rows, unread });
      }
    const all = [...this.#convs];
    return {
      records: this.#records,
      dump: {
        conversations: all.map(([id, { log, rev, historyVisible }]) => ({ id, seq: log.length, rev, historyVisible })),
        messages: all.flatMap(([, { log }]) => log),
        members: all.flatMap(([, { members }]) => [...members.values()]),
      },
    };
  }

  #opened(conv: string, users: readonly string[], historyVisible: boolean, group: boolean): Simulated {
    const members = new Map(users.map((user) => [user, { conv, user, active: true, firstSeq: 1, readSeq: 0 }]));
    const notice = { event: 'conversation.created', users: [] };
    const opening = {
      conv,
      id: `${conv}-0`,
      seq: 1,
      sentRev: 1,
      rev: 1,
      sender: 'ann',
      hash: 'notice',
      present: 'notice',
      notice,
    };
    return { rev: 1, log: group ? [opening] : [], members, historyVisible };
  }

  #conv(conv: string): Simulated {
    return this.#convs.get(conv)!; // g, h or p
  }

  #member(conv: string, user: string): DumpedMember | undefined {
    return this.#conv(conv).members.get(user);
  }

  #visible(conv: string, user: string) {
    const { firstSeq } = this.#member(conv, user)!; // asked for members only
    return this.#conv(conv)
      .log.filter(({ seq }) => seq >= firstSeq)
      .map(({ seq, id, present }) => ({ seq, id, hash: present }));
  }

  #tell(record: Untimed): void {
    this.#records.push({ ...record, at: ++this.#at } as HistoryRecord); // the only thing that is missing
  }

  #invoke(client: string, conv: string, id = `m${++this.#id}`, hash = `hash of ${id}`) {
    const sent = { client, user: CLIENTS[client]!, conv, op: ++this.#op, id, hash }; // a client of the list
    this.#tell({ type: 'send.invoke', ...sent });
    return sent;
  }

  #ack({ op }: { op: number }, row: DumpedMessage, duplicate: boolean): void {
    this.#tell({ type: 'send.ack', op, seq: row.seq, rev: row.sentRev, duplicate });
  }

  #store(conv: string, { id, user, hash }: { id: string; user: string; hash: string }): DumpedMessage {
    const simulated = this.#conv(conv);
    const rev = ++simulated.rev;
    const row = { conv, id, seq: simulated.log.length + 1, sentRev: rev, rev, sender: user, hash, present: hash };
    simulated.log.push(row);
    this.#deliver(conv, row);
    return row;
  }

  #change(
    conv: string,
    by: string,
    user: string,
    change: 'add' | 'remove',
    event: string,
  ): { rev: number; seq: number } {
    this.#tell({ type: 'member.invoke', op: ++this.#op, conv, user, change });
    const simulated = this.#conv(conv);
    const [rev, seq] = [++simulated.rev, simulated.log.length + 1];
    const notice = { event, users: [user] };
    simulated.log.push({
      conv,
      id: `${conv}-${rev}`,
      seq,
      sentRev: rev,
      rev,
      sender: by,
      hash: 'notice',
      present: 'notice',
      notice,
    });
    return { rev, seq };
  }

  /** To every client of a member; who may not see the entry hears of its rev without content. */
  #deliver(conv: string, row: DumpedMessage): void {
    for (const [client, user] of Object.entries(CLIENTS)) {
      const member = this.#member(conv, user);
      if (!member?.active) continue;
      const { rev, seq, id, present } = row;
      const shown = seq >= member.firstSeq && present !== null ? { hash: present } : {};
      this.#tell({ type: 'recv', client, user, conv, rev, seq, id, ...shown });
      const isNew = rev === row.sentRev && !row.notice && row.sender !== user && seq >= member.firstSeq;
      if (isNew) this.#tell({ type: 'told', client, user, conv, seq, id });
    }
  }
}
