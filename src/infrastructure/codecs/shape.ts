/**
 * What inbound data may look like, whatever dialect it came in. Above it come the schemas, below it nothing recursive
 * is safe: JSON.parse takes any depth, JSON.stringify dies of a few thousand levels.
 */
export const shapeLimits = {
  /** Containers inside each other; the frame itself is the first. */
  depth: 16,
  /** Per object. */
  keys: 200,
  /** Per array. */
  items: 1_000,
  /** Per array called `cursors`: one more than the command allows, so that the command can say `too_large`. */
  cursors: 1_001,
  /** Values in one frame, containers included. */
  values: 10_000,
} as const;

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Judges what a parser made of the bytes, level by level, without recursion. Undefined when it is sound: within the
 * limits, numbers finite (JSON says 1e400 as well), no key that could reach a prototype. The reason names no content.
 */
export const misshapen = (root: unknown): string | undefined => {
  const below: object[] = [];
  let values = 1;
  const wrong = judged(root, '', below);
  for (let depth = 1; wrong === undefined && below.length > 0; depth += 1) {
    if (depth > shapeLimits.depth) return `nested deeper than ${shapeLimits.depth}`;
    for (const container of below.splice(0)) {
      const found = Array.isArray(container) ? itemsOf(container, below) : fieldsOf(container, below);
      if (typeof found === 'string') return found;
      values += found;
      if (values > shapeLimits.values) return `more than ${shapeLimits.values} values`;
    }
  }
  return wrong;
};

/** Judges the value itself; what is in it is judged with the level below. */
const judged = (value: unknown, key: string, below: object[]): string | undefined => {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'a number out of range';
  if (typeof value !== 'object' || value === null) return undefined;
  const most = key === 'cursors' ? shapeLimits.cursors : shapeLimits.items;
  if (Array.isArray(value) && value.length > most) return `an array of more than ${most}`;
  below.push(value);
  return undefined;
};

/** How many there are, or what is wrong. */
const itemsOf = (items: readonly unknown[], below: object[]): number | string => {
  for (const item of items) {
    const wrong = judged(item, '', below);
    if (wrong !== undefined) return wrong;
  }
  return items.length;
};

const fieldsOf = (object: object, below: object[]): number | string => {
  let keys = 0;
  // Own and enumerable is all that a parser makes; `in` finds the first 200 of 100,000 without listing the rest.
  for (const key in object) {
    keys += 1;
    if (keys > shapeLimits.keys) return `an object of more than ${shapeLimits.keys} keys`;
    if (FORBIDDEN_KEYS.has(key)) return 'a key that is not allowed';
    const wrong = judged((object as Record<string, unknown>)[key], key, below);
    if (wrong !== undefined) return wrong;
  }
  return keys;
};
