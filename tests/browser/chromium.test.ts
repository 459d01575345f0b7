import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium, Profile } from '../support/chromium.ts';

let server: Server;
let browser: Browser;
let url: string;
beforeAll(async () => {
  server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.setHeader('content-security-policy', "default-src 'self'; img-src 'none'");
    response.end('<!doctype html><title>A page</title><p>Hello</p>');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  server.close();
});

const visit = async () => {
  const profile = await Profile.open(browser, { traced: false });
  const page = await profile.context.newPage();
  await page.goto(url);
  return { profile, page };
};

// Each of these would otherwise make all the other browser tests weaker without a word.
it.each([
  ['an error on the console', /console: broken/, () => globalThis['console'].error('broken')],
  ['an exception', /page: Error: thrown/, () => reportError(new Error('thrown'))],
  [
    'a script in the document',
    /csp: script-src-elem inline/,
    () => {
      const script = document.createElement('script');
      script.textContent = '1';
      document.body.append(script);
    },
  ],
  ['an image from nowhere', /csp: img-src/, () => void (new Image().src = 'data:,')],
])('notices %s', async (_what, problem, cause) => {
  const { profile, page } = await visit();
  await page.evaluate(cause);
  await expect.poll(() => profile.takeProblems().some((one) => problem.test(one))).toBe(true);
  await profile.context.close();
});

it('notices what runs though it should not', async () => {
  const { profile, page } = await visit();
  await page.evaluate(() => {
    setTimeout(() => alert('here'));
    (globalThis as unknown as { __xss(what: unknown): void }).__xss(1);
  });
  await expect.poll(() => profile.executions.toSorted()).toEqual(['__xss(1)', 'alert: here']);
  await profile.context.close();
});

it('forgives what a test expects, once', async () => {
  const { profile, page } = await visit();
  const complain = () => page.evaluate(() => globalThis['console'].error('as expected'));
  profile.expect(/as expected/);
  await complain();
  expect(profile.takeProblems()).toEqual([]);
  await complain();
  expect(profile.takeProblems()).toHaveLength(1);
  await profile.context.close();
});
