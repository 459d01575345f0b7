import { beforeEach, describe, expect, it } from 'vitest';
import type { ConversationEvent } from '#app/domain/chat/chat-events.ts';
import type { Feed, Standing } from '#app/application/ports/feed.ts';
import { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import { Connection } from '#app/domain/connection/connection.ts';
import { ConnectionId } from '#app/domain/shared/ids.ts';
import { Authentication } from '#app/interfaces/ws/authentication.ts';
import { Session } from '#app/interfaces/ws/session.ts';
import { aUserId, circle } from '../../../support/chat-objects.ts';
import { WsNode } from '../../../support/ws-node.ts';

const [ann, ben] = [aUserId(), aUserId()];
const all = `c/${circle}|tertulia.v1`;
const late = `c/${circle}/late|tertulia.v1`;
const standing = (rev: number, firstSeq = 1) => ({ conversationId: circle, rev: Rev(rev), firstSeq: Seq(firstSeq) });

let node: WsNode;
beforeEach(() => {
  node = new WsNode();
  node.subscriptions.join(node.enter('bens', ben), standing(5)); // the conversation has passed here up to 5
});

describe('a membership that is known before its change passed', () => {
  it('outlives the end of an earlier one, which passes later', () => {
    const laptop = node.enter('laptop', ann);
    node.subscriptions.join(laptop, standing(9));
    node.subscriptions.expel(ann, circle, Rev(7));
    expect(laptop.socket.topics).toContain(all);
    node.subscriptions.expel(ann, circle, Rev(12));
    expect(laptop.socket.topics).not.toContain(all);
  });

  it('takes the place of the earlier one, with what it may see', () => {
    const laptop = node.enter('laptop', ann);
    node.subscriptions.join(laptop, standing(5));
    node.subscriptions.join(laptop, standing(9, 8));
    expect(laptop.socket.topics.slice(1)).toEqual([late]);
    expect(node.subscriptions.conversation(circle)).toMatchObject({ sessions: 2, lateSeq: 8 });
  });

  it('says nothing of another session of the user, which is there by the earlier one', () => {
    const [laptop, phone] = [node.enter('laptop', ann), node.enter('phone', ann)];
    node.subscriptions.join(laptop, standing(5));
    node.subscriptions.join(phone, standing(9, 8));
    node.subscriptions.expel(ann, circle, Rev(7));
    expect([laptop, phone].map(({ socket }) => socket.topics.length)).toEqual([1, 2]);
  });

  it('is forgotten with its session', () => {
    const laptop = node.enter('laptop', ann);
    node.subscriptions.join(laptop, standing(9));
    node.subscriptions.leave(laptop);
    expect(node.subscriptions.conversation(circle)?.ahead?.size).toBe(0);
  });
});

it('the user’s own word of an end that passed in the conversation already ends nothing', () => {
  const laptop = node.enter('laptop', ann);
  node.subscriptions.join(laptop, standing(5));
  node.subscriptions.expelAhead(ann, circle, Rev(4));
  expect(laptop.socket.topics).toContain(all);
  node.subscriptions.expelAhead(ann, circle, Rev(6));
  expect(laptop.socket.topics).not.toContain(all);
});

describe('who becomes a member', () => {
  let reads: string[];
  let urev: number;
  let standings: Standing[];
  const feed = {
    epoch: async () => 'e',
    userHeads: async ([id]: readonly UserId[]) => {
      await Promise.resolve();
      reads.push('head');
      return new Map([[id, Urev(urev)]]);
    },
    standings: async () => {
      reads.push('standings');
      return standings;
    },
  } as unknown as Feed; // nothing else is asked for
  const authentication = () =>
    new Authentication(
      { authenticate: async (token) => ({ kind: 'guest', userId: token as UserId, expiresAt: undefined }) },
      feed,
      node.subscriptions,
      node.userGate,
      {
        ...{ events: { publish: () => {}, hears: () => false, on: () => () => {} }, socketsPerUser: 9 },
        ...{ clock: { now: () => 0, monotonic: () => 0 }, evictOldest: false, known: () => {}, claim: async () => {} },
      },
    );
  beforeEach(() => {
    [reads, urev, standings] = [[], 0, []];
  });

  it('while they connect is in the head that was read, or comes as an event: never in neither', async () => {
    const session = new Session(new Connection(ConnectionId('a'), '192.0.2.1'), node.transport.socket(), node.json, 0);
    await authentication().authenticate(session, ann, undefined);
    expect(reads).toEqual(['head', 'standings']);
  });

  it('and was told before they are subscribed is asked to catch up with what passed meanwhile', async () => {
    const laptop = node.enter('laptop', ann);
    standings = [{ ...standing(5), joinedRev: Rev(4) }];
    node.conversationGate.accept(circle, 6, {} as ConversationEvent); // whatever it was
    await authentication().rejoin(ann, [circle]);
    const data = { conversationId: circle, from: 6, upTo: 6, rows: [] };
    expect(laptop.socket.heard).toEqual([{ type: 'conversation.changes', data }]);
  });
});
