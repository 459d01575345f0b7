import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';

/** Who runs PostgreSQL, and how a program is started as them. */
export interface OsAccount {
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** The program and arguments to spawn, and as whom, to have `program` run under this account. */
  command(
    program: string,
    args: readonly string[],
  ): { program: string; args: string[]; as: { uid?: number; gid?: number } };
}

/** Capability numbers of linux/capability.h: either lets a process pass through folders closed to its user. */
const passThrough = [
  { name: 'dac_read_search', bit: 2n },
  { name: 'dac_override', bit: 1n },
] as const;

/**
 * PostgreSQL refuses to run as root, so under root it runs as the owner of `existing` (what an earlier start made), else
 * as the user `postgres`, which is created if there is none. `needed` are paths that account must be able to reach.
 */
export const accountFor = (existing: string, needed: readonly string[]): OsAccount => {
  if (process.getuid?.() !== 0) return { command: (program, args) => ({ program, args: [...args], as: {} }) };

  const owner = ownerOf(existing) ?? postgresUser() ?? createPostgresUser();
  if (reaches(owner, needed)) return { owner, command: (program, args) => ({ program, args: [...args], as: owner }) };

  // A checkout below /root: only root passes. The server keeps that one capability and no other.
  const capability = `+${passThroughCapability(needed)}`;
  return {
    owner,
    command: (program, args) => ({
      program: 'setpriv',
      args: [
        `--reuid=${owner.uid}`,
        `--regid=${owner.gid}`,
        '--clear-groups',
        // access(2), by which initdb and postgres look for their programs, would ignore the capability of a user.
        '--securebits=+no_setuid_fixup',
        ...['--inh-caps', '--ambient-caps'].map((set) => `${set}=-all,${capability}`),
        program,
        ...args,
      ],
      as: {},
    }),
  };
};

const ownerOf = (path: string) => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
};

const postgresUser = () => {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
};

const createPostgresUser = () => {
  spawnSync('groupadd', ['--system', 'postgres'], { stdio: 'ignore' });
  spawnSync(
    'useradd',
    ['--system', '--gid', 'postgres', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'],
    {
      stdio: 'ignore',
    },
  );
  const created = postgresUser();
  if (!created)
    throw new Error(
      'PostgreSQL cannot run as root, and no user "postgres" could be created. Create one, or set DATABASE_URL',
    );
  return created;
};

const reaches = (owner: { uid: number; gid: number }, paths: readonly string[]) =>
  spawnSync('/bin/sh', ['-c', 'for path; do [ -x "$path" ] || exit 1; done', 'sh', ...paths], { cwd: '/', ...owner })
    .status === 0;

const passThroughCapability = (needed: readonly string[]) => {
  try {
    const bounding = BigInt(`0x${/^CapBnd:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`);
    const held = passThrough.find(({ bit }) => bounding & (1n << bit));
    if (held && spawnSync('setpriv', ['--version']).status === 0) return held.name;
  } catch {
    // No Linux: the error below says what to do.
  }
  throw new Error(
    `PostgreSQL cannot run as root, and its user cannot reach ${needed.join(' and ')}. Run as another user, or set DATABASE_URL`,
  );
};
