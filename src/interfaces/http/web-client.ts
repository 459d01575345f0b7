import type { HttpRequest } from '#app/application/ports/transport.ts';
import type { WebFile, WebFiles } from '#app/application/ports/web-files.ts';
import type { Page } from './pages.ts';

/**
 * What the web client may do: run the scripts and styles that we serve, talk to us, and show what it made itself. No
 * inline script, no markup out of strings, no frame around it. `'self'` covers ws: and wss: of the same host.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "media-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const WITHOUT = ['camera', 'display-capture', 'geolocation', 'microphone', 'payment', 'usb'];
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': WITHOUT.map((feature) => `${feature}=()`).join(', '),
  vary: 'accept-encoding, origin',
};

/** The build names these after their content, so they never change. */
const HASHED = /^\/assets\/[^/]+-[\w-]{8}\.\w+$/;
/** Not the client's: the API, and what the build named, which is there or is gone. */
const NOT_OF_THE_APP = /^\/(v1|assets)(\/|$)/;

/** The messenger: its files, and for every address that only its own router knows, its document. */
export class WebClient {
  readonly #pages: ReadonlyMap<string, Page>;
  readonly #document: Page | undefined;

  constructor(files: WebFiles) {
    this.#pages = new Map(Array.from(files, ([path, file]) => [path, pageOf(path, file)]));
    this.#document = this.#pages.get('/index.html');
  }

  find({ method, path, headers }: HttpRequest): Page | undefined {
    if (path === '/') return this.#document;
    const page = this.#pages.get(path);
    if (page) return page;
    const navigates = (method === 'GET' || method === 'HEAD') && (headers.get('accept') ?? '').includes('text/html');
    return navigates && !NOT_OF_THE_APP.test(path) ? this.#document : undefined;
  }
}

const pageOf = (path: string, file: WebFile): Page => {
  const caching = HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
  const always = { ...HEADERS, 'cache-control': caching, 'content-type': file.type };
  return (request) => {
    const { coding, body } = chosen(file, request.headers.get('accept-encoding') ?? '');
    const etag = `"${file.hash}${coding && `-${coding}`}"`;
    const headers = { ...always, etag };
    if (knows(request.headers.get('if-none-match') ?? '', etag)) return { status: 304, headers };
    return { status: 200, headers: { ...headers, ...(coding && { 'content-encoding': coding }) }, body };
  };
};

/** The smallest form that the client can read. */
const chosen = ({ plain, br, gzip }: WebFile, accepted: string): { coding: string; body: Uint8Array } => {
  const codings = accepted.toLowerCase().split(',');
  const takes = (coding: string) =>
    codings.some((part) => part.trim().split(';')[0]?.trim() === coding && !/;\s*q=0(\.0*)?\s*$/.test(part));
  if (br && takes('br')) return { coding: 'br', body: br };
  if (gzip && takes('gzip')) return { coding: 'gzip', body: gzip };
  return { coding: '', body: plain };
};

const knows = (ifNoneMatch: string, etag: string): boolean =>
  ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
