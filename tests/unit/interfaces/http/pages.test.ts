import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '#app/application/ports/transport.ts';
import { metricsHandler } from '#app/interfaces/http/pages.ts';
import { bodyOf, Surface } from './support.ts';

describe('pages', () => {
  it('say that the process lives, without asking anybody', async () => {
    const surface = new Surface();
    surface.readiness = () => {
      throw new Error('not to be asked');
    };
    const answer = await surface.ask('GET /healthz');
    expect([answer.status, bodyOf(answer)]).toEqual([200, { status: 'ok' }]);
    expect(surface.taken).toEqual([]);
  });

  it.each([
    [{ ready: true, status: 'degraded' }, 200],
    [{ ready: false, status: 'draining' }, 503],
  ])('say %j with %i', async (readiness, status) => {
    const surface = new Surface();
    surface.readiness = async () => readiness;
    const answer = await surface.ask('GET /readyz');
    expect([answer.status, bodyOf(answer)]).toEqual([status, { status: readiness.status }]);
  });

  it('show the documents and a start page without script', async () => {
    const surface = new Surface();
    expect(bodyOf(await surface.ask('GET /v1/openapi.json'))).toEqual({ openapi: '3.1.1' });
    expect(bodyOf(await surface.ask('GET /v1/asyncapi.json'))).toEqual({ asyncapi: '3.0.0' });
    const start = await surface.ask('GET /');
    expect(start.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8' });
    expect(String(start.body)).not.toMatch(/<script|style/);
  });

  it('answer HEAD as well, and no other method', async () => {
    const surface = new Surface();
    expect(await surface.ask('HEAD /')).toMatchObject({ status: 200 });
    expect(await surface.ask('POST /')).toMatchObject({ status: 405 });
  });
});

describe('the metrics listener', () => {
  const handler = metricsHandler(async () => 'up 1\n');
  const ask = (method: string, path: string) =>
    handler({ method, path, query: '', address: '127.0.0.1', headers: new Map() } as unknown as HttpRequest); // no more is looked at

  it('serves metrics and its own health, and nothing else', async () => {
    expect(await ask('GET', '/metrics')).toMatchObject({ status: 200, body: 'up 1\n' });
    expect(await ask('GET', '/healthz')).toMatchObject({ status: 200 });
    expect(await ask('GET', '/')).toMatchObject({ status: 404 });
    expect(await ask('POST', '/metrics')).toMatchObject({ status: 405 });
  });
});
