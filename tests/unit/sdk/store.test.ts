import { describe, expect, it } from 'vitest';
import type { AnyRow, Incoming, ServerEvent } from '../../../clients/sdk/src/index.ts';
import { Lost, Refused } from '../../../clients/sdk/src/link/failures.ts';
import type { OutputOf } from '../../../clients/sdk/src/protocol.ts';
import { settle } from '../../support/manual-timers.ts';
import { aLine, aRow, created, ME, OTHER, PLACE, Stage } from './scripted-link.ts';

const ELSEWHERE = '01a1fc2b-0000-7000-8000-0000000000c2';

const opened = async (stage = new Stage()) => {
  await stage.link.open();
  return stage;
};

const asked = ({ link }: Stage, type: string) => link.log.filter((one) => one.type === type).map(({ data }) => data);

describe('the list', () => {
  it('is ready with its first page, and loaded with its last', async () => {
    const stage = new Stage();
    const { link, client } = stage;
    delete link.answers['conversation.list'];
    await link.open();
    link.answer('conversation.list', { conversations: [aLine()], next: '1' });
    await client.ready;
    expect(client.conversations).toMatchObject({ loaded: false, all: [{ id: PLACE }] });
    const later = aLine(ELSEWHERE, { activeAt: '2026-11-21T01:00:00.000Z' });
    link.answer('conversation.list', { conversations: [later] });
    await settle();
    expect(client.conversations).toMatchObject({ loaded: true, all: [{ id: ELSEWHERE }, { id: PLACE }] });
  });

  it('begins anew when the connection is lost in the middle of it', async () => {
    const stage = new Stage();
    const { link, client } = stage;
    delete link.answers['conversation.list'];
    await link.open();
    link.answer('conversation.list', { conversations: [aLine()], next: '1' });
    await settle();
    link.lose();
    await link.open();
    expect(link.waiting('conversation.list')).toMatchObject([{ data: { archived: true, limit: 100 } }]);
    link.answer('conversation.list', { conversations: [aLine(ELSEWHERE)] });
    await settle();
    expect(client.conversations.loaded).toBe(true);
    // what the first connection had brought is caught up, not believed
    expect(asked(stage, 'sync')).toMatchObject([{ cursors: [[PLACE, 1]] }]);
  });

  it('has who moved up while it was read, and is on none of its pages', async () => {
    const stage = new Stage();
    const { link, client } = stage;
    delete link.answers['conversation.list'];
    await link.open();
    link.answer('conversation.list', { conversations: [aLine()], next: '1' });
    await settle();
    link.event(created(aRow({ seq: 2 }), ELSEWHERE));
    stage.lines = [aLine(ELSEWHERE, { seq: 2, rev: 2, lastMessage: aRow({ seq: 2 }) })];
    link.answer('conversation.list', { conversations: [] });
    await settle();
    expect(client.conversations.get(ELSEWHERE)?.view).toMatchObject({ seq: 2, lastMessage: { text: 'message 2' } });
  });

  it('asks for a conversation that it hears of, once, and not for one that was left', async () => {
    const stage = await opened();
    const { link, client } = stage;
    stage.lines = [aLine(ELSEWHERE)];
    link.event(created(aRow({ seq: 2 }), ELSEWHERE));
    link.event(created(aRow({ seq: 3 }), ELSEWHERE));
    await settle();
    expect(asked(stage, 'conversation.get')).toHaveLength(1);
    expect(client.conversations.get(ELSEWHERE)?.view.seq).toBe(3);
    const { membership } = aLine(ELSEWHERE, {}, { urev: 2, member: false });
    link.event({ type: 'membership.left', data: { urev: 2, membership } });
    link.event(created(aRow({ seq: 4 }), ELSEWHERE));
    await settle();
    expect(client.conversations.get(ELSEWHERE)).toBeUndefined();
    expect(asked(stage, 'conversation.get')).toHaveLength(1);
  });
});

describe('events', () => {
  it('behind a hole wait a second, then the conversation is synced', async () => {
    const stage = await opened();
    const { link, conversation, timers, news } = stage;
    link.event(created(aRow({ seq: 3 })));
    await timers.pass(999);
    expect(conversation.view.seq).toBe(1);
    expect(asked(stage, 'sync')).toEqual([]);
    const rows = [{ kind: 'message', message: aRow({ seq: 2 }) } as const];
    news.set(PLACE, { id: PLACE, upTo: 2, rows, more: false });
    await timers.pass(1);
    expect(asked(stage, 'sync')).toMatchObject([{ cursors: [[PLACE, 1]] }]);
    expect(conversation.view).toMatchObject({ seq: 3, unread: { count: 2 } });
  });

  it('that the hole’s filling arrives for need no sync', async () => {
    const stage = await opened();
    const { link, conversation, timers } = stage;
    for (const seq of [4, 3, 2]) link.event(created(aRow({ seq })));
    expect(conversation.view).toMatchObject({ seq: 4, unread: { count: 3 } });
    await timers.pass(10_000);
    expect(asked(stage, 'sync')).toEqual([]);
  });

  it('that hide something are synced at once, unless it was before one’s time', async () => {
    const stage = new Stage();
    stage.lines = [aLine(PLACE, { seq: 9, rev: 9 }, { firstSeq: 5 })];
    await opened(stage);
    const { link } = stage;
    link.event({ type: 'conversation.advanced', data: { conversationId: PLACE, rev: 10, seq: 4 } });
    await settle();
    expect(asked(stage, 'sync')).toEqual([]);
    link.event({ type: 'conversation.advanced', data: { conversationId: PLACE, rev: 11, seq: 5 } });
    await settle();
    expect(asked(stage, 'sync')).toMatchObject([{ cursors: [[PLACE, 10]] }]);
  });

  it('that stand for others are applied from a cursor that is far enough', async () => {
    const stage = await opened();
    const { link, conversation } = stage;
    const rows = [2, 3].map((seq) => ({ kind: 'message', message: aRow({ seq }) }) as const);
    link.event({ type: 'conversation.changes', data: { conversationId: PLACE, from: 1, upTo: 3, rows } });
    expect(conversation.view.unread.count).toBe(2);
    link.event(created(aRow({ seq: 4 })));
    expect(conversation.view.unread.count).toBe(3);
    link.event({ type: 'conversation.changes', data: { conversationId: PLACE, from: 7, upTo: 9, rows: [] } });
    await settle();
    expect(asked(stage, 'sync')).toMatchObject([{ cursors: [[PLACE, 4]] }]);
  });
});

describe('a conversation that is opened', () => {
  it.each<[string, (stage: Stage) => void]>([
    ['the client is closed', ({ client }) => client.close()],
    [
      'one is no member any more',
      ({ link }) => {
        const { membership } = aLine(PLACE, {}, { urev: 2, member: false });
        link.event({ type: 'membership.left', data: { urev: 2, membership } });
      },
    ],
  ])('troubles nobody who did not wait for it when %s', async (_when, end) => {
    const unhandled: unknown[] = [];
    const hear = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', hear);
    const stage = await opened();
    delete stage.link.answers['message.history'];
    void stage.conversation.open();
    void stage.conversation.loadMembers();
    end(stage);
    await settle();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', hear);
    expect(unhandled).toEqual([]);
  });
});

describe('rows of a kind that a later version has', () => {
  it('are skipped, and what comes with them counts', async () => {
    const stage = await opened();
    const { link, news, conversation } = stage;
    link.lose();
    const reaction = { kind: 'reaction', reaction: { seq: 1, rev: 2 } } as unknown as AnyRow;
    const rows = [reaction, { kind: 'message', message: aRow({ seq: 2, rev: 3 }) } as const];
    news.set(PLACE, { id: PLACE, upTo: 3, rows, more: false });
    await link.open();
    link.event(created(aRow({ seq: 3, rev: 4 })));
    expect(conversation.view).toMatchObject({ seq: 3, lastMessage: { text: 'message 3' } });
    expect(asked(stage, 'sync')).toHaveLength(1);
  });
});

describe('an event with fields that a later version has', () => {
  it('says what it said without them', async () => {
    const stage = await opened();
    const { link, client, conversation } = stage;
    const event = (type: string, data: object) => link.event({ type, data } as ServerEvent);
    const { membership } = aLine(PLACE, {}, { urev: 2, archived: true });
    event('membership.changed', { urev: 2, membership, rev: 7 });
    event('typing.changed', { conversationId: ELSEWHERE, users: [OTHER], rev: 7 });
    event('profile.changed', { urev: 3, displayName: 'Me again', rev: 7 });
    event('block.changed', { urev: 4, userId: OTHER, blocked: true, displayName: 'Other' });
    await settle();
    expect(conversation.view.archived).toBe(true);
    expect(client.me?.displayName).toBe('Me again');
    expect(asked(stage, 'conversation.get')).toEqual([]);
  });
});

describe('a gap', () => {
  it('drops what was held, and fetches anew what is open; the conversation stays the same', async () => {
    const stage = await opened();
    const { link, conversation, news, logs } = stage;
    await conversation.open();
    link.lose();
    const log = Array.from({ length: 60 }, (_, at) => aRow({ seq: at + 1 }));
    logs.set(PLACE, log);
    stage.lines = [aLine(PLACE, { seq: 60, rev: 60, lastMessage: log[59]! }, { unread: { count: 60, more: false } })];
    news.set(PLACE, { id: PLACE, gap: true, upTo: 60 });
    await link.open();
    expect(stage.conversation).toBe(conversation);
    expect(conversation.view).toMatchObject({ seq: 60, unread: { count: 60 } });
    expect(conversation.messages).toMatchObject({ loading: 'idle', complete: false });
    expect(stage.texts.map(({ seq }) => seq)).toEqual(log.slice(10).map(({ seq }) => seq));
  });
});

describe('an answer about what was held', () => {
  it('says nothing about a membership that began meanwhile', async () => {
    const stage = await opened();
    const { link, client, timers } = stage;
    const answer = link.answers.sync!({ epoch: 'first', urev: 1, cursors: [] }); // the stage has it
    delete link.answers.sync;
    link.event(created(aRow({ seq: 3 })));
    await timers.pass(1_000);
    const membership = (urev: number, member: boolean) => aLine(PLACE, {}, { urev, member }).membership;
    link.event({ type: 'membership.left', data: { urev: 2, membership: membership(2, false) } });
    stage.lines = [aLine(PLACE, { seq: 7, rev: 7 }, { urev: 3 })];
    link.event({ type: 'membership.joined', data: { urev: 3, membership: membership(3, true) } });
    await settle();
    link.answer('sync', { ...answer, conversations: [{ id: PLACE, gone: true }] });
    await settle();
    expect(client.conversations.get(PLACE)?.view.seq).toBe(7);
  });
});

describe('another history', () => {
  it('forgets all rows, keeps what is to be sent, and the conversations that are still there', async () => {
    const stage = new Stage();
    stage.lines = [aLine(PLACE, { seq: 5, rev: 5 }), aLine(ELSEWHERE)];
    await opened(stage);
    const { link, client, conversation } = stage;
    await conversation.open();
    const { id } = await conversation.send('Hello');
    link.lose();
    stage.lines = [aLine(PLACE, { seq: 1, rev: 1 })];
    await link.open('second');
    expect(client.conversations.all).toEqual([conversation]);
    expect(conversation.view.seq).toBe(1);
    expect(client.conversations.get(ELSEWHERE)).toBeUndefined();
    expect(link.waiting('message.send')).toMatchObject([{ data: { id } }]);
    link.event(created(aRow({ seq: 2 })));
    expect(conversation.view.seq).toBe(2);
  });

  it('is begun also when sync tells of it', async () => {
    const stage = await opened();
    const { link, conversation } = stage;
    link.lose();
    link.answers.sync = () => ({
      ...{ epoch: 'second', reset: true, conversations: [], caughtUp: true },
      user: { upTo: 7, rows: [], more: false, reset: true },
    });
    stage.lines = [aLine(PLACE, { seq: 3, rev: 3 })];
    await link.open();
    expect(conversation.view.seq).toBe(3);
    expect(asked(stage, 'conversation.list')).toHaveLength(2);
  });
});

describe('what is not possible right now', () => {
  it('is asked again after a while', async () => {
    const stage = new Stage();
    const { link, client, timers } = stage;
    delete link.answers['conversation.list'];
    await link.open();
    link.answer('conversation.list', new Refused('unavailable', 'later', undefined, [], 1_000));
    await settle();
    expect(link.waiting('conversation.list')).toHaveLength(0);
    await timers.pass(1_000 + 500);
    link.answer('conversation.list', { conversations: [aLine()] });
    await settle();
    expect(client.conversations.loaded).toBe(true);
  });

  it('is asked again also where the server can’t tell the line of a conversation', async () => {
    const stage = await opened();
    const { link, client, timers } = stage;
    delete link.answers['conversation.get'];
    link.event(created(aRow({ seq: 2 }), ELSEWHERE));
    for (let fault = 0; fault < 5; fault++) {
      link.answer('conversation.get', new Refused('internal', 'a fault of the server'));
      await settle();
      expect(link.waiting('conversation.get')).toHaveLength(0);
      await timers.pass(30_000);
    }
    link.answer('conversation.get', aLine(ELSEWHERE, { seq: 2, rev: 2 }));
    await settle();
    expect(client.conversations.get(ELSEWHERE)?.view.seq).toBe(2);
  });

  it('and what was lost is asked again with the next connection', async () => {
    const stage = await opened();
    const { link, conversation, logs } = stage;
    delete link.answers['message.history'];
    const open = conversation.open();
    await settle();
    link.lose();
    await settle();
    expect(conversation.messages.loading).toBe('first');
    await link.open();
    link.answer('message.history', { messages: logs.get(PLACE)!, more: false }); // the stage has it
    await open;
    expect(conversation.messages).toMatchObject({ loading: 'idle', complete: true });
  });
});

describe('what the user has read', () => {
  it('is told at most once a second, the newest, and again after a loss', async () => {
    const stage = new Stage();
    stage.lines = [aLine(PLACE, { seq: 9, rev: 9 })];
    await opened(stage);
    const { link, conversation, timers } = stage;
    for (const seq of [3, 5, 4, 7]) conversation.markRead(seq);
    expect(conversation.view.readSeq).toBe(7);
    await settle();
    expect(asked(stage, 'conversation.read')).toMatchObject([{ readSeq: 3 }]);
    link.answer('conversation.read', { membership: aLine(PLACE, {}, { urev: 2, readSeq: 3 }).membership });
    await settle();
    await timers.pass(999);
    expect(asked(stage, 'conversation.read')).toHaveLength(1);
    await timers.pass(1);
    expect(asked(stage, 'conversation.read')).toMatchObject([{ readSeq: 3 }, { readSeq: 7 }]);
    link.lose();
    await settle();
    expect(conversation.view.readSeq).toBe(7);
    await link.open();
    await timers.pass(1_000);
    expect(asked(stage, 'conversation.read')).toHaveLength(3);
  });

  it('is told again after a fault of the server', async () => {
    const stage = new Stage();
    stage.lines = [aLine(PLACE, { seq: 9, rev: 9 })];
    const { link, conversation, timers } = await opened(stage);
    conversation.markRead(3);
    await settle();
    link.answer('conversation.read', new Refused('internal', 'a fault of the server'));
    await settle();
    await timers.pass(2_000);
    expect(asked(stage, 'conversation.read')).toMatchObject([{ readSeq: 3 }, { readSeq: 3 }]);
  });

  it('in the middle of a long chat stays counted when the chat is left', async () => {
    const stage = new Stage();
    stage.lines = [aLine(PLACE, { seq: 300, rev: 300 }, { unread: { count: 150, more: false } })];
    stage.logs.set(
      PLACE,
      Array.from({ length: 300 }, (_, at) => aRow({ seq: at + 1, senderId: at % 2 === 0 ? OTHER : ME })),
    );
    const { conversation } = await opened(stage);
    await conversation.open();
    await conversation.loadBackTo(1);
    conversation.markRead(10);
    expect(conversation.view.unread).toEqual({ count: 145, more: false });
    conversation.close();
    expect(conversation.view.unread).toEqual({ count: 145, more: false });
  });

  it('in the middle of what only the server counted is counted by the server', async () => {
    const stage = new Stage();
    stage.lines = [aLine(PLACE, { seq: 9, rev: 9 }, { unread: { count: 8, more: false } })];
    await opened(stage);
    stage.lines = [aLine(PLACE, { seq: 9, rev: 9 }, { urev: 2, readSeq: 4, unread: { count: 3, more: false } })];
    const { membership } = aLine(PLACE, {}, { urev: 2, readSeq: 4 });
    stage.link.event({ type: 'membership.changed', data: { urev: 2, membership } });
    await settle();
    expect(stage.conversation.view).toMatchObject({ readSeq: 4, unread: { count: 3, more: false } });
    expect(asked(stage, 'conversation.get')).toHaveLength(1);
  });
});

describe('listeners', () => {
  it('hear once a turn, and one that throws harms nobody', async () => {
    const stage = await opened();
    const { link, conversation } = stage;
    await conversation.open();
    await settle();
    const before = conversation.view;
    expect(conversation.view).toBe(before);
    const warned: unknown[] = [];
    process.on('warning', (warning) => warned.push(warning.message));
    let heard = 0;
    conversation.subscribe(() => {
      throw new Error('a listener of the test');
    });
    const leave = conversation.subscribe(() => heard++);
    for (const seq of [2, 3, 4]) link.event(created(aRow({ seq })));
    expect(heard).toBe(0);
    await settle();
    expect(heard).toBe(1);
    expect(conversation.view).not.toBe(before);
    await settle();
    expect(warned).toContain('a listener of the test');
    leave();
    link.event(created(aRow({ seq: 5 })));
    await settle();
    expect(heard).toBe(1);
    process.removeAllListeners('warning');
  });

  it('get each view as the same object until it says something else', async () => {
    const stage = await opened();
    const { link, conversation } = stage;
    await conversation.open();
    link.event(created(aRow({ seq: 2 })));
    const [{ view, messages }, all] = [conversation, stage.client.conversations.all];
    const [first] = messages.messages;
    link.event({
      type: 'receipt.changed',
      data: { conversationId: PLACE, userId: OTHER, readSeq: 1, deliveredSeq: 1 },
    });
    expect(conversation.view).toBe(view);
    expect(conversation.messages).toBe(messages);
    expect(stage.client.conversations.all).toBe(all);
    link.event(created(aRow({ seq: 3 })));
    expect(conversation.messages.messages[0]).toBe(first);
  });
});

describe('new messages', () => {
  const listening = (stage: Stage) => {
    const heard: Incoming[] = [];
    stage.client.on('message', (incoming) => heard.push(incoming));
    return () => heard.map(({ message }) => message.seq);
  };

  it('are told once, in order: live, behind a hole, and caught up with an edit that came before', async () => {
    const stage = await opened();
    const { link, news } = stage;
    const seqs = listening(stage);
    for (const seq of [2, 4, 3, 3]) link.event(created(aRow({ seq })));
    link.event(created(aRow({ seq: 5, senderId: ME })));
    expect(seqs()).toEqual([2, 3, 4]);
    link.lose();
    const rows = [aRow({ seq: 7, rev: 7 }), aRow({ seq: 6, rev: 8, editedAt: '2026-11-21T00:00:02.000Z' })];
    news.set(PLACE, {
      id: PLACE,
      upTo: 8,
      rows: rows.map((message) => ({ kind: 'message', message }) as const),
      more: false,
    });
    await link.open();
    expect(seqs()).toEqual([2, 3, 4, 6, 7]);
  });

  it('are fetched where there was a gap', async () => {
    const stage = await opened();
    const { link, news, logs } = stage;
    const seqs = listening(stage);
    link.event(created(aRow({ seq: 2 })));
    link.lose();
    logs.set(
      PLACE,
      Array.from({ length: 250 }, (_, at) => aRow({ seq: at + 1 })),
    );
    stage.lines = [aLine(PLACE, { seq: 250, rev: 250 })];
    news.set(PLACE, { id: PLACE, gap: true, upTo: 250 });
    await link.open();
    link.event(created(aRow({ seq: 251 })));
    expect(seqs()).toEqual(Array.from({ length: 250 }, (_, at) => at + 2));
  });

  it('are the newest 10,000 after a longer gap, and then those that come', async () => {
    const stage = await opened();
    const { link, news, logs } = stage;
    const seqs = listening(stage);
    link.event(created(aRow({ seq: 2 })));
    link.lose();
    logs.set(
      PLACE,
      Array.from({ length: 12_000 }, (_, at) => aRow({ seq: at + 1 })),
    );
    stage.lines = [aLine(PLACE, { seq: 12_000, rev: 12_000 })];
    news.set(PLACE, { id: PLACE, gap: true, upTo: 12_000 });
    await link.open();
    while (seqs().length < 10_001) await settle();
    link.event(created(aRow({ seq: 12_001 })));
    expect(seqs()).toEqual([2, ...Array.from({ length: 10_001 }, (_, at) => at + 2_001)]);
    expect(asked(stage, 'message.history')).toHaveLength(100);
  });

  it('of a group that one was added to begin behind the entry that tells of it', async () => {
    const stage = await opened();
    const { link, logs, timers } = stage;
    const seqs = listening(stage);
    const added = aRow({ seq: 3, type: 'system', content: { event: 'members.added', users: [ME] } });
    logs.set(ELSEWHERE, [aRow({ seq: 1 }), aRow({ seq: 2 }), added, aRow({ seq: 4 })]);
    const line = { seq: 4, rev: 4, lastMessage: aRow({ seq: 4 }) };
    // of a membership that was over when this one began
    stage.lines = [aLine(ELSEWHERE, line, { urev: 1 })];
    const { membership } = aLine(ELSEWHERE, {}, { urev: 2 });
    link.event({ type: 'membership.joined', data: { urev: 2, membership } });
    await settle();
    expect(stage.client.conversations.get(ELSEWHERE)).toBeUndefined();
    stage.lines = [aLine(ELSEWHERE, line, { urev: 2 })];
    await timers.pass(1_000);
    expect(seqs()).toEqual([4]);
  });

  it('come by iteration, which ends with the client', async () => {
    const stage = await opened();
    const seen: (number | undefined)[] = [];
    const iteration = (async () => {
      for await (const { message } of stage.client.messages()) seen.push(message.seq);
    })();
    for (const seq of [2, 3]) stage.link.event(created(aRow({ seq })));
    await settle();
    stage.client.close();
    await iteration;
    expect(seen).toEqual([2, 3]);
  });

  it('that nobody takes don’t pile up for ever', async () => {
    const stage = await opened();
    const iteration = stage.client.messages();
    for (let seq = 2; seq < 10_003; seq++) stage.link.event(created(aRow({ seq })));
    await expect(iteration.next()).rejects.toThrow('10000 wait');
    expect(await iteration.next()).toMatchObject({ done: true });
  });
});

describe('names', () => {
  it('are asked for together, once, and again after a new connection', async () => {
    const stage = await opened();
    const { link, client } = stage;
    const ids = Array.from({ length: 150 }, (_, at) => `01a1fc2b-0000-7000-8000-${String(at).padStart(12, '0')}`);
    link.answers['users.get'] = ({ ids }): OutputOf<'users.get'> => ({
      users: ids.slice(1).map((id) => ({ id, displayName: `user ${id.slice(-3)}` })),
    });
    for (const id of [...ids, ...ids]) client.users.get(id);
    await settle();
    expect(asked(stage, 'users.get')).toMatchObject([{ ids: { length: 100 } }, { ids: { length: 50 } }]);
    expect(client.users.get(ids[1]!)).toMatchObject({ displayName: 'user 001' }); // it is there
    expect(client.users.get(ids[0]!)).toBeUndefined(); // as above
    await settle();
    expect(asked(stage, 'users.get')).toHaveLength(2);
    link.lose();
    await link.open();
    expect(client.users.get(ids[1]!)).toMatchObject({ displayName: 'user 001' }); // as above
    await settle();
    expect(asked(stage, 'users.get')).toHaveLength(3);
  });
});

describe('a client that is closed', () => {
  it('leaves no timer, and tells whoever waits', async () => {
    const stage = new Stage();
    stage.lines = [aLine(PLACE, { seq: 9, rev: 9 }, { unread: { count: 2, more: false } })];
    await opened(stage);
    const { link, client, conversation, timers } = stage;
    delete link.answers['message.history'];
    const { id } = await conversation.send('Hello');
    const waiting = [conversation.sent(id), conversation.open(), conversation.loadMembers()];
    conversation.markRead(5);
    link.event(created(aRow({ seq: 12 })));
    link.answer('message.send', new Refused('unavailable', 'later', undefined, [], 5_000));
    await settle();
    expect(timers.size).toBeGreaterThan(0);
    client.close();
    client.close();
    for (const one of await Promise.allSettled(waiting)) expect(one).toMatchObject({ reason: { name: 'Lost' } });
    await settle();
    expect(timers.size).toBe(0);
  });

  it('is not ready any more', async () => {
    const { client } = new Stage();
    client.close();
    await expect(client.ready).rejects.toBeInstanceOf(Lost);
  });
});

describe('a client that has stopped', () => {
  const stopped = async () => {
    const stage = new Stage();
    const { link, client } = stage;
    delete link.answers['conversation.list'];
    await link.open();
    link.stop({ reason: 'too_many_connections' });
    await expect(client.ready).rejects.toBeInstanceOf(Lost);
    expect(client.stopped).toEqual({ reason: 'too_many_connections' });
    return stage;
  };

  it('is ready once it was started again', async () => {
    const { link, client } = await stopped();
    client.start();
    await link.open();
    link.answer('conversation.list', { conversations: [aLine()] });
    await client.ready;
  });

  it('has not stopped any more when another tab has started it', async () => {
    const { link, client } = await stopped();
    link.turn('connecting');
    expect(client.stopped).toBeUndefined();
    await link.open();
    link.answer('conversation.list', { conversations: [] });
    await client.ready;
  });
});
