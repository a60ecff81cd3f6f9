// Tells failures at once, lists the tests that passed at a second try only above the runner's own summary, and notes the labs that failed, which get
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
    const { state, errors = [] } = test.result();
    const line = `${test.module.relativeModuleId} > ${test.fullName}: ${errors[0]?.message ?? 'no message'}`;
    // At once: a run that is broken off shows no summary.
    if (state === 'failed') console.log(`Failed: ${line}`);
    if (test.diagnostic()?.flaky) this.secondTries.push(`  ${line}`);
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
