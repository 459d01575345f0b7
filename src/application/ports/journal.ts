/** What operators read afterwards. Fields are ids, names and numbers from a closed list: never text of messages, tokens, passwords. */
export interface Journal {
  info(event: string, fields?: Readonly<Record<string, string | number | boolean | undefined>>): void;
  warn(event: string, fields?: Readonly<Record<string, string | number | boolean | undefined>>): void;
  /** A fault of ours, with its cause for the log only. Answers the correlation id under which it was noted. */
  fault(error: unknown, where: string): string;
}
