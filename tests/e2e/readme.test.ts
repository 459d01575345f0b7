import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/raw-socket.ts';
import { RunningServer } from '../support/running-server.ts';

const root = join(import.meta.dirname, '../..');
const section = /^## A first conversation$([^]*?)^## /m;

let server: RunningServer;
let shell: ChildProcess;
let printed = '';

beforeAll(async () => {
  server = await RunningServer.start();
  // A group of its own, so that the listener in its background ends with it.
  shell = spawn('sh', { cwd: root, detached: true, stdio: 'pipe' });
  for (const stream of [shell.stdout, shell.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
});
afterAll(async () => {
  if (shell.exitCode !== null || shell.pid === undefined) return;
  const closed = once(shell, 'close');
  process.kill(-shell.pid, 'SIGKILL');
  await closed;
});

/** Types `block` into the shell, and waits for what it makes appear. */
const paste = async (block: string | undefined, appears: RegExp) => {
  printed = '';
  shell.stdin?.write(`${block ?? 'exit 1'}\n`);
  return eventually(() => appears.exec(printed), `${appears} after ${block}`, 30_000).catch((error: unknown) => {
    throw new Error(`it printed ${printed}`, { cause: error });
  });
};

it('has a first conversation that can be pasted as it stands', async () => {
  const [, text = ''] = section.exec(await readFile(join(root, 'README.md'), 'utf8')) ?? [];
  const address = `127.0.0.1:${server.port}`;
  const blocks = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) =>
    block.replaceAll('127.0.0.1:8301', address).replace(/listen\.mjs "\$bob"/, `$& ws://${address}/v1/ws`),
  );
  expect(blocks).toHaveLength(5);
  const [register, talk, listen, write, read] = blocks;
  await paste(`${register}echo "registered $ann $bob"`, /registered ey\S+ ey\S+/);
  await paste(talk, /"seq":1,"rev":2,/);
  await paste(listen, /"id":1,"ok":true/);
  await paste(write, /"type":"message.created".*"content":"Are you there\?"/);
  const [history] = await paste(read, /\{"messages":.*Are you there\?.*\}/);
  const { messages } = JSON.parse(history) as { messages: { seq: number; content: string }[] };
  expect(messages.map(({ seq, content }) => [seq, content])).toEqual([
    [1, 'Hello Bob!'],
    [2, 'Are you there?'],
  ]);
});
