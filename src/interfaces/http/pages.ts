import type { HttpHandler, HttpRequest, HttpResponse } from '#app/application/ports/transport.ts';
import type { WebClient } from './web-client.ts';

/** Answers GET and HEAD; may throw a Refusal. */
export type Page = (request: HttpRequest) => Promise<HttpResponse> | HttpResponse;

export interface Pages {
  /** The page at this address, and the name under which requests for it are counted: one of few. */
  find(request: HttpRequest): { readonly name: string; readonly page: Page } | undefined;
}

/** Whether this node wants traffic, and a word that says why: `ok`, `degraded`, `starting`, `draining`, … */
export interface Readiness {
  readonly ready: boolean;
  readonly status: string;
}

export interface PageParts {
  /** Cheap: load balancers ask every second, and so may anyone. */
  readonly readiness: () => Readiness | Promise<Readiness>;
  /** Asked for once, when somebody first wants them. */
  readonly documents: { readonly openapi: () => object; readonly asyncapi: () => object };
  /** The messenger; without it `/` is a plain page that says what is here. */
  readonly web?: WebClient | undefined;
}

/** What is served besides the commands. */
export const publicPages = ({ readiness, documents, web }: PageParts): Pages => {
  const fixed = new Map<string, Page>([
    ['/healthz', alive],
    ['/readyz', ready(readiness)],
    ['/v1/openapi.json', document(documents.openapi)],
    ['/v1/asyncapi.json', document(documents.asyncapi)],
  ]);
  if (!web) fixed.set('/', start);
  return {
    find: (request) => {
      const page = fixed.get(request.path);
      if (page) return { name: request.path, page };
      const file = web?.find(request);
      return file && { name: 'web', page: file };
    },
  };
};

const start: Page = () => ({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: START });

/** The process runs its event loop; asks nobody else, for a restart would not heal a database. */
const alive: Page = () => json(200, { status: 'ok' });

const ready =
  (readiness: PageParts['readiness']): Page =>
  async () => {
    const { ready, status } = await readiness();
    return json(ready ? 200 : 503, { status });
  };

const document = (make: () => object): Page => {
  let text: string | undefined;
  return () => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: (text ??= JSON.stringify(make())),
  });
};

const json = (status: number, body: object): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/**
 * What the metrics listener serves: `/metrics` and `/healthz`. It is bound to loopback and never to the public port.
 * @param scrape the metrics in Prometheus' text format
 */
export const metricsHandler =
  (scrape: () => Promise<string>): HttpHandler =>
  async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD' } };
    if (request.path === '/healthz') return alive(request);
    if (request.path !== '/metrics') return { status: 404 };
    return {
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
      body: await scrape(),
    };
  };

const START = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Tertulia</title></head>
<body>
<h1>Tertulia</h1>
<p>The chat server is running. No messenger is served here: it was not built (<code>make build</code>) or is turned off (<code>WEB_CLIENT</code>).</p>
<ul>
<li>WebSocket: <code>/v1/ws</code>, sub-protocol <code>tertulia.v1</code> (<a href="/v1/asyncapi.json">AsyncAPI</a>)</li>
<li>HTTP: <code>/v1/…</code> (<a href="/v1/openapi.json">OpenAPI</a>)</li>
<li>Health: <a href="/healthz">alive</a>, <a href="/readyz">ready</a></li>
</ul>
</body>
</html>
`;
