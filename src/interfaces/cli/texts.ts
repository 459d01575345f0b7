/** A setting as the configuration hands it over: redacted already. */
export interface ShownSetting {
  readonly name: string;
  readonly topic: string;
  readonly about: string;
  readonly expected: string;
  readonly fallback: string | undefined;
  readonly shown: string | undefined;
  readonly origin: string | undefined;
}

export const usage = `Usage: tertulia [command]

  serve        start the server (also without any command)
  migrate      bring the database named by DATABASE_URL up to date, and end
  config       show what is in force and where it comes from, without secrets, and end
  epoch bump   after a restore from a backup: make all clients fetch anew
  help         this; also -h, --help
  version      -V, --version

Ends with 0 when all went well, 1 after a fault, 64 when asked for what there is not, 78 when the configuration is wrong.
`;

/** Without anything set the server runs on this machine alone; so the list is for reference, not for filling in. */
export const helpText = (settings: readonly ShownSetting[]): string =>
  [
    usage,
    'Settings are environment variables. Each can stand in a file instead (JWT_SECRET_FILE=/run/secrets/jwt), or in the file',
    'that CONFIG_FILE names. None is needed.',
    ...byTopic(settings, ({ name, about, expected, fallback }) => [
      `  ${name}${fallback === undefined ? '' : ` = ${fallback}`}`,
      ...wrapped(`${about} Expected: ${expected}.`, 100).map((line) => `      ${line}`),
    ]),
    '',
  ].join('\n');

export const configText = (settings: readonly ShownSetting[]): string => {
  const width = Math.max(
    0,
    ...settings.map(({ name, shown }) => `${name}=${shown ?? ''}`.length).filter((length) => length <= 60),
  );
  return [
    ...byTopic(settings, ({ name, shown, origin }) => [
      shown === undefined ? `  # ${name} is not set` : `  ${`${name}=${shown}`.padEnd(width)}  # ${origin ?? ''}`,
    ]),
    '',
  ].join('\n');
};

const byTopic = (settings: readonly ShownSetting[], lines: (setting: ShownSetting) => readonly string[]): string[] =>
  [...new Set(settings.map(({ topic }) => topic))].flatMap((topic) => [
    '',
    `${topic}:`,
    ...settings.filter((setting) => setting.topic === topic).flatMap(lines),
  ]);

const wrapped = (text: string, width: number): string[] =>
  text.split(' ').reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= width) return [...lines, word];
    return [...lines.slice(0, -1), `${last} ${word}`];
  }, []);
