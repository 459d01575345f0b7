import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpRequest } from '#app/application/ports/transport.ts';
import type { Checked } from '../transport/answer.ts';
import { canonicalAddress } from '../transport/client-address.ts';
import { addHeader, isBodyless } from '../transport/http-rules.ts';

/** A body must bring this much in each window, or end; the same as uWebSockets asks. In bytes and milliseconds. */
const BODY_WINDOW_BYTES = 160 * 1_024;
const STALL_MS = 10_000;

/** `req.headers` would drop what is repeated; here it is joined. */
export const copyHead = (req: IncomingMessage) => {
  const headers = new Map<string, string>();
  for (let i = 0; i < req.rawHeaders.length; i += 2)
    addHeader(headers, (req.rawHeaders[i] ?? '').toLowerCase(), req.rawHeaders[i + 1] ?? '');
  const url = req.url ?? '';
  const mark = url.indexOf('?');
  return {
    method: req.method ?? '',
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
    headers,
  };
};
export type Head = ReturnType<typeof copyHead>;

export const peerOf = (req: IncomingMessage) => {
  const text = req.socket.remoteAddress ?? '';
  return canonicalAddress(text) ?? text;
};

const NO_BODY: Promise<Uint8Array> = Promise.resolve(new Uint8Array());

export class WsExchange implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly #body: Promise<Uint8Array | undefined>;
  #tooLarge = false;
  #aborter: AbortController | undefined;

  constructor(
    private readonly req: IncomingMessage,
    private readonly res: ServerResponse,
    head: Head,
    readonly address: string,
    maxBodyBytes: number,
  ) {
    ({ method: this.method, path: this.path, query: this.query, headers: this.headers } = head);
    res.on('close', () => {
      if (!res.writableFinished) this.#aborter?.abort();
    });
    const declared = Number(this.headers.get('content-length') ?? 0);
    const empty = declared === 0 && !this.headers.has('transfer-encoding');
    this.#body = empty ? NO_BODY : new Promise((resolve) => this.#collect(declared, maxBodyBytes, resolve));
    if (empty) req.resume();
  }

  body() {
    return this.#body;
  }

  get signal(): globalThis.AbortSignal {
    this.#aborter ??= new AbortController();
    if (this.res.closed && !this.res.writableFinished) this.#aborter.abort();
    return this.#aborter.signal;
  }

  respond({ status, lines, body }: Checked, lastOfConnection: boolean) {
    const { req, res } = this;
    if (res.closed || res.headersSent) return;
    if (lastOfConnection || this.#tooLarge) res.shouldKeepAlive = false;
    const length: [string, string][] = isBodyless(status) ? [] : [['Content-Length', String(Buffer.byteLength(body))]];
    res.writeHead(status, [...lines, ...length].flat());
    res.setTimeout(STALL_MS, () => req.socket.destroy());
    res.end(isBodyless(status) || this.method === 'HEAD' ? undefined : body);
  }

  #collect(declared: number, maxBytes: number, resolve: (body: Uint8Array | undefined) => void) {
    const { req } = this;
    let chunks: Uint8Array[] = [];
    let size = 0;
    let arrived = 0;
    const stall = setInterval(() => {
      if (arrived < BODY_WINDOW_BYTES) req.destroy();
      arrived = 0;
    }, STALL_MS);
    const finish = (body: Uint8Array | undefined) => {
      clearInterval(stall);
      resolve(body);
    };
    const refuse = () => {
      this.#tooLarge = true;
      chunks = [];
      resolve(undefined);
    };
    if (declared > maxBytes) refuse();
    req.on('data', (chunk: Uint8Array) => {
      size += chunk.byteLength;
      arrived += chunk.byteLength;
      if (this.#tooLarge) return;
      if (size > maxBytes) refuse();
      else chunks.push(chunk);
    });
    req.on('end', () => finish(this.#tooLarge ? undefined : Buffer.concat(chunks)));
    req.on('close', () => finish(undefined));
    req.on('error', () => finish(undefined));
  }
}
