import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below what systems give to connections that go out and to who asks for any port (from 32768 on Linux, 49152 elsewhere): between
 * here and the listening of who asked, and while a server that was killed is to come back, nothing else takes them.
 */
const [LOWEST, ABOVE] = [20_000, 32_000];

/**
 * More than run at once. Each test file that runs beside others has ports of its own: of two that ask for one before either
 * listens, both would be given it.
 */
const SHARES = 8;
const SHARE = Math.floor((ABOVE - LOWEST) / SHARES);
const lowest = LOWEST + (Number(process.env['VITEST_POOL_ID'] ?? 0) % SHARES) * SHARE;
const above = lowest + SHARE;

/** Another run may be going on: each process begins somewhere else, and gives none twice in a row. */
let next = randomInt(lowest, above);

/** Free on 127.0.0.1 at this moment, and so is each of as many after it. */
export const freePort = async (together = 1): Promise<number> => {
  for (let tried = lowest; tried < above; tried += together) {
    if (next + together > above) next = lowest;
    const first = next;
    next += together;
    const ports = Array.from({ length: together }, (_, n) => first + n);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
  throw new Error(`no port from ${lowest} to ${above} is free`);
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
