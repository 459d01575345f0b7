import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { launchChromium, Profile, type ProfileOptions } from './chromium.ts';

const artefacts = join(import.meta.dirname, '../../.vitest/browser');

/** One Chromium for a test file. */
export class BrowserOfFile {
  browser!: Browser; // there before the first test
  readonly profiles = new Set<Profile>();

  /** Call it at the top of the file. Every problem of a profile that a test did not expect fails the test. */
  static open(): BrowserOfFile {
    const file = new BrowserOfFile();
    beforeAll(async () => {
      file.browser = await launchChromium();
    });
    afterEach(async ({ task }) => {
      const left = [...file.profiles].flatMap((profile) => [
        ...profile.takeProblems(),
        ...profile.executions.splice(0),
      ]);
      const failed = task.result?.state === 'fail' || left.length > 0;
      const folder = join(artefacts, task.name.replaceAll(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80));
      await rm(folder, { recursive: true, force: true }); // of an earlier run
      if (failed) await mkdir(folder, { recursive: true });
      await file.#endTest(failed ? folder : undefined);
      if (left.length > 0) throw new Error(`the browser had problems:\n${left.join('\n')}`);
    });
    afterAll(() => file.browser.close());
    return file;
  }

  async profile(options?: ProfileOptions): Promise<Profile> {
    const profile = await Profile.open(this.browser, options);
    this.profiles.add(profile);
    await profile.beginTest();
    return profile;
  }

  async tab(options?: ProfileOptions): Promise<{ profile: Profile; page: Page }> {
    const profile = await this.profile(options);
    return { profile, page: await profile.context.newPage() };
  }

  async #endTest(folder: string | undefined): Promise<void> {
    for (const [number, profile] of [...this.profiles].entries()) {
      await profile.endTest(folder, number);
      if (profile.options.kept) await profile.beginTest();
      else {
        this.profiles.delete(profile);
        await profile.context.close();
      }
    }
  }
}
