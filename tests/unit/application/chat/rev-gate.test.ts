import { beforeEach, describe, expect, it } from 'vitest';
import { RevGate, type Source } from '#app/application/chat/rev-gate.ts';
import { ManualTimers, settle } from '../../../support/manual-timers.ts';

const HOLD = 50;
const LATE = 500;
const LONGEST_HOLD = 150;
const PAGE = 3;

/** A database in which each counter of a key is a row of its own; reading it can be held up, and can fail. */
class Database implements Source<string, number> {
  readonly heads_ = new Map<string, number>();
  readonly reads: string[] = [];
  failures = 0;
  #gate: Promise<void> = Promise.resolve();

  /** Answers nothing until what it returns is called. */
  freeze(): () => void {
    let thaw = () => {};
    this.#gate = new Promise((resolve) => (thaw = resolve));
    return thaw;
  }

  async heads(keys: readonly string[]) {
    if (this.failures > 0) {
      this.failures--;
      throw new Error('the database is away');
    }
    return new Map(keys.flatMap((key) => (this.heads_.has(key) ? [[key, this.heads_.get(key)!] as const] : []))); // it has
  }

  async read(key: string, after: number, upTo: number) {
    this.reads.push(`${key} ${after}-${upTo}`);
    await this.#gate;
    const rows = Array.from({ length: upTo - after }, (_, n) => after + n + 1);
    return { rows: rows.slice(0, PAGE), more: rows.length > PAGE };
  }

  counterOf = (row: number) => row;
}

let database: Database;
let timers: ManualTimers;
let out: string[];
let told: { held: number; repairs: number[]; losses: number; faults: number };
let gate: RevGate<string, string, number>;

beforeEach(() => {
  [database, timers, out] = [new Database(), new ManualTimers(), []];
  told = { held: 0, repairs: [], losses: 0, faults: 0 };
  gate = new RevGate(
    database,
    {
      event: (key, event) => out.push(`${key}:${event}`),
      repaired: (key, from, upTo, rows, whole) =>
        out.push(`${key}:(${from},${upTo}]${rows.join()}${whole ? '' : ' part'}`),
    },
    timers,
    {
      holdMs: HOLD,
      longestHoldMs: LONGEST_HOLD,
      lateMs: LATE,
      heldLimit: 4,
      onHeld: () => told.held++,
      onRepair: (rows) => told.repairs.push(rows),
      onSilentLoss: () => told.losses++,
      onFault: () => told.faults++,
    },
  );
  gate.open('k', 10);
});

const accept = (...counters: number[]) => {
  for (const counter of counters) gate.accept('k', counter, `e${counter}`);
};

describe('RevGate, events', () => {
  it('pass in order at once', () => {
    accept(11, 12, 13);
    expect(out).toEqual(['k:e11', 'k:e12', 'k:e13']);
    expect([gate.lastOf('k'), timers.size]).toEqual([13, 0]);
  });

  it('that are old or doubled are dropped', () => {
    accept(9, 10, 11, 11, 10);
    expect(out).toEqual(['k:e11']);
  });

  it('of a key that is not open are nobody’s', () => {
    gate.accept('other', 1, 'e1');
    expect([out, gate.lastOf('other'), gate.size]).toEqual([[], undefined, 1]);
  });

  it('that overtook others wait for them, and the database is not asked', async () => {
    accept(13, 12);
    expect(out).toEqual([]);
    accept(11);
    expect(out).toEqual(['k:e11', 'k:e12', 'k:e13']);
    expect(told.held).toBe(2);
    await timers.pass(HOLD);
    expect([database.reads, timers.size]).toEqual([[], 0]);
  });

  it('of one key do not wait for another’s', () => {
    gate.open('l', 0);
    accept(12);
    gate.accept('l', 1, 'e1');
    expect(out).toEqual(['l:e1']);
  });
});

describe('RevGate, repair', () => {
  it('reads what is missing, then lets out what waited for it', async () => {
    database.heads_.set('k', 12);
    accept(13, 14);
    await timers.pass(HOLD - 1);
    expect(database.reads).toEqual([]);
    await timers.pass(1);
    expect(database.reads).toEqual(['k 10-12']);
    expect(out).toEqual(['k:(10,12]11,12', 'k:e13', 'k:e14']);
    expect([told.repairs, told.losses]).toEqual([[2], 0]);
  });

  it('drops events that what was read stands for', async () => {
    database.heads_.set('k', 13);
    accept(12, 13);
    await timers.pass(HOLD);
    expect(out).toEqual(['k:(10,13]11,12,13']);
    expect(timers.size).toBe(0);
    accept(14);
    expect(out.at(-1)).toBe('k:e14');
  });

  it('reads a long gap in parts, each of which says that it is one', async () => {
    database.heads_.set('k', 17);
    accept(18);
    await timers.pass(HOLD);
    expect(out).toEqual(['k:(10,13]11,12,13 part', 'k:(13,16]14,15,16 part', 'k:(16,17]17 part', 'k:e18']);
  });

  it('holds everything that comes while it reads, and reads once', async () => {
    database.heads_.set('k', 12);
    const thaw = database.freeze();
    accept(12);
    await timers.pass(HOLD);
    accept(11, 13, 14);
    await timers.pass(HOLD * 10);
    expect([out, database.reads]).toEqual([[], ['k 10-12']]);
    thaw();
    await settle();
    expect(out).toEqual(['k:(10,12]11,12', 'k:e13', 'k:e14']);
  });

  it('goes on when there is a new hole behind what was read', async () => {
    database.heads_.set('k', 12);
    accept(12, 15);
    await timers.pass(HOLD);
    expect(out).toEqual(['k:(10,12]11,12']);
    database.heads_.set('k', 15);
    await timers.pass(HOLD);
    expect(out).toEqual(['k:(10,12]11,12', 'k:(12,15]13,14,15']);
  });

  it('tries again after a failure, and lets nothing out before', async () => {
    database.heads_.set('k', 12);
    database.failures = 2;
    accept(12);
    await timers.pass(HOLD);
    accept(13);
    expect([out, told.faults]).toEqual([[], 1]);
    await timers.pass(500);
    expect([out, told.faults]).toEqual([[], 2]);
    await timers.pass(500);
    expect(out).toEqual(['k:(10,12]11,12', 'k:e13']);
  });

  it('forgets what is beyond the limit of what is held, and reads it back', async () => {
    accept(12, 13, 14, 15, 16, 17, 18);
    database.heads_.set('k', 12);
    await timers.pass(HOLD);
    expect(out).toEqual(['k:(10,12]11,12', 'k:e13', 'k:e14', 'k:e15']);
    database.heads_.set('k', 18);
    accept(19);
    await timers.pass(HOLD);
    expect(out.slice(4)).toEqual(['k:(15,18]16,17,18', 'k:e19']);
  });

  it('reads few holes at once, and those no more that are filled while they wait for their turn', async () => {
    const keys = Array.from({ length: 20 }, (_, n) => `many${n}`);
    for (const key of keys) {
      database.heads_.set(key, 2);
      gate.open(key, 0);
      gate.accept(key, 2, 'e2');
    }
    const thaw = database.freeze();
    await timers.pass(HOLD);
    const begun = database.reads.length;
    expect(begun).toBeLessThan(keys.length);
    for (const key of keys.slice(begun, -1)) gate.accept(key, 1, 'e1');
    thaw();
    await settle();
    expect(database.reads).toEqual([...keys.slice(0, begun), keys.at(-1)].map((key) => `${key} 0-2`));
    expect(keys.map((key) => gate.lastOf(key))).toEqual(keys.map(() => 2));
  });

  it('is over when the missing event comes just in time', async () => {
    database.heads_.set('k', 12);
    accept(12);
    await timers.pass(HOLD - 1);
    accept(11);
    await timers.pass(1);
    expect([out, database.reads]).toEqual([['k:e11', 'k:e12'], []]);
  });
});

describe('RevGate, patience', () => {
  /** Leaves the next counter out, lets it be read back, and tells how long that took. */
  const aHole = async () => {
    const lost = gate.lastOf('k')! + 1; // open
    const reads = database.reads.length;
    database.heads_.set('k', lost + 1);
    accept(lost + 1);
    let ms = 0;
    for (; database.reads.length === reads; ms++) await timers.pass(1);
    return { lost, ms };
  };

  it('grows, to a bound, when what was read back comes after all', async () => {
    for (const ms of [HOLD, 2 * HOLD, LONGEST_HOLD, LONGEST_HOLD]) {
      const hole = await aHole();
      expect(hole.ms).toBe(ms);
      accept(hole.lost, hole.lost);
    }
  });

  it('grows when it comes while it is being read, too', async () => {
    const thaw = database.freeze();
    accept((await aHole()).lost);
    thaw();
    await settle();
    expect((await aHole()).ms).toBe(2 * HOLD);
  });

  it('stays where what was read back never comes, and what was said after the hole does', async () => {
    for (let times = 0; times < 3; times++) {
      const { lost, ms } = await aHole();
      expect(ms).toBe(HOLD);
      accept(lost + 1);
    }
  });

  it.each([
    ['routine', false],
    ['disturbed', true],
  ])('wanes with %s comparisons once nothing has been late since the one before', async (_which, disturbed) => {
    accept((await aHole()).lost);
    accept((await aHole()).lost);
    for (const ms of [LONGEST_HOLD, LONGEST_HOLD / 2, HOLD, HOLD]) {
      await gate.compareHeads(disturbed);
      expect((await aHole()).ms).toBe(ms);
    }
  });
});

describe('RevGate, comparison of heads', () => {
  it('finds what was lost without a trace', async () => {
    accept(11);
    database.heads_.set('k', 13);
    await gate.compareHeads();
    await timers.pass(LATE - 1);
    expect(out).toEqual(['k:e11']); // an event that is just being announced gets its time
    await timers.pass(1);
    expect([out.slice(1), told.losses]).toEqual([['k:(11,13]12,13'], 1]);
  });

  it.each([
    ['after a disturbance', true, true],
    ['between the reading of the head and the opening', false, false],
  ])('takes what was missed %s for no silent loss, and reads it sooner', async (_when, used, disturbed) => {
    if (used) accept(11);
    database.heads_.set('k', 12);
    await gate.compareHeads(disturbed);
    await timers.pass(HOLD);
    expect([out.length, told.losses]).toEqual([used ? 2 : 1, 0]);
  });

  it('counts what is missed after a comparison that found nothing', async () => {
    database.heads_.set('k', 10);
    await gate.compareHeads();
    database.heads_.set('k', 11);
    await gate.compareHeads();
    await timers.pass(LATE);
    expect([out, told.losses]).toEqual([['k:(10,11]11'], 1]);
  });

  it('takes an event that was only late for no loss', async () => {
    database.heads_.set('k', 11);
    await gate.compareHeads();
    accept(11);
    await timers.pass(HOLD);
    expect([out, told.losses, database.reads]).toEqual([['k:e11'], 0, []]);
  });

  it('remembers what is missing though what comes later falls into place meanwhile', async () => {
    database.heads_.set('k', 13);
    await gate.compareHeads();
    accept(12, 11);
    expect(out).toEqual(['k:e11', 'k:e12']);
    await timers.pass(HOLD);
    expect([out.slice(2), timers.size]).toEqual([['k:(12,13]13'], 0]);
  });

  it('gives up what it was told of a head that is not there any more', async () => {
    database.heads_.set('k', 13);
    await gate.compareHeads();
    database.heads_.set('k', 9);
    await timers.pass(HOLD);
    expect([out, timers.size]).toEqual([[], 0]);
  });

  it('leaves alone what is complete, ahead of what was read, or unknown', async () => {
    database.heads_.set('k', 9);
    gate.open('unknown', 3);
    await gate.compareHeads();
    expect(timers.size).toBe(0);
  });

  it('asks for a thousand keys at a time', async () => {
    for (let n = 0; n < 2_500; n++) gate.open(`key ${n}`, 0);
    const asked: number[] = [];
    const { heads } = database;
    database.heads = async (keys) => {
      asked.push(keys.length);
      return heads.call(database, keys);
    };
    await gate.compareHeads();
    expect(asked).toEqual([1_000, 1_000, 501]);
  });

  it('fails as the database does, and harms nothing', async () => {
    database.failures = 1;
    await expect(gate.compareHeads()).rejects.toThrow('away');
    accept(11);
    expect(out).toEqual(['k:e11']);
  });
});

describe('RevGate, opening and closing', () => {
  it('opens once', () => {
    accept(11);
    gate.open('k', 5);
    expect(gate.lastOf('k')).toBe(11);
  });

  it('forgets what waits when it is closed', async () => {
    accept(12);
    gate.close('k');
    expect([timers.size, gate.size]).toEqual([0, 0]);
    accept(11);
    expect(out).toEqual([]);
  });

  it('lets out nothing of a repair that ends after it was closed, nor after it was opened anew', async () => {
    database.heads_.set('k', 12);
    const thaw = database.freeze();
    accept(12);
    await timers.pass(HOLD);
    accept(11, 13);
    gate.close('k');
    gate.open('k', 20);
    thaw();
    await settle();
    expect([out, gate.lastOf('k'), timers.size]).toEqual([[], 20, 0]);
    accept(21);
    expect(out).toEqual(['k:e21']);
  });
});

describe('in another history', () => {
  it('counts from its heads, lets numbers out again, and has subscribers catch up', async () => {
    gate.open('a', 7);
    gate.open('gone', 4);
    gate.accept('a', 9, 'nine'); // waits for 8
    database.heads_.set('a', 5);
    await gate.beginAnew();
    expect([out, gate.lastOf('a'), gate.lastOf('gone')]).toEqual([['a:(5,5] part'], 5, 0]);
    gate.accept('a', 6, 'another six');
    gate.accept('gone', 1, 'made again');
    expect(out.slice(1)).toEqual(['a:another six', 'gone:made again']);
    await timers.pass(LATE);
    expect([out.length, timers.size]).toEqual([3, 0]);
  });

  it('forgets a repair that is under way', async () => {
    gate.open('a', 1);
    database.heads_.set('a', 9);
    const thaw = database.freeze();
    gate.accept('a', 9, 'nine');
    await timers.pass(HOLD);
    database.heads_.set('a', 3);
    await gate.beginAnew();
    thaw();
    await settle();
    expect([out, gate.lastOf('a')]).toEqual([['a:(3,3] part'], 3]);
  });
});
