import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { v7 } from 'uuid';
import { BrowserOfFile } from '../support/browser-of-file.ts';
import type { Profile, ProfileOptions } from '../support/chromium.ts';
import { ServerProcess } from '../support/server-process.ts';
import { aDatabase } from '../support/services.ts';
import { WsClient } from '../support/ws-client.ts';

/** An account of the server, made without the page. */
export interface Account {
  readonly userId: string;
  readonly handle: string;
  readonly displayName: string;
  readonly token: string;
}
export const PASSWORD = 'a sentence to keep';
/** Half of what one connection may have in flight. */
const PIPELINED = 32;

export interface Seat {
  readonly account: Account;
  readonly profile: Profile;
  readonly page: Page;
}

/** A server and a Chromium for one test file. */
export class Stage {
  server!: ServerProcess; // there before the first test
  databaseUrl!: string; // likewise

  private constructor(readonly chromium: BrowserOfFile) {}

  /** Call it at the top of the file. */
  static open(): Stage {
    const stage = new Stage(BrowserOfFile.open());
    beforeAll(async () => {
      stage.databaseUrl = (await aDatabase()).url;
      stage.server = await ServerProcess.start(stage.databaseUrl);
    });
    afterAll(() => stage.server.stop());
    return stage;
  }

  /** With a handle of its own; the password is always the same. */
  async account(displayName: string): Promise<Account> {
    const handle = `u_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
    const answer = await this.server.command('user.register', { handle, displayName, password: PASSWORD });
    const { user, accessToken } = answer as { user: { id: string }; accessToken: string };
    return { userId: user.id, handle, displayName, token: accessToken };
  }

  /** Costs no hash of a password, and has no handle. */
  async guest(displayName: string): Promise<Account> {
    return { ...(await this.server.aGuest(displayName)), handle: '', displayName };
  }

  /** In a browser of their own, signed in by the form, at `path`: of the server, or of whatever leads there. */
  async enter(account: Account, options?: ProfileOptions, path = '/'): Promise<Seat> {
    const profile = await this.chromium.profile(options);
    const page = await profile.context.newPage();
    await page.goto(new URL(path, this.server.http).href);
    // By what every language has.
    await page.locator('input[name=login]').fill(account.handle);
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.locator('button[type=submit]').click();
    await page.locator('input[name=login]').waitFor({ state: 'detached' });
    return { account, profile, page };
  }

  /** @returns the conversation's id */
  async group(title: string, owner: Account, others: readonly Account[] = [], policies: object = {}): Promise<string> {
    const id = v7();
    const users = others.map(({ userId }) => userId);
    await this.server.command('conversation.create', { id, title, users, ...policies }, owner.token);
    return id;
  }

  /** @returns the conversation's id */
  async privateChat(one: Account, other: Account): Promise<string> {
    const line = await this.server.command('conversation.open_private', { userId: other.userId }, one.token);
    return (line as { conversation: { id: string } }).conversation.id;
  }

  /** Stored when it resolves, in this order. @returns the messages' ids */
  async say(from: Account, conversationId: string, texts: readonly string[]): Promise<readonly string[]> {
    const client = await WsClient.connect(this.server.ws);
    await client.auth(from.token);
    const ids: string[] = [];
    for (let n = 0; n < texts.length; n += PIPELINED) {
      const batch = texts.slice(n, n + PIPELINED).map((content) => ({ conversationId, id: v7(), content }));
      const replies = await Promise.all(batch.map((input) => client.call('message.send', input, 20_000)));
      const refused = replies.find(({ ok }) => !ok);
      if (refused) throw new Error(`message.send: ${refused.error?.code} ${refused.error?.rule}`);
      ids.push(...batch.map(({ id }) => id));
    }
    await client.close();
    return ids;
  }

  /** All texts of a conversation as the server stores them, oldest first; tombstones and entries of the server left out. */
  async stored(reader: Account, conversationId: string): Promise<readonly string[]> {
    const texts: string[] = [];
    for (let after = 0, more = true; more; ) {
      const page = await this.server.command('message.history', { conversationId, after, limit: 100 }, reader.token);
      const { messages, more: rest } = page as { messages: { seq: number; content?: unknown }[]; more: boolean };
      texts.push(...messages.flatMap(({ content }) => (typeof content === 'string' ? [content] : [])));
      after = messages.at(-1)?.seq ?? after;
      more = rest;
    }
    return texts;
  }
}
