import { beforeEach, describe, expect, it } from 'vitest';
import type { Ear } from '#app/infrastructure/redis/redis-broadcast.ts';
import { RedisWitnesses } from '#app/infrastructure/redis/redis-witnesses.ts';

let now: number;
let connected: boolean;
let said: string[];
let ear: Ear;
let witnesses: RedisWitnesses;

beforeEach(() => {
  [now, connected, said] = [1_000, true, []];
  const broadcast = {
    get connected() {
      return connected;
    },
    say: (topic: string) => void said.push(topic),
    listen: (one: Ear) => void (ear = one),
  };
  witnesses = new RedisWitnesses(broadcast, { monotonic: () => now });
});

describe('what nodes say of the database by way of redis', () => {
  it('is silence until one has said that it answers', () => {
    expect(witnesses.elsewhere()).toBe('silent');
  });

  it('is told in words that the others want to hear, and holds for two looks', () => {
    witnesses.testify();
    expect(said.every((topic) => ear.wants(topic))).toBe(true);
    ear.hear(said[0]!, ''); // it was said
    now += 4_500;
    expect(witnesses.elsewhere()).toBe('answers');
    now += 1;
    expect(witnesses.elsewhere()).toBe('silent');
  });

  it('is unknown to who does not hear', () => {
    ear.hear('witness', '');
    connected = false;
    expect(witnesses.elsewhere()).toBe('unknown');
  });

  it('takes no other word for one about the database', () => {
    expect(ear.wants('signal/x')).toBe(false);
  });
});
