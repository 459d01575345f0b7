import { relative } from 'node:path';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

const LINES = 4;

/** Says in the last lines of a run what failed, for who keeps only the end of its output. */
export default class FailuresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const module of modules) {
      const file = relative('', module.moduleId);
      tell(file, module.errors());
      for (const suite of module.children.allSuites()) tell(`${file} > ${suite.fullName}`, suite.errors());
      for (const test of module.children.allTests('failed'))
        tell(`${file} > ${test.fullName}`, test.result().errors ?? []);
      if (module.state() === 'pending' || module.state() === 'queued') tell(file, [{ message: 'did not finish' }]);
    }
    tell('outside of all files', unhandled);
  }
}

const tell = (where: string, errors: readonly { readonly message: string }[]) => {
  for (const { message } of errors) {
    const lines = message.split('\n').filter((line) => line.trim() !== '');
    process.stdout.write(`failed: ${[where, ...lines.slice(0, LINES)].join('\n    ')}\n`);
  }
};
