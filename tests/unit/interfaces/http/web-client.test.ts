import { describe, expect, it } from 'vitest';
import type { WebFiles } from '#app/application/ports/web-files.ts';
import { WebClient } from '#app/interfaces/http/web-client.ts';
import { Surface } from './support.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const script = '/assets/index-D3_f-a2x.js';
const files: WebFiles = new Map([
  ['/index.html', { type: 'text/html; charset=utf-8', hash: 'page', plain: bytes('<!doctype html>') }],
  [
    script,
    {
      ...{ type: 'text/javascript; charset=utf-8', hash: 'code' },
      ...{ plain: bytes('plain'), br: bytes('br'), gzip: bytes('gzip') },
    },
  ],
  ['/favicon.svg', { type: 'image/svg+xml', hash: 'icon', plain: bytes('<svg/>') }],
]);
const surface = () => new Surface({ web: new WebClient(files) });
const document = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8';
const text = (body: string | Uint8Array | undefined) =>
  typeof body === 'string' ? body : new TextDecoder().decode(body);

describe('the web client', () => {
  it.each(['/', '/c/0193e4a0-5b7c-7d2e-8f10-3c4b5a697887', '/settings', '/login', '/a.b', '/v2', '/healthz/x'])(
    'is the document at %s',
    async (path) => {
      const answer = await surface().ask(`GET ${path}`, { accept: document });
      expect([answer.status, text(answer.body)]).toEqual([200, '<!doctype html>']);
      expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    },
  );

  it.each([
    ['of the API', 'GET /v1/nothing', document],
    ['of the API itself', 'GET /v1', document],
    ['of a build that is gone', 'GET /assets/index-AAAAAAAA.js', '*/*'],
    ['of such a build, opened as a page', 'GET /assets/index-AAAAAAAA.js', document],
    ['that no page asks for', 'GET /settings', 'application/json'],
    ['that is posted to', 'POST /settings', document],
  ])('is not there for an address %s', async (_what, target, accept) => {
    expect((await surface().ask(target, { accept })).status).toBe(404);
  });

  it('leaves health and documents what they are, whoever asks', async () => {
    const answer = await surface().ask('GET /healthz', { accept: document });
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json' });
  });

  it('answers HEAD, and no method that changes something', async () => {
    expect(await surface().ask('HEAD /')).toMatchObject({ status: 200 });
    expect(await surface().ask(`DELETE ${script}`)).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, OPTIONS' },
    });
  });

  it('lets what is named after its content be kept for ever, and asks again for the rest', async () => {
    const of = async (path: string) => (await surface().ask(`GET ${path}`)).headers?.['cache-control'];
    expect(await of(script)).toBe('public, max-age=31536000, immutable');
    expect([await of('/'), await of('/index.html'), await of('/favicon.svg')]).toEqual(Array(3).fill('no-cache'));
  });

  it.each([
    ['gzip, deflate, br, zstd', 'br', '"code-br"'],
    ['gzip, deflate', 'gzip', '"code-gzip"'],
    ['BR;q=1.0', 'br', '"code-br"'],
    ['br;q=0, gzip;q=0.5', 'gzip', '"code-gzip"'],
    ['br;q=0.0, gzip; q=0', undefined, '"code"'],
    ['bro, xgzip', undefined, '"code"'],
    ['', undefined, '"code"'],
  ])('is sent to who accepts %j as %s', async (accepted, coding, etag) => {
    const answer = await surface().ask(`GET ${script}`, { 'accept-encoding': accepted });
    expect(text(answer.body)).toBe(coding ?? 'plain');
    expect(answer.headers?.['content-encoding']).toBe(coding);
    expect(answer.headers).toMatchObject({ etag, vary: 'accept-encoding, origin' });
  });

  it.each([
    ['"code"', 304],
    ['W/"code"', 304],
    ['"other", "code"', 304],
    ['*', 304],
    ['"code-br"', 200],
    ['code', 200],
  ])('is not sent again to who has %s: %i', async (tag, status) => {
    const answer = await surface().ask(`GET ${script}`, { 'if-none-match': tag });
    expect(answer.status).toBe(status);
    if (status === 304) expect(answer.body).toBeUndefined();
    expect(answer.headers).toMatchObject({ etag: '"code"' });
  });

  it('may run our scripts and nothing else, and stands in no frame', async () => {
    for (const path of ['/', script]) {
      const { headers } = await surface().ask(`GET ${path}`);
      const policy = headers?.['content-security-policy']?.split('; ');
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "base-uri 'none'",
          "frame-ancestors 'none'",
          "require-trusted-types-for 'script'",
        ]),
      );
      expect(String(policy)).not.toMatch(/unsafe|\*|https?:/);
      expect(headers).toMatchObject({
        'cross-origin-opener-policy': 'same-origin',
        'permissions-policy': expect.stringContaining('geolocation=()') as string,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
    }
  });

  it('is counted under one name', async () => {
    const asked = surface();
    for (const path of ['/', script, '/c/1', '/c/2']) await asked.ask(`GET ${path}`, { accept: document });
    expect(asked.counted).toEqual(Array(4).fill({ name: 'http_requests_total', target: 'web', status: '200' }));
  });
});
