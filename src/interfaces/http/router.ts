import type { AnyCommand, HttpRoute } from '../commands/command.ts';
import { fieldsOf, type Reader, readersOf } from './fields.ts';

/** One way over HTTP to one command. */
export interface Route extends HttpRoute {
  readonly command: AnyCommand;
  /** Fields that the path names, in its order. */
  readonly inPath: readonly string[];
  /** Whether the rest of the input comes from a JSON body; else from the query. */
  readonly hasBody: boolean;
  readonly readers: ReadonlyMap<string, Reader>;
}

export interface Match {
  readonly route: Route;
  /** Raw texts of the path's fields, in the order of `route.inPath`. */
  readonly values: readonly string[];
}

/**
 * Every route of the catalogue: the commands' own, and `POST /v1/commands/{type}` for each that is not bound to a connection.
 * @throws Error when the catalogue contradicts itself
 */
export const routesOf = (commands: readonly AnyCommand[]): readonly Route[] =>
  commands.flatMap((command) => {
    if (command.overHttp === false) {
      if (command.http) throw new Error(`${command.type} has an HTTP route although it is bound to a connection`);
      return [];
    }
    const generic: HttpRoute = { method: 'POST', path: `/v1/commands/${command.type}` };
    return [generic, ...(command.http ? [command.http] : [])].map((http) => routeTo(command, http));
  });

const routeTo = (command: AnyCommand, { method, path }: HttpRoute): Route => {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const fields = fieldsOf(command.input);
  const unknown = inPath.find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) throw new Error(`${method} ${path}: ${command.type} has no field ${unknown}`);
  if (!/^\/v1(\/[\w.~-]+|\/\{\w+\})+$/.test(path)) throw new Error(`${path} is no path under /v1`);
  const hasBody = method !== 'GET' && method !== 'DELETE';
  return { method, path, command, inPath, hasBody, readers: readersOf(command.input) };
};

interface Node {
  readonly named: Map<string, Node>;
  any: Node | undefined;
  readonly routes: Map<string, Route>;
}
const node = (): Node => ({ named: new Map(), any: undefined, routes: new Map() });

/** Finds routes segment by segment; a named segment wins over a variable one. */
export class Router {
  readonly #root = node();

  /** @throws Error when two routes are the same */
  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  /** What stands at a path, by method; undefined when nothing does. */
  find(path: string): ReadonlyMap<string, Match> | undefined {
    const values: string[] = [];
    let at: Node | undefined = this.#root;
    for (const segment of path.slice(1).split('/')) {
      const named: Node | undefined = at.named.get(segment);
      if (named === undefined) values.push(segment);
      at = named ?? (segment === '' ? undefined : at.any);
      if (at === undefined) return undefined;
    }
    if (at.routes.size === 0) return undefined;
    return new Map(Array.from(at.routes, ([method, route]) => [method, { route, values }]));
  }

  #add(route: Route): void {
    let at = this.#root;
    for (const segment of route.path.slice(1).split('/')) {
      if (segment.startsWith('{')) at = at.any ??= node();
      else at = getOrAdd(at.named, segment);
    }
    const taken = at.routes.get(route.method);
    if (taken)
      throw new Error(`${route.method} ${route.path} leads to ${taken.command.type} and ${route.command.type}`);
    at.routes.set(route.method, route);
  }
}

const getOrAdd = (named: Map<string, Node>, segment: string): Node => {
  const found = named.get(segment) ?? node();
  named.set(segment, found);
  return found;
};
