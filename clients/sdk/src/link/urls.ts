const urlOf = (origin: string, path: string, scheme: 'http' | 'ws'): string => {
  const { protocol, host, pathname } = new URL(path, origin);
  if (!/^(http|ws)s?:$/.test(protocol)) throw new TypeError('a server has an address of http(s) or ws(s)');
  return `${protocol.replace(/http|ws/, scheme)}//${host}${pathname}`;
};

/** Of the WebSocket of a server, by its http(s) or ws(s) origin. @throws TypeError when that is none */
export const socketUrl = (origin: string): string => urlOf(origin, '/v1/ws', 'ws');

/** Of a path of a server. @throws TypeError as `socketUrl` */
export const httpUrl = (origin: string, path: string): string => urlOf(origin, path, 'http');
