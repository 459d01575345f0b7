import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type ConsoleMessage,
  chromium,
} from 'playwright-core';

/** It talks to our server only, and keeps nothing. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** For whatever a test waits for in a page; on a loaded machine everything takes its time. */
const PATIENCE_MS = 30_000;
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
/** The page's side of it; the program of the tests knows no DOM. */
const REPORT_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) =>
  reportViolation([event.violatedDirective, event.blockedURI, event.sample].join(' ')));`;

const findChromium = async (): Promise<string> => {
  const { CHROMIUM, PATH = '' } = process.env;
  if (CHROMIUM) return CHROMIUM;
  const onPath = ['/usr/bin', ...PATH.split(delimiter)].flatMap((folder) => NAMES.map((name) => join(folder, name)));
  for (const path of [...onPath, ...APPLICATIONS])
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  throw new Error('The browser tests need Chromium: install it, or set CHROMIUM to the path of one.');
};

/** Not for tests alone: scripts take pictures with it. The caller closes it. */
export const launchChromium = async (): Promise<Browser> =>
  chromium.launch({ executablePath: await findChromium(), headless: true, args: QUIET });

export interface ProfileOptions extends BrowserContextOptions {
  /** It lives through the tests of its file; else it ends with the test that opened it. */
  readonly kept?: boolean;
  /** A trace of each failed test, at some cost; yes, unless frames are measured. */
  readonly traced?: boolean;
}

/** One person's browser: cookies, storage and tabs of their own. All that goes wrong in it is kept. */
export class Profile {
  readonly problems: string[] = [];
  /** Dialogs of scripts, and calls of `__xss`: nothing of ours makes one. */
  readonly executions: string[] = [];
  #expected: RegExp[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly options: ProfileOptions,
  ) {}

  static async open(browser: Browser, options: ProfileOptions = {}): Promise<Profile> {
    const { kept: _, traced = true, ...ofContext } = options;
    const profile = new Profile(await browser.newContext({ locale: 'en-GB', ...ofContext }), { ...options, traced });
    await profile.#watch();
    if (traced) await profile.context.tracing.start({ snapshots: true });
    return profile;
  }

  /** Until the end of the test, such problems are what it is about. */
  expect(...problems: readonly RegExp[]): void {
    this.#expected.push(...problems);
  }

  /** What went wrong, and was not expected; asked once per test. */
  takeProblems(): readonly string[] {
    const unexpected = this.problems.filter((problem) => !this.#expected.some((one) => one.test(problem)));
    this.problems.length = 0;
    this.#expected = [];
    return unexpected;
  }

  async beginTest(): Promise<void> {
    if (this.options.traced) await this.context.tracing.startChunk();
  }

  /** With a folder: leaves there what helps to understand a failure. */
  async endTest(folder: string | undefined, number: number): Promise<void> {
    if (folder !== undefined)
      for (const [tab, page] of this.context.pages().entries())
        await page.screenshot({ path: join(folder, `${number}-${tab}.png`), timeout: 3_000 }).catch(() => {}); // it may have crashed
    const path = folder === undefined ? {} : { path: join(folder, `${number}-trace.zip`) };
    if (this.options.traced) await this.context.tracing.stopChunk(path).catch(() => {});
  }

  async #watch(): Promise<void> {
    const { context, problems, executions } = this;
    context.setDefaultTimeout(PATIENCE_MS);
    await context.exposeBinding('reportViolation', (_source, what: string) => void problems.push(`csp: ${what}`));
    await context.exposeBinding('__xss', (_source, what?: unknown) => void executions.push(`__xss(${String(what)})`));
    await context.addInitScript({ content: REPORT_VIOLATIONS });
    context.on('console', (message) => this.#hear(message));
    context.on('weberror', (error) => void problems.push(`page: ${error.error().stack ?? error.error().message}`));
    context.on('dialog', (dialog) => {
      executions.push(`${dialog.type()}: ${dialog.message()}`);
      dialog.dismiss().catch(() => {}); // the page may be gone
    });
  }

  #hear(message: ConsoleMessage): void {
    if (message.type() === 'error') this.problems.push(`console: ${message.text()} ${message.location().url}`);
  }
}
