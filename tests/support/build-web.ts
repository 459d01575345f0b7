import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The messenger of these sources, once for all browser tests; built only where something changed. */
export default (): void => {
  const root = join(import.meta.dirname, '../..');
  execFileSync(process.execPath, ['scripts/build-web.mjs'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
};
