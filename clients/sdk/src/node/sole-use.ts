import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/**
 * Makes a file this process's own. What stands for it is a local socket that the kernel takes away however the process
 * ends, so nothing stale is left by a kill: an abstract one on Linux, a named pipe on Windows, elsewhere a socket file,
 * which is stale when nobody answers. It holds for one machine, or one container.
 * @returns how to let it go
 * @throws Error when another process, or another caller in this one, has it
 */
export const soleUse = async (path: string, platform: NodeJS.Platform = process.platform) => {
  const name = `tertulia-${await nameOf(path)}`;
  const address = addresses[platform]?.(name) ?? join(tmpdir(), name);
  const server =
    (await listening(address)) ??
    ((await isStale(address, platform)) ? (await rm(address, { force: true }), await listening(address)) : undefined);
  if (!server) throw new Error(`${path} is used by another process, or twice in this one`);
  server.unref();
  return async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
};

const addresses: Partial<Record<NodeJS.Platform, (name: string) => string>> = {
  linux: (name) => `\0${name}`,
  win32: (name) => `\\\\.\\pipe\\${name}`,
};

const nameOf = async (path: string): Promise<string> => {
  const real = join(await realpath(dirname(path)), basename(path));
  return createHash('sha256')
    .update(`${process.getuid?.() ?? ''} ${real}`)
    .digest('hex')
    .slice(0, 32);
};

/** Undefined when somebody listens there already. */
const listening = async (address: string): Promise<Server | undefined> => {
  const server = createServer((socket) => socket.destroy());
  // `exclusive`: workers of a cluster would share it otherwise.
  server.listen({ path: address, exclusive: true });
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
};

const isStale = async (address: string, platform: NodeJS.Platform): Promise<boolean> => {
  if (platform in addresses) return false;
  const socket = connect(address);
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
};
