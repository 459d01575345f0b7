const urlOf = (origin: string, path: string, schemes: Readonly<Record<string, string>>): string => {
  const url = new URL(path, origin);
  const scheme = schemes[url.protocol];
  if (scheme === undefined) throw new TypeError('the address of a server begins with http, https, ws or wss');
  return `${scheme}//${url.host}${url.pathname}`;
};

/** Of the WebSocket of a server, by its http(s) or ws(s) origin. @throws TypeError when that is none */
export const socketUrl = (origin: string): string =>
  urlOf(origin, '/v1/ws', { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' });

/** Of a path of a server. @throws TypeError as `socketUrl` */
export const httpUrl = (origin: string, path: string): string =>
  urlOf(origin, path, { 'http:': 'http:', 'https:': 'https:', 'ws:': 'http:', 'wss:': 'https:' });
