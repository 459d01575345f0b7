import type * as uWS from 'uWebSockets.js';
import type { HttpRequest } from '#app/application/ports/transport.ts';
import { addHeader, isBodyless, statusLine } from '../transport/http-rules.ts';
import type { Checked } from '../transport/answer.ts';
import { canonicalAddress } from '../transport/client-address.ts';

/** What must be read before the handler returns: `req` is gone afterwards. */
export const copyHead = (req: uWS.HttpRequest) => {
  const headers = new Map<string, string>();
  req.forEach((name, value) => addHeader(headers, name, value));
  return {
    method: req.getCaseSensitiveMethod().toUpperCase(),
    path: req.getUrl(),
    query: req.getQuery() ?? '',
    headers,
  };
};
export type Head = ReturnType<typeof copyHead>;

export const peerOf = (res: uWS.HttpResponse) => {
  const text = Buffer.from(res.getRemoteAddressAsText()).toString('latin1');
  return canonicalAddress(text) ?? text;
};

const NO_BODY: Promise<Uint8Array> = Promise.resolve(new Uint8Array());

/** One request and the only holder of its raw response, which throws when touched after the end or an abort. */
export class UwsExchange implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  #over = false;
  #tooLarge = false;
  #body = NO_BODY as Promise<Uint8Array | undefined>;
  #aborter: AbortController | undefined;
  #aborted = false;

  /** Must run inside the native handler: it attaches what uWebSockets wants attached there. */
  constructor(
    private readonly res: uWS.HttpResponse,
    head: Head,
    readonly address: string,
    maxBodyBytes: number,
  ) {
    ({ method: this.method, path: this.path, query: this.query, headers: this.headers } = head);
    let bodyEnded: ((body: undefined) => void) | undefined;
    res.onAborted(() => {
      this.#over = true;
      this.#aborted = true;
      this.#aborter?.abort();
      bodyEnded?.(undefined);
    });
    const declared = Number(this.headers.get('content-length') ?? 0);
    if (declared === 0 && !this.headers.has('transfer-encoding')) return;
    this.#body = new Promise((resolve) => {
      bodyEnded = resolve;
      this.#collect(declared, maxBodyBytes, resolve);
    });
  }

  body() {
    return this.#body;
  }

  get signal(): globalThis.AbortSignal {
    this.#aborter ??= new AbortController();
    if (this.#aborted) this.#aborter.abort();
    return this.#aborter.signal;
  }

  /** Whether the connection would end when this answer is out. */
  endsWith({ status }: Checked, lastOfConnection: boolean): boolean {
    return !this.#over && this.method !== 'HEAD' && !isBodyless(status) && (lastOfConnection || this.#tooLarge);
  }

  respond(response: Checked, lastOfConnection: boolean) {
    if (this.#over) return;
    const ends = this.endsWith(response, lastOfConnection);
    const { status, lines, body } = response;
    this.#over = true;
    this.res.cork(() => {
      this.res.writeStatus(statusLine(status));
      for (const [name, value] of lines) this.res.writeHeader(name, value);
      if (this.method === 'HEAD' && !isBodyless(status))
        // Given the length as an argument, uWebSockets would wait for the body for ever.
        this.res.writeHeader('Content-Length', String(Buffer.byteLength(body))).endWithoutBody();
      else if (isBodyless(status)) this.res.endWithoutBody();
      else this.res.end(body, ends);
    });
  }

  #collect(declared: number, maxBytes: number, resolve: (body: Uint8Array | undefined) => void) {
    let chunks: Uint8Array[] = [];
    let size = 0;
    const refuse = () => {
      this.#tooLarge = true;
      chunks = [];
      resolve(undefined);
    };
    if (declared > maxBytes) refuse();
    this.res.onData((chunk, isLast) => {
      size += chunk.byteLength;
      if (this.#tooLarge) return;
      if (size > maxBytes) return refuse();
      if (chunk.byteLength > 0) chunks.push(new Uint8Array(chunk.slice(0))); // the buffer is detached when this returns
      if (isLast) resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
  }
}
