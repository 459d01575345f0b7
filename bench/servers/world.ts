import { v7 as uuid } from 'uuid';

export interface Conversation {
  readonly id: string;
  readonly kind: 'private' | 'group';
  /** Indexes into `users`. */
  readonly members: readonly number[];
}

/** Who there is and who talks with whom, the same for every server. */
export interface World {
  readonly users: readonly string[];
  readonly conversations: readonly Conversation[];
}

const ids = (count: number): string[] => Array.from({ length: count }, () => uuid());
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** `groups` conversations that share nobody; member m of conversation g is user g × size + m. */
export const disjoint = (kind: Conversation['kind'], groups: number, size: number): World => ({
  users: ids(groups * size),
  conversations: ids(groups).map((id, group) => ({ id, kind, members: range(group * size, size) })),
});

/** Primes, so that a step by one of them visits every user once before it comes round. */
const STRIDES = [1, 4_999, 6_101, 7_919, 3_571] as const;

/** Every user is in five groups of `size`, each with other people. `users` is a multiple of `size`. */
export function overlapping(users: number, size: number): World {
  const conversations = STRIDES.flatMap((stride) =>
    range(0, users / size).map((group) => ({
      id: uuid(),
      kind: 'group' as const,
      members: range(group * size, size).map((place) => (place * stride) % users),
    })),
  );
  return { users: ids(users), conversations };
}
