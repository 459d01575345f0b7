import { readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type KeyName, keyNames, keys } from './keys.ts';

export type Variables = Readonly<Record<string, string | undefined>>;
export type Origin = 'environment' | 'file' | 'default';

export interface Raw {
  readonly texts: Readonly<Partial<Record<KeyName, string>>>;
  readonly origins: Readonly<Partial<Record<KeyName, Origin>>>;
  readonly problems: readonly string[];
}

const MOST_BYTES = 65_536;
/** A name that begins so is meant for us: if we don't know it, it is a slip that would go unnoticed. */
const OURS = /^(LIMIT_|JWT_SECRET|ALLOW_|ALLOWED_|TRUSTED_)/;

/**
 * Every setting may stand in the environment, in the file that KEY_FILE names (for secrets that are mounted), or in
 * CONFIG_FILE; the first of these wins. Empty counts as absent, for that is how compose files leave something out.
 */
export const gather = (env: Variables): Raw => {
  const texts: Partial<Record<KeyName, string>> = {};
  const origins: Partial<Record<KeyName, Origin>> = {};
  const problems: string[] = [];
  const read = (name: string, file: string) => {
    try {
      if (statSync(file).size > MOST_BYTES) throw new Error('it is too large');
      return readFileSync(file, 'utf8');
    } catch (error) {
      problems.push(`${name}: ${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'it is too large'})`);
      return undefined;
    }
  };
  const fromFile = (variables: Variables, name: KeyName) => {
    const file = variables[`${name}_FILE`];
    return file ? read(`${name}_FILE`, file)?.replace(/\r?\n$/, '') : undefined;
  };

  const written = env.CONFIG_FILE ? parseEnv(read('CONFIG_FILE', env.CONFIG_FILE) ?? '') : {};
  for (const name of keyNames) {
    for (const [origin, variables] of [
      ['environment', env],
      ['file', written],
    ] as const) {
      if (texts[name]) break;
      if (variables[name] && variables[`${name}_FILE`]) problems.push(`${name}: set it or ${name}_FILE, not both`);
      const text = variables[name] || fromFile(variables, name);
      if (text) [texts[name], origins[name]] = [text, variables[name] ? origin : 'file'];
    }
  }
  const strangers = [...Object.keys(env).filter((name) => OURS.test(name)), ...Object.keys(written)].filter(
    (name) => !isKnown(name),
  );
  return { texts, origins, problems: [...problems, ...new Set(strangers.map(unknown))] };
};

const isKnown = (name: string) => Object.hasOwn(keys, name.replace(/_FILE$/, '')) || Object.hasOwn(keys, name);

const unknown = (name: string) => {
  const nearest = keyNames.map((key) => ({ key, away: distance(name, key) })).toSorted((a, b) => a.away - b.away)[0];
  return `${name}: there is no such setting${nearest && nearest.away <= 3 ? `; did you mean ${nearest.key}?` : ''}`;
};

/** How many letters must be put in, left out or changed. */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of from.slice(0, 80).split('').entries()) {
    const next = [index + 1];
    for (let at = 1; at <= to.length; at++) {
      const changed = (row[at - 1] ?? 0) + (letter === to[at - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
};
