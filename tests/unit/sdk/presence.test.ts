import { beforeEach, describe, expect, it } from 'vitest';
import { LivePresence } from '../../../clients/sdk/src/presence/live-presence.ts';
import { Lost, Refused } from '../../../clients/sdk/src/link/failures.ts';
import { settle } from '../../support/manual-timers.ts';
import { aRow, created, ME, OTHER, PLACE, Stage } from './scripted-link.ts';

const THIRD = '01a1fc2b-0000-7000-8000-00000000000d';
const SEEN = '2026-11-21T03:00:00.000Z';

describe('presence in the SDK', () => {
  let stage: Stage;
  let presence: LivePresence;
  let changes: number;
  const said = (type: string) => stage.link.log.filter((one) => one.type === type).map(({ data }) => data);
  const pass = async (ms: number) => {
    stage.now += ms;
    await stage.timers.pass(ms);
  };
  const open = async (featureLevel = 3) => {
    stage.link.featureLevel = featureLevel;
    await stage.link.open();
    await settle();
  };
  beforeEach(() => {
    stage = new Stage();
    changes = 0;
    const machine = {
      after: (ms: number, work: () => void) => stage.timers.after(ms, work),
      ...{ random: () => 0.5, monotonic: () => stage.now },
    };
    presence = new LivePresence(stage.client, machine);
    presence.subscribe(() => void changes++);
    stage.link.answers['presence.watch'] = ({ users }) => ({
      users: users.map((userId) => ({ userId, status: 'offline', lastSeen: SEEN })),
    });
    for (const type of ['focus', 'typing', 'presence.set'] as const) stage.link.answers[type] = () => ({});
  });

  it('watches together what several show, each as long as somebody does', async () => {
    await open();
    const [stopList, stopHeader] = [presence.watch([OTHER, THIRD]), presence.watch([OTHER])];
    await pass(300);
    expect(said('presence.watch')).toEqual([{ users: [THIRD, OTHER] }]);
    expect(presence.get(OTHER)).toEqual({ status: 'offline', lastSeen: new Date(SEEN) });
    stopList();
    stopList();
    await pass(300);
    expect(said('presence.watch').at(-1)).toEqual({ users: [OTHER] });
    expect(presence.get(THIRD)).toBeUndefined();
    stopHeader();
    await pass(300);
    expect(said('presence.watch').at(-1)).toEqual({ users: [] });
    expect(said('presence.watch')).toHaveLength(3);
  });

  it('says a set once, however often it is shown and hidden meanwhile', async () => {
    await open();
    for (let n = 0; n < 50; n++) presence.watch([OTHER])();
    presence.watch([OTHER]);
    await pass(300);
    await pass(1_000);
    expect(said('presence.watch')).toEqual([{ users: [OTHER] }]);
  });

  it('watches those who came last where there are too many', async () => {
    await open();
    const many = Array.from({ length: 250 }, (_, n) => `01a1fc2b-0000-7000-8000-${String(n).padStart(12, '0')}`);
    presence.watch(many);
    await pass(300);
    expect(said('presence.watch')).toEqual([{ users: many.slice(50) }]);
  });

  it('shows what it hears of those who are watched, and keeps one object until something changes', async () => {
    await open();
    presence.watch([OTHER]);
    await pass(300);
    const before = presence.get(OTHER);
    const heard = (userId: string, status: 'online' | 'offline', lastSeen?: string) =>
      stage.link.event({
        type: 'presence.changed',
        data: { users: [{ userId, status, ...(lastSeen !== undefined && { lastSeen }) }] },
      });
    heard(OTHER, 'offline', SEEN);
    expect(presence.get(OTHER)).toBe(before);
    changes = 0;
    heard(OTHER, 'online');
    heard(THIRD, 'online');
    await settle();
    expect([presence.get(OTHER), presence.get(THIRD)]).toEqual([{ status: 'online', lastSeen: undefined }, undefined]);
    expect(changes).toBe(1);
  });

  it('says everything again on the next connection, and keeps what it knew meanwhile', async () => {
    await open();
    presence.watch([OTHER]);
    presence.look(PLACE);
    presence.setStatus('away');
    await pass(300);
    stage.link.lose();
    expect(presence.get(OTHER)?.status).toBe('offline');
    expect(presence.supported).toBe(false);
    stage.link.log.length = 0;
    await open();
    await pass(300);
    expect(said('focus')).toEqual([{ conversationId: PLACE }]);
    expect(said('presence.set')).toEqual([{ status: 'away' }]);
    expect(said('presence.watch')).toEqual([{ users: [OTHER] }]);
  });

  it('says it on a connection that takes the place of a living one, too', async () => {
    await open();
    presence.watch([OTHER]);
    await pass(300);
    await open();
    await pass(300);
    expect(said('presence.watch')).toHaveLength(2);
  });

  it('asks again later what can’t be answered now, and not what is refused for good', async () => {
    await open();
    const answer = stage.link.answers['presence.watch'];
    stage.link.answers['presence.watch'] = () => {
      throw new Refused('unavailable', 'not now');
    };
    presence.watch([OTHER]);
    await pass(300);
    expect(presence.get(OTHER)).toBeUndefined();
    stage.link.answers['presence.watch'] = answer!;
    await pass(60_000);
    expect(presence.get(OTHER)?.status).toBe('offline');

    stage.link.answers['presence.watch'] = () => {
      throw new Refused('invalid', 'never');
    };
    presence.watch([THIRD]);
    await pass(300);
    const asked = said('presence.watch').length;
    for (let n = 0; n < 10; n++) await pass(10_000);
    expect(said('presence.watch')).toHaveLength(asked);
  });

  it('does nothing on a server without it', async () => {
    await open(2);
    presence.watch([OTHER]);
    presence.look(PLACE);
    presence.setTyping(PLACE);
    presence.setStatus('away');
    await pass(10_000);
    expect([presence.supported, presence.get(OTHER)]).toEqual([false, undefined]);
    expect(['presence.watch', 'focus', 'typing', 'presence.set'].flatMap(said)).toEqual([]);
  });

  it('tells typing no more often than is useful, and that it ended only when that is news', async () => {
    await open();
    for (let n = 0; n < 100; n++) {
      presence.setTyping(PLACE);
      await pass(100);
    }
    expect(said('typing')).toHaveLength(3);
    presence.setTyping(PLACE, false);
    presence.setTyping(PLACE, false);
    expect(said('typing').slice(3)).toEqual([{ conversationId: PLACE, active: false }]);
    presence.setTyping(PLACE);
    expect(said('typing')).toHaveLength(5);
    await pass(6_000);
    presence.setTyping(PLACE, false); // it has expired everywhere
    expect(said('typing')).toHaveLength(5);
  });

  it('shows who else types where one looks, until they write, stop, or nothing is heard any more', async () => {
    await open();
    const types = (users: readonly string[], conversationId = PLACE) =>
      stage.link.event({ type: 'typing.changed', data: { conversationId, users } });
    types([OTHER]);
    expect(presence.typing(PLACE)).toEqual([]);
    presence.look(PLACE);
    types([OTHER, ME, THIRD]);
    expect(presence.typing(PLACE)).toEqual([OTHER, THIRD]);
    expect(presence.typing(PLACE)).toBe(presence.typing(PLACE));
    stage.link.event(created(aRow({ seq: 2 })));
    expect(presence.typing(PLACE)).toEqual([THIRD]);
    types([]);
    expect(presence.typing(PLACE)).toEqual([]);
    types([OTHER]);
    await pass(6_900);
    types([OTHER]);
    await pass(6_900);
    expect(presence.typing(PLACE)).toEqual([OTHER]);
    await pass(100);
    expect(presence.typing(PLACE)).toEqual([]);
    types([OTHER]);
    presence.look(undefined);
    expect([presence.typing(PLACE), said('focus').at(-1)]).toEqual([[], { conversationId: null }]);
  });

  it('bears a link that loses everything, and leaves no timer behind', async () => {
    await open();
    stage.link.answers['presence.watch'] = () => {
      throw new Lost('gone');
    };
    presence.watch([OTHER]);
    presence.look(PLACE);
    await pass(300);
    stage.link.event({ type: 'typing.changed', data: { conversationId: PLACE, users: [OTHER] } });
    stage.client.close();
    const others = stage.timers.size;
    presence.close();
    expect(stage.timers.size).toBe(others - 2);
    presence.watch([THIRD])();
    expect(stage.timers.size).toBe(others - 2);
  });
});
