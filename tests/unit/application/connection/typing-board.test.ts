import { v7 } from 'uuid';
import { beforeEach, describe, expect, it } from 'vitest';
import { TypingBoard } from '#app/application/connection/typing-board.ts';
import { TYPING_EVERY_MS, TYPING_EXPIRES_MS } from '#app/domain/connection/presence.ts';
import { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { PassingTime } from '../../../support/passing-time.ts';

describe('TypingBoard', () => {
  const id = ConversationId(v7());
  const [ann, ben] = [UserId(v7()), UserId(v7())];
  let time: PassingTime;
  let told: (readonly UserId[])[];
  let open: boolean;
  let board: TypingBoard;
  beforeEach(() => {
    time = new PassingTime();
    told = [];
    open = true;
    board = new TypingBoard(time.timers, time.clock, { isOpen: () => open, tell: (_id, users) => told.push(users) });
  });

  it('tells who begins and who stops', async () => {
    board.heard(id, ann, true);
    expect(told).toEqual([[ann]]);
    await time.pass(1_000);
    board.heard(id, ann, false);
    expect(told).toEqual([[ann], []]);
    expect(board.size).toBe(0);
  });

  it('lets each expire by itself, and tells again who goes on', async () => {
    board.heard(id, ann, true);
    await time.pass(1_000);
    board.heard(id, ben, true);
    await time.pass(TYPING_EVERY_MS - 1_000);
    board.heard(id, ann, true);
    expect(told.at(-1)).toEqual([ben, ann]);
    await time.pass(1_000 + TYPING_EXPIRES_MS - TYPING_EVERY_MS);
    expect(told.at(-1)).toEqual([ann]);
    await time.pass(TYPING_EXPIRES_MS);
    expect(told).toEqual([[ann], [ann, ben], [ben, ann], [ann], []]);
    expect([board.size, board.of(id)]).toEqual([0, []]);
    await time.pass(1_000);
    expect(time.timers.size).toBe(0);
  });

  it('tells at most once a second, and the truth in the end', async () => {
    const many = Array.from({ length: 100 }, () => UserId(v7()));
    for (const [n, userId] of many.entries()) {
      board.heard(id, userId, true);
      await time.pass(30);
      board.heard(id, userId, n > 90);
    }
    await time.pass(1_000);
    expect(told.length).toBeLessThanOrEqual(5);
    expect(told.at(-1)).toEqual(many.slice(91));
  });

  it('shows twenty at most', async () => {
    for (let n = 0; n < 50; n++) board.heard(id, UserId(v7()), true);
    expect(board.of(id)).toHaveLength(20);
  });

  it('keeps nothing of a conversation that nobody here could look at, nor of more than ten thousand', () => {
    open = false;
    board.heard(id, ann, true);
    expect([board.size, told]).toEqual([0, []]);
    open = true;
    for (let n = 0; n < 10_010; n++) board.heard(ConversationId(v7()), ann, true);
    expect(board.size).toBe(10_000);
  });

  it('says nothing of who stops and had not begun', () => {
    board.heard(id, ann, false);
    expect(told).toEqual([]);
  });

  it('leaves no timer behind', () => {
    board.heard(id, ann, true);
    board.close();
    expect([time.timers.size, board.size]).toEqual([0, 0]);
  });
});
