import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { LogStream } from '#app/infrastructure/logging/log-stream.ts';

const root = join(import.meta.dirname, '../../../..');
let dropped: number;
const into = (out: Writable) => new LogStream(out, () => void dropped++);
const turn = () => new Promise((resolve) => setImmediate(resolve));
beforeEach(() => {
  dropped = 0;
});

describe('the stream that the log goes to', () => {
  it('gets every line', () => {
    const out = new PassThrough();
    const stream = into(out);
    stream.write('one\n');
    stream.write('two\n');
    expect(String(out.read())).toBe('one\ntwo\n');
    expect(dropped).toBe(0);
  });

  it('is not waited for: what does not fit is left out and counted', () => {
    const stuck = new Writable({ write: () => {} });
    const stream = into(stuck);
    for (let line = 0; line < 100; line++) stream.write('x'.repeat(65_536));
    expect(dropped).toBe(36);
    expect(stuck.writableLength).toBe(4 * 1_024 * 1_024);
  });

  it('may fail, once and for ever', async () => {
    const stream = into(new Writable({ write: (_line, _encoding, done) => done(new Error('disk full')) }));
    stream.write('one\n');
    await turn();
    expect(dropped).toBe(1);
    stream.write('two\n');
    expect(dropped).toBe(2);
    await stream.close(1_000);
  });

  it('is waited for at the end, within bounds, and left as it was', async () => {
    let release: (() => void) | undefined;
    const slow = new Writable({ write: (_line, _encoding, done) => (release = done) });
    const stream = into(slow);
    stream.write('one\n');
    let closed = false;
    const closing = stream.close(10_000).then(() => (closed = true));
    await turn();
    expect(closed).toBe(false);
    release?.();
    await turn();
    release?.();
    await closing;
    expect(slow.listenerCount('error')).toBe(0);

    const stuck = into(new Writable({ write: () => {} }));
    stuck.write('one\n');
    await stuck.close(10);
  });

  it('may lose its reader while the process goes on', async () => {
    const child = spawn(
      process.execPath,
      [
        ...['--import', 'tsx', '--input-type=module', '-e'],
        `import { LogStream } from ${JSON.stringify(join(root, 'src/infrastructure/logging/log-stream.ts'))};
        let dropped = 0;
        const stream = new LogStream(process.stdout, () => dropped++);
        const again = setInterval(() => {
          stream.write('line\\n');
          if (dropped === 5) { clearInterval(again); process.stderr.write('alive'); }
        }, 2);`,
      ],
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 },
    );
    child.stdout.destroy();
    let told = '';
    child.stderr.on('data', (text: Buffer) => (told += text.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect([told, code]).toEqual(['alive', 0]);
  });
});
