import { CannotStart } from '#app/application/cannot-start.ts';
import { parseArguments } from './arguments.ts';
import { configText, helpText, type ShownSetting, usage } from './texts.ts';

export const exitCodes = { ok: 0, fault: 1, usage: 64, configuration: 78 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What the commands do; each ends when it is done. @throws CannotStart for what the operator has to correct */
export interface CliActions {
  /** Until the server was told to stop and has drained. */
  serve(): Promise<void>;
  /** Answers the names of the migrations that it applied. */
  migrate(): Promise<readonly string[]>;
  /** Every setting in force, redacted, also while some are wrong. */
  settings(): readonly ShownSetting[];
  /** What is unwise about them. @throws CannotStart */
  check(): readonly string[];
  /** Answers the new epoch. */
  bumpEpoch(): Promise<string>;
}

export interface Terminal {
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  /** A fault in words for the operator, without secrets. */
  readonly explain: (error: unknown) => string;
}

/** Does what the words after the program's name ask for, and never throws: the exit code says how it went. */
export const runCli = async (
  words: readonly string[],
  version: string,
  actions: CliActions,
  terminal: Terminal,
): Promise<ExitCode> => {
  try {
    return await run(words, version, actions, terminal);
  } catch (error) {
    if (error instanceof CannotStart) {
      terminal.complain(
        `tertulia can not do this as it is set up:\n${error.problems.map((problem) => `  ${problem}\n`).join('')}`,
      );
      return exitCodes.configuration;
    }
    terminal.complain(`tertulia: ${terminal.explain(error)}\n`);
    return exitCodes.fault;
  }
};

const run = async (
  words: readonly string[],
  version: string,
  actions: CliActions,
  { print, complain }: Terminal,
): Promise<ExitCode> => {
  const asked = parseArguments(words);
  switch (asked.command) {
    case 'serve':
      await actions.serve();
      return exitCodes.ok;
    case 'migrate': {
      const applied = await actions.migrate();
      print(
        applied.length === 0 ? 'The database is up to date.\n' : applied.map((name) => `applied ${name}\n`).join(''),
      );
      return exitCodes.ok;
    }
    case 'config':
      print(configText(actions.settings()));
      for (const warning of actions.check()) complain(`warning: ${warning}\n`);
      return exitCodes.ok;
    case 'epoch bump':
      print(`The epoch is now ${await actions.bumpEpoch()}: all clients will fetch anew.\n`);
      return exitCodes.ok;
    case 'help':
      print(helpText(actions.settings()));
      return exitCodes.ok;
    case 'version':
      print(`tertulia ${version}\n`);
      return exitCodes.ok;
    case 'wrong':
      complain(`tertulia: ${asked.problem}\n\n${usage}`);
      return exitCodes.usage;
  }
};
