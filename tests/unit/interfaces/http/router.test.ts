import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { command, type HttpRoute } from '#app/interfaces/commands/command.ts';
import { Router, routesOf } from '#app/interfaces/http/router.ts';
import { nothing } from '#app/interfaces/protocol/primitives.ts';

const route = (type: string, http: HttpRoute, more: { overHttp?: false } = {}) =>
  command({
    ...{ type, http, ...more, summary: 'For tests.', access: 'user', limit: 'read', output: nothing },
    input: v.object({ id: v.string(), other: v.optional(v.string()) }),
    run: async () => ({}),
  });

describe('routes', () => {
  it('find the path segment by segment', () => {
    const router = new Router(
      routesOf([
        route('thing.get', { method: 'GET', path: '/v1/things/{id}' }),
        route('thing.put', { method: 'PUT', path: '/v1/things/{id}' }),
        route('thing.other', { method: 'GET', path: '/v1/things/{id}/others/{other}' }),
      ]),
    );
    expect([...(router.find('/v1/things/1')?.keys() ?? [])]).toEqual(['GET', 'PUT']);
    expect(router.find('/v1/things/1/others/2')?.get('GET')?.values).toEqual(['1', '2']);
    for (const path of ['/v1/things', '/v1/things/', '/v1/things/1/', '/v1/things/1/others', '/V1/things/1', '/'])
      expect(router.find(path)).toBeUndefined();
  });

  it.each([
    ['a path that names no field', () => routesOf([route('a.b', { method: 'GET', path: '/v1/things/{thing}' })])],
    ['a path outside /v1', () => routesOf([route('a.b', { method: 'GET', path: '/things' })])],
    ['a path with half a variable', () => routesOf([route('a.b', { method: 'GET', path: '/v1/{id}.json' })])],
    [
      'a command of a connection with a route',
      () => routesOf([route('a.b', { method: 'GET', path: '/v1/a' }, { overHttp: false })]),
    ],
    [
      'two ways from one path',
      () =>
        new Router(
          routesOf([
            route('a.b', { method: 'GET', path: '/v1/things/{id}' }),
            route('c.d', { method: 'GET', path: '/v1/things/{other}' }),
          ]),
        ),
    ],
  ])('do not start with %s', (_what, make) => {
    expect(make).toThrow(Error);
  });
});
