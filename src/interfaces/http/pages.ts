import type { HttpHandler, HttpRequest, HttpResponse } from '#app/application/ports/transport.ts';

/** Answers GET at one fixed path; may throw a Refusal. */
export type Page = (request: HttpRequest) => Promise<HttpResponse> | HttpResponse;
export type Pages = ReadonlyMap<string, Page>;

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
}

/** What is served besides the commands. */
export const publicPages = ({ readiness, documents }: PageParts): Pages =>
  new Map<string, Page>([
    ['/', () => ({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: START })],
    ['/healthz', alive],
    ['/readyz', ready(readiness)],
    ['/v1/openapi.json', document(documents.openapi)],
    ['/v1/asyncapi.json', document(documents.asyncapi)],
  ]);

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
<p>The chat server is running.</p>
<ul>
<li>WebSocket: <code>/v1/ws</code>, sub-protocol <code>tertulia.v1</code> (<a href="/v1/asyncapi.json">AsyncAPI</a>)</li>
<li>HTTP: <code>/v1/…</code> (<a href="/v1/openapi.json">OpenAPI</a>)</li>
<li>Health: <a href="/healthz">alive</a>, <a href="/readyz">ready</a></li>
</ul>
</body>
</html>
`;
