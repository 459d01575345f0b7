interface Ahead {
  readonly count: number;
  readonly apply: () => void;
}

/** Beyond it the furthest are dropped: `sync` brings them. */
const MOST_AHEAD = 1_000;

/**
 * Rules 1 to 3 of events: what counts is applied once, in the order of its counter, without a hole.
 * @param cursor up to which everything is applied
 */
export const newGate = (cursor: number) => {
  let ahead: Ahead[] = [];

  const release = (): void => {
    while (ahead[0] && ahead[0].count <= cursor + 1) {
      const { count, apply } = ahead.shift()!; // just looked at
      if (count <= cursor) continue;
      apply();
      cursor = count;
    }
  };

  return {
    get cursor(): number {
      return cursor;
    },
    /** Something came whose turn has not. */
    get waits(): boolean {
      return ahead.length > 0;
    },
    take: (count: number, apply: () => void): void => {
      if (count <= cursor) return;
      ahead.push({ count, apply });
      ahead.sort((a, b) => a.count - b.count);
      release();
      if (ahead.length > MOST_AHEAD) ahead.pop();
    },
    /** Everything up to there is known by another way. */
    advance: (to: number): void => {
      cursor = Math.max(cursor, to);
      release();
    },
    /** What waits is of another connection, or another history. */
    forgetAhead: (): void => {
      ahead = [];
    },
  };
};

export type Gate = ReturnType<typeof newGate>;
