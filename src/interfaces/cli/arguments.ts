/** What the operator asked for. `wrong` is answered with usage and exit code 64. */
export type Invocation =
  | { readonly command: 'serve' | 'migrate' | 'config' | 'epoch bump' | 'help' | 'version' }
  | { readonly command: 'wrong'; readonly problem: string };

const commands = ['serve', 'migrate', 'config', 'epoch bump', 'help'] as const;

/** `words` are those after the program's name. Asking for help wins over whatever stands beside it. */
export const parseArguments = (words: readonly string[]): Invocation => {
  if (words.some((word) => word === '--help' || word === '-h')) return { command: 'help' };
  if (words.some((word) => word === '--version' || word === '-V')) return { command: 'version' };
  const flag = words.find((word) => word.startsWith('-'));
  if (flag !== undefined) return wrong(`there is no option ${quoted(flag)}; settings are environment variables`);
  if (words.length === 0) return { command: 'serve' };
  const asked = words.join(' ');
  const command = commands.find((known) => known === asked);
  if (command) return { command };
  if (asked === 'epoch') return wrong('epoch what? There is `epoch bump`');
  const [first = ''] = words;
  return commands.some((known) => known === first)
    ? wrong(`${first} takes nothing after it`)
    : wrong(`there is no command ${quoted(asked)}`);
};

const wrong = (problem: string): Invocation => ({ command: 'wrong', problem });
/** It goes to a terminal, so what was typed is shown without its control characters. */
const quoted = (text: string) => JSON.stringify(text.slice(0, 60).replace(/[\p{Cc}\p{Cf}]/gu, '?'));
