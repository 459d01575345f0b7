// Prints "N passed, N failed, N skipped" from vitest's JSON report; exits 1 when nothing ran or something failed.
import { readFileSync } from 'node:fs';

const read = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};
const report = read(process.argv[2]);
const tests = (report?.testResults ?? []).flatMap((file) => file.assertionResults);
const count = (...statuses) => tests.filter((test) => statuses.includes(test.status)).length;
// A file that cannot even be loaded has no tests, but it has failed.
const broken = (report?.testResults ?? []).filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
).length;

const passed = count('passed');
const failed = report ? count('failed') + broken : 1;
const skipped = count('pending', 'skipped', 'todo', 'disabled');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = passed + failed === 0 || failed > 0 ? 1 : 0;
