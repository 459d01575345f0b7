import { v7 } from 'uuid';
import { beforeEach, describe, expect, it } from 'vitest';
import { Rev, Seq } from '#app/domain/shared/counters.ts';
import { ConversationId } from '#app/domain/shared/ids.ts';
import { aUserId, circle } from '../../../support/chat-objects.ts';
import { WsNode } from '../../../support/ws-node.ts';

const [ann, ben] = [aUserId(), aUserId()];
const all = `c/${circle}|tertulia.v1`;
const late = `c/${circle}/late|tertulia.v1`;
const standing = (rev: number, firstSeq = 1) => ({ conversationId: circle, rev: Rev(rev), firstSeq: Seq(firstSeq) });

describe('Subscriptions', () => {
  let node: WsNode;
  beforeEach(() => {
    node = new WsNode();
  });

  it('put a session on its user’s channel, then on those of its conversations', () => {
    const session = node.enter('laptop', ann);
    expect(session.socket.topics).toEqual([`u/${ann}|tertulia.v1`]);
    expect(node.subscriptions.join(session, standing(5))).toBe(true);
    expect(session.socket.topics).toEqual([`u/${ann}|tertulia.v1`, all]);
    expect(node.told).toEqual([`laptop subscribed u/${ann}|tertulia.v1`, `laptop subscribed ${all}`]);
    expect(node.subscriptions.ofUser(ann)).toEqual(new Set([session]));
    expect(node.subscriptions.ofUser(ben).size).toBe(0);
  });

  it('open the gate at the rev that the first of them knows', () => {
    node.subscriptions.join(node.enter('laptop', ann), standing(5));
    node.subscriptions.join(node.enter('phone', ben), standing(7));
    expect(node.conversationGate.lastOf(circle)).toBe(5);
  });

  it('join once, however often they are asked', () => {
    const session = node.enter('laptop', ann);
    for (const rev of [5, 5, 6]) expect(node.subscriptions.join(session, standing(rev))).toBe(true);
    expect(node.subscriptions.conversation(circle)?.sessions).toBe(1);
    node.subscriptions.expel(ann, circle, Rev(7));
    expect(node.conversationGate.size).toBe(0);
  });

  it('keep those who see not everything apart, and remember where the latest of them begins', () => {
    const [early, middle, last] = [node.enter('a', ann), node.enter('b', ben), node.enter('c', aUserId())];
    node.subscriptions.join(early, standing(5));
    expect(node.subscriptions.conversation(circle)?.lateSeq).toBe(0);
    node.subscriptions.join(last, standing(5, 9));
    node.subscriptions.join(middle, standing(5, 4));
    expect(node.subscriptions.conversation(circle)?.lateSeq).toBe(9);
    expect([early, middle, last].map(({ socket }) => socket.topics.at(-1))).toEqual([all, late, late]);
  });

  it('expel all sessions of a user from one conversation, and nobody else', () => {
    const other = ConversationId(v7());
    const [laptop, phone, bens] = [node.enter('laptop', ann), node.enter('phone', ann), node.enter('bens', ben)];
    for (const session of [laptop, phone, bens])
      for (const conversationId of [circle, other])
        node.subscriptions.join(session, { ...standing(5), conversationId });
    node.subscriptions.expel(ann, circle, Rev(6));
    for (const { socket } of [laptop, phone]) expect(socket.topics).not.toContain(all);
    expect(laptop.socket.topics).toContain(`c/${other}|tertulia.v1`);
    expect(bens.socket.topics).toContain(all);
  });

  it('trust no standing from before the last change of members', () => {
    const [laptop, bens] = [node.enter('laptop', ann), node.enter('bens', ben)];
    node.subscriptions.join(bens, standing(5));
    node.subscriptions.expel(ann, circle, Rev(8)); // read before, used after
    expect(node.subscriptions.join(laptop, standing(7))).toBe(false);
    expect(laptop.socket.topics).not.toContain(all);
    expect(node.subscriptions.join(laptop, standing(9))).toBe(true);
  });

  it('trust no standing from before the gate was opened: a removal since then never passed here', () => {
    const [laptop, bens] = [node.enter('laptop', ann), node.enter('bens', ben)];
    node.subscriptions.expel(ann, circle, Rev(8)); // nobody heard the conversation yet
    node.subscriptions.join(bens, standing(9));
    expect(node.subscriptions.join(laptop, standing(7))).toBe(false);
    expect(laptop.socket.topics).not.toContain(all);
  });

  it('move who came back to what the new membership may hear', () => {
    const [laptop, phone, bens] = [node.enter('laptop', ann), node.enter('phone', ann), node.enter('bens', ben)];
    for (const session of [laptop, phone, bens]) node.subscriptions.join(session, standing(5));
    node.subscriptions.renew(ann, circle, Rev(8), Seq(7));
    for (const { socket } of [laptop, phone]) expect(socket.topics).toEqual([`u/${ann}|tertulia.v1`, late]);
    expect(bens.socket.topics).toContain(all);
    expect(node.subscriptions.conversation(circle)).toMatchObject({ sessions: 3, lateSeq: 7, membersRev: 8 });
    expect(node.conversationGate.lastOf(circle)).toBe(5); // the gate was open all the time
  });

  it('forget a session that is gone, and close what nobody hears any more', () => {
    const [laptop, phone] = [node.enter('laptop', ann), node.enter('phone', ann)];
    node.userGate.open(ann, 3);
    for (const session of [laptop, phone]) node.subscriptions.join(session, standing(5));
    node.subscriptions.leave(laptop);
    expect([node.conversationGate.size, node.userGate.size]).toEqual([1, 1]);
    node.subscriptions.leave(phone);
    node.subscriptions.leave(phone);
    expect([node.conversationGate.size, node.userGate.size]).toEqual([0, 0]);
    expect(node.subscriptions.conversation(circle)).toBeUndefined();
    expect([...node.transport.topics.values()].every((sockets) => sockets.size === 0)).toBe(true);
    expect(node.told.filter((told) => told.includes(' subscribed'))).toHaveLength(
      node.told.filter((told) => told.includes('unsubscribed')).length,
    );
  });

  it('keep nothing of ten thousand conversations that came and went', () => {
    const [laptop, phone] = [node.enter('laptop', ann), node.enter('phone', ben)];
    const [anns, bens] = [laptop.conversations.length, phone.conversations.length];
    for (let n = 0; n < 10_000; n++) {
      const conversationId = ConversationId(v7());
      for (const session of [laptop, phone]) node.subscriptions.join(session, { ...standing(1), conversationId });
      for (const userId of [ann, ben]) node.subscriptions.expel(userId, conversationId, Rev(2));
    }
    expect([node.conversationGate.size, laptop.conversations.length, phone.conversations.length]).toEqual([
      0,
      anns,
      bens,
    ]);
    expect([...node.transport.topics.values()].filter(({ size }) => size > 0)).toHaveLength(2);
  });

  it('forget where the late begin once none of them is left', () => {
    const [laptop, bens] = [node.enter('laptop', ann), node.enter('bens', ben)];
    node.subscriptions.join(laptop, standing(5));
    node.subscriptions.join(bens, standing(5, 9));
    node.subscriptions.leave(bens);
    expect(node.subscriptions.conversation(circle)).toMatchObject({ sessions: 1, lateSeq: 0 });
  });

  it('expel from what nobody hears without harm', () => {
    expect(() => {
      node.subscriptions.expel(ann, circle, Rev(3));
      node.subscriptions.renew(ann, circle, Rev(3), Seq(1));
    }).not.toThrow();
  });
});
