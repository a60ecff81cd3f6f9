// Lists the tests that passed at a second try only, above the runner's own summary, and notes the labs that failed, which get
// the machine to themselves afterwards (see the Makefile).
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

const FAILED_LABS = join(import.meta.dirname, '../../.make/failed-labs');
// More than that is no busy machine.
const MOST = 5;

export default class FlakyLabs implements Reporter {
  private readonly secondTries: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (!test.diagnostic()?.flaky) return;
    const [error] = test.result().errors ?? [];
    this.secondTries.push(
      `  ${test.module.relativeModuleId} > ${test.fullName}: ${error?.message ?? 'no message'}`,
    );
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    rmSync(FAILED_LABS, { force: true });
    const failed = modules.filter((module) => module.state() === 'failed');
    const areLabs = failed.every(({ project }) => project.name !== 'unit') && unhandled.length === 0;
    if (areLabs && failed.length > 0 && failed.length <= MOST) {
      mkdirSync(dirname(FAILED_LABS), { recursive: true });
      writeFileSync(FAILED_LABS, failed.map(({ relativeModuleId }) => `${relativeModuleId}\n`).join(''));
    }
    if (this.secondTries.length > 0)
      console.log(['', 'Passed at the second try only:', ...this.secondTries].join('\n'));
  }
}
