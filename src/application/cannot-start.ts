/** What an operator has to correct before the server can start; the process ends with 78 and says all of it. */
export class CannotStart extends Error {
  /** One sentence each, beginning with the name of the setting where there is one. Never quotes a secret. */
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'CannotStart';
  }
}
