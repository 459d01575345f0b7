import { beforeEach, describe, expect, it } from 'vitest';
import type { FrameCodec } from '#app/application/ports/frame-codec.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import { MessageText } from '#app/domain/chat/message-content.ts';
import type { ConversationEvent, UserEvent } from '#app/domain/chat/chat-events.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import { aMessage, aParticipant, aUserId, circle } from '../../../support/chat-objects.ts';
import { aConversationId } from '../../../support/chat-world.ts';
import { type TestSession, WsNode } from '../../../support/ws-node.ts';

const [ann, ben, cleo] = [aUserId(), aUserId(), aUserId()];
const annMember = aParticipant('owner', { userId: ann });

const message = (seq: number, rev: number): MessageState => aMessage(annMember, { seq: Seq(seq), rev: Rev(rev) }).state;
const change = (rev: number) => ({ conversationId: circle, rev: Rev(rev), at: new Date(0), actorId: ann });
const sent = (seq: number, rev: number): ConversationEvent => ({
  type: 'message.sent',
  ...change(rev),
  message: message(seq, rev),
});
const edited = (seq: number, rev: number): ConversationEvent =>
  ({ ...sent(seq, rev), type: 'message.edited' }) as ConversationEvent; // of the same shape
const removed = (userId: UserId, rev: number): ConversationEvent => ({
  type: 'member.removed',
  ...change(rev),
  members: [left(userId, rev)],
  message: message(rev, rev),
});
const left = (userId: UserId, rev: number): ParticipantState =>
  aParticipant('member', { userId, rev: Rev(rev), leftRev: Rev(rev) }).state;
const back = (userId: UserId, rev: number, firstSeq: number): ParticipantState =>
  aParticipant('member', { userId, rev: Rev(rev), joinedRev: Rev(rev), firstSeq: Seq(firstSeq) }).state;
const membership = (member: boolean, firstSeq = 1) => ({
  ...{ conversationId: circle, userId: ben, urev: Urev(4), member, firstSeq: Seq(firstSeq), readSeq: Seq(0) },
  ...{ unread: { count: 0, more: false }, mutedUntil: undefined, archived: false },
});
const types = ({ socket }: TestSession) =>
  socket.heard.map(({ type, data }) => `${type} ${String(data['rev'] ?? data['upTo'])}`);

describe('Broadcaster', () => {
  let node: WsNode;
  let laptop: TestSession;
  let phone: TestSession;
  let bens: TestSession;
  let cleos: TestSession;

  beforeEach(() => {
    node = new WsNode();
    [laptop, phone, bens] = [node.enter('laptop', ann), node.enter('phone', ann), node.enter('bens', ben)];
    for (const session of [laptop, phone, bens])
      node.subscriptions.join(session, { conversationId: circle, rev: Rev(5), firstSeq: Seq(1) });
    cleos = node.enter('cleos', cleo);
  });
  const cleoJoinsLate = (firstSeq: number) =>
    node.subscriptions.join(cleos, { conversationId: circle, rev: Rev(5), firstSeq: Seq(firstSeq) });
  const heardWords = ({ socket }: TestSession) => JSON.stringify(socket.heard).includes('hello');

  it('tells an event to all but the connection that asked', () => {
    node.broadcaster.conversations.event(circle, { ...sent(6, 6), origin: laptop.connection.id });
    expect([laptop, phone, bens].map(types)).toEqual([[], ['message.created 6'], ['message.created 6']]);
  });

  it('tells it to all when who asked is gone, or is no connection of this node', () => {
    laptop.socket.open = false;
    node.broadcaster.conversations.event(circle, { ...sent(6, 6), origin: laptop.connection.id });
    node.broadcaster.conversations.event(circle, { ...sent(7, 7), origin: 'elsewhere' as never });
    expect([phone, bens].map(types)).toEqual(
      Array.from({ length: 2 }, () => ['message.created 6', 'message.created 7']),
    );
  });

  it('encodes once per codec, and not at all for codecs that nobody of the conversation speaks', () => {
    const counted = (protocol: string) => {
      const codec: FrameCodec & { encoded: number } = {
        ...{ protocol, binary: false, encoded: 0 },
        decode: () => ({ malformed: '' }),
        encode(frame) {
          this.encoded++;
          return JSON.stringify(frame);
        },
      };
      return codec;
    };
    const [spoken, unheard] = [counted('spoken'), counted('unheard')];
    node.enter('stranger', aUserId(), unheard);
    for (const name of ['one', 'two', 'three'])
      node.subscriptions.join(node.enter(name, aUserId(), spoken), {
        ...{ conversationId: circle, rev: Rev(5), firstSeq: Seq(1) },
      });
    node.broadcaster.conversations.event(circle, sent(6, 6));
    expect([spoken.encoded, unheard.encoded]).toEqual([1, 0]);
    expect(types(bens)).toEqual(['message.created 6']);
  });

  it('moves who was removed before it tells: they hear neither that nor anything later', () => {
    node.broadcaster.conversations.event(circle, removed(ben, 6));
    node.broadcaster.conversations.event(circle, sent(7, 7));
    expect([types(bens), types(phone)]).toEqual([[], ['member.removed 6', 'message.created 7']]);
  });

  it('tells the late the same, but of older messages only that something was', () => {
    cleoJoinsLate(6);
    node.broadcaster.conversations.event(circle, edited(5, 6));
    node.broadcaster.conversations.event(circle, edited(6, 7));
    node.broadcaster.conversations.event(circle, sent(7, 8));
    expect(types(cleos)).toEqual(['conversation.advanced 6', 'message.edited 7', 'message.created 8']);
    expect(cleos.socket.heard[0]?.data).toEqual({ conversationId: circle, rev: 6, seq: 5 });
    expect(types(bens)).toEqual(['message.edited 6', 'message.edited 7', 'message.created 8']);
  });

  it('tells who just joined late nothing of what was written before, though its event comes after', () => {
    cleoJoinsLate(9);
    node.broadcaster.conversations.event(circle, sent(7, 7));
    node.broadcaster.conversations.event(circle, removed(ben, 8));
    expect(types(cleos)).toEqual(['conversation.advanced 7', 'conversation.advanced 8']);
    expect(heardWords(cleos)).toBe(false);
    expect(types(phone)).toEqual(['message.created 7', 'member.removed 8']);
  });

  it('subscribes who became a member, and then tells them', () => {
    node.subscriptions.expel(ben, circle, Rev(6));
    const joined: UserEvent = {
      ...{ type: 'membership.joined', userId: ben, urev: Urev(4), rev: Rev(7), membership: membership(true, 7) },
    };
    node.broadcaster.users.event(ben, joined);
    node.broadcaster.conversations.event(circle, sent(8, 8));
    expect(bens.socket.heard.map(({ type }) => type)).toEqual(['membership.joined', 'message.created']);
    expect(node.rejoined).toEqual([]);
  });

  it('asks anew where a membership that begins is older than what has passed', () => {
    node.subscriptions.expel(ben, circle, Rev(9));
    const joined: UserEvent = {
      ...{ type: 'membership.joined', userId: ben, urev: Urev(4), rev: Rev(7), membership: membership(true) },
    };
    node.broadcaster.users.event(ben, joined);
    expect(node.rejoined).toEqual([[ben, [circle]]]);
    node.broadcaster.conversations.event(circle, sent(10, 10));
    expect(types(bens).filter((type) => type.startsWith('message'))).toEqual([]);
  });

  it('lets whoever may have caught up already ask for what passed before the late word of their membership', () => {
    const joined = (rev: number): UserEvent => ({
      ...{ type: 'membership.joined', userId: cleo, urev: Urev(4), rev: Rev(rev), membership: membership(true, rev) },
    });
    node.conversationGate.accept(circle, 6, sent(6, 6));
    node.conversationGate.accept(circle, 7, sent(7, 7));
    node.broadcaster.users.event(cleo, joined(6));
    expect(types(cleos)).toEqual(['conversation.changes 7', 'membership.joined undefined']);
    expect(cleos.socket.heard[0]?.data).toMatchObject({ from: 7, upTo: 7, rows: [] });
  });

  it('ends what was heard with a membership, whichever event comes first', () => {
    const gone: UserEvent = {
      ...{ type: 'membership.left', userId: ben, urev: Urev(4), rev: Rev(6), membership: membership(false) },
    };
    node.broadcaster.users.event(ben, gone);
    node.broadcaster.conversations.event(circle, sent(7, 7));
    expect(bens.socket.heard.map(({ type }) => type)).toEqual(['membership.left']);
  });

  it('tells receipts to everybody, the late too', () => {
    cleoJoinsLate(6);
    const receipt = { conversationId: circle, userId: ben, readSeq: Seq(5), deliveredSeq: Seq(5) };
    node.broadcaster.receipts(receipt.conversationId, [
      { type: 'message.read', ...receipt, origin: bens.connection.id },
    ]);
    expect([phone, cleos, bens].map(({ socket }) => socket.heard.length)).toEqual([1, 1, 0]);
  });

  describe('repairs', () => {
    const messageRow = (seq: number, rev: number) => ({
      kind: 'message' as const,
      rev: Rev(rev),
      message: message(seq, rev),
    });
    const memberRow = (member: ParticipantState) => ({ kind: 'member' as const, rev: member.rev, member });
    const repaired = (...gap: Parameters<typeof node.broadcaster.conversations.repaired>) =>
      node.broadcaster.conversations.repaired(...gap);

    it('stand for all events of the gap, for everybody', () => {
      repaired(circle, 5, 8, [messageRow(6, 7), messageRow(7, 8)], true);
      for (const session of [laptop, phone, bens])
        expect(session.socket.heard).toMatchObject([
          { type: 'conversation.changes', data: { conversationId: circle, from: 5, upTo: 8, rows: [{}, {}] } },
        ]);
    });

    it('show the late only what is new enough for all of them, and up to where something was left out', () => {
      cleoJoinsLate(7);
      repaired(circle, 5, 9, [messageRow(4, 6), messageRow(6, 7), messageRow(7, 8), messageRow(8, 9)], true);
      const [{ data }] = cleos.socket.heard as unknown as [
        { data: { rows: { message: { seq: number } }[]; hidden: number } },
      ];
      expect([data.rows.map((row) => row.message.seq), data.hidden]).toEqual([[7, 8], 6]);
    });

    it('tell nobody who was removed in the gap', () => {
      repaired(circle, 5, 8, [memberRow(left(ben, 6)), messageRow(7, 8)], true);
      expect([types(bens), types(phone)]).toEqual([[], ['conversation.changes 8']]);
    });

    it('show who left and came back in the gap nothing of the time between', () => {
      repaired(circle, 5, 9, [messageRow(6, 7), messageRow(7, 8), memberRow(back(ben, 9, 8))], true);
      expect(types(bens)).toEqual(['conversation.changes 9']);
      expect(heardWords(bens)).toBe(false);
      node.broadcaster.conversations.event(circle, edited(7, 10));
      node.broadcaster.conversations.event(circle, sent(9, 11));
      expect(types(bens).slice(1)).toEqual(['conversation.advanced 10', 'message.created 11']);
      expect(heardWords(phone)).toBe(true);
    });

    it('leave alone whose membership began before the gap', () => {
      const promoted = aParticipant('admin', { userId: ben, rev: Rev(7), joinedRev: Rev(2) }).state;
      repaired(circle, 5, 7, [messageRow(6, 6), memberRow(promoted)], true);
      expect(bens.socket.topics.at(-1)).toBe(`c/${circle}|tertulia.v1`);
      expect(heardWords(bens)).toBe(true);
    });

    it('of which only a part is at hand tell everybody to catch up, and show nothing', () => {
      cleoJoinsLate(7);
      repaired(circle, 5, 8, [messageRow(6, 7), memberRow(left(ben, 8))], false);
      expect(types(bens)).toEqual([]);
      for (const session of [phone, cleos])
        expect(session.socket.heard.map(({ data }) => data)).toEqual([
          { conversationId: circle, from: 8, upTo: 8, rows: [] },
        ]);
    });

    it('that would burst a reader’s buffer tell everybody to catch up, page by page', () => {
      const content = MessageText('x'.repeat(5_000));
      const long = (seq: number) => ({ ...messageRow(seq, seq), message: { ...message(seq, seq), content } });
      repaired(circle, 5, 25, [memberRow(left(ben, 6)), ...Array.from({ length: 19 }, (_, n) => long(7 + n))], true);
      expect(types(bens)).toEqual([]);
      expect(phone.socket.heard.map(({ data }) => data)).toEqual([
        { conversationId: circle, from: 25, upTo: 25, rows: [] },
      ]);
    });

    it('of one’s own state find out anew what one may hear', () => {
      const [other, left] = [aConversationId(), aConversationId()];
      const rows = [
        { kind: 'membership' as const, urev: Urev(4), membership: membership(true) },
        { kind: 'membership' as const, urev: Urev(5), membership: { ...membership(true), conversationId: other } },
        { kind: 'membership' as const, urev: Urev(6), membership: { ...membership(false), conversationId: left } },
        { kind: 'block' as const, urev: Urev(7), blockedId: ann, blocked: true },
      ];
      node.broadcaster.users.repaired(ben, 3, 7, rows, true);
      expect(node.rejoined).toEqual([[ben, [circle, other]]]); // one question for all of them
      expect(bens.socket.heard).toMatchObject([
        { type: 'user.changes', data: { from: 3, upTo: 7, rows: { length: 4 } } },
      ]);
      expect([laptop, phone].map(types)).toEqual([[], []]);
    });
  });
});
