import { addressesIn } from '../postgres/addresses.ts';
import { type Key, type KeyName, type Topic, keyNames, keys } from './keys.ts';
import { gather, type Origin, type Variables } from './sources.ts';

/** A setting as it is shown: never its secret. */
export interface Setting {
  readonly name: KeyName;
  readonly topic: Topic;
  readonly about: string;
  readonly expected: string;
  readonly fallback: string | undefined;
  /** What is in force, redacted; undefined when nothing is. */
  readonly shown: string | undefined;
  readonly origin: Origin | undefined;
}

/** All settings as `config` and `--help` show them, also while some of them are wrong. */
export const settingsOf = (env: Variables): Setting[] => {
  const { texts, origins } = gather(env);
  return keyNames.map((name) => {
    const { topic, about, expected, fallback, hide }: Key = keys[name];
    const text = texts[name];
    return {
      name,
      topic,
      about,
      expected,
      fallback,
      shown: text === undefined ? fallback : redacted(text, hide),
      origin: origins[name] ?? (fallback === undefined ? undefined : 'default'),
    };
  });
};

const HIDDEN = '(hidden)';

const redacted = (text: string, hide: Key['hide']): string => {
  if (hide === undefined) return text;
  if (hide === 'passwords')
    return text
      .split(',')
      .map((item) => redacted(item.trim(), 'password'))
      .join(',');
  const urls = (addressesIn(text) ?? [text]).flatMap((one) => (URL.canParse(one) ? [new URL(one)] : []));
  const [url] = urls;
  if (hide === 'all' || !url) return HIDDEN;
  const hosts = urls.map(({ host }) => host).join(',');
  // Parameters may hold a password as well.
  return `${url.protocol}//${url.username && `${url.username}:${HIDDEN}@`}${hosts}${url.pathname}${url.search && `?${HIDDEN}`}`;
};

const topics: Readonly<Record<Topic, string>> = {
  Listening: 'Where it listens, and to whom.',
  Storage: 'Where it keeps what it must not lose.',
  Identity: 'Who may come in, and by which proof.',
  Operation: 'What operators see, and how it stops.',
  Extension: 'What else runs in the process.',
  Limits:
    'Everything is bounded; clients are told these bounds after `auth`. The text of a message is at most 5,000 code points, always.',
  Rates:
    'Per class, as `RATE/BURST`: so many per second in the long run, so many at once. Beyond that the answer is `rate_limited` with the time to wait.',
};

/** docs/configuration.md. */
export const configurationDocument = (): string => {
  const settings = settingsOf({});
  const sections = Object.entries(topics).map(([topic, about]) => [
    `## ${topic}`,
    '',
    about,
    '',
    '| setting | default | expected | what it does |',
    '| --- | --- | --- | --- |',
    ...settings.filter((setting) => setting.topic === topic).map(row),
    '',
  ]);
  return `${[...intro, ...sections.flat()].join('\n').trimEnd()}\n`;
};

const row = ({ name, fallback, expected, about }: Setting) =>
  `| \`${name}\` | ${fallback === undefined ? '–' : `\`${fallback}\``} | ${cell(expected)} | ${cell(about)} |`;
const cell = (text: string) => text.replaceAll('|', '\\|');

const intro = [
  '# Configuration',
  '',
  '<!-- Made from src/infrastructure/config/keys.ts. A test compares; `npx vitest run --project unit -u tests/unit/infrastructure/config` writes it anew. -->',
  '',
  'Settings are environment variables. Without any of them the server runs on this machine, with a database of its own in `./data`.',
  '',
  '- Each setting can stand in a file instead: `JWT_SECRET_FILE=/run/secrets/jwt` reads `JWT_SECRET` from there, and so for every other.',
  '- `CONFIG_FILE` names a file with many of them, one `KEY=value` a line. The environment wins over it.',
  '- An empty value counts as absent.',
  '- A wrong, contradictory or unknown one (`LIMIT_…` and the like) stops the start with exit code 78; all problems are named at once.',
  '- `tertulia config` shows what is in force and where it comes from, without secrets.',
  '- To rotate the secret, move `JWT_SECRET` to `JWT_SECRET_PREVIOUS`, set a new one, restart; after one life of an access token remove the previous one.',
  '',
];
