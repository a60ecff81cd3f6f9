// Tells failures at once; lists above the runner's own summary the tests that passed at a second try only, and those that
// were not run for want of something, with what that is; and notes the labs that failed, which get the machine to themselves
// afterwards (see the Makefile).
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

const FAILED_LABS = join(import.meta.dirname, '../../.make/failed-labs');
// More than that is no busy machine.
const MOST = 5;

export default class FlakyLabs implements Reporter {
  private readonly secondTries: string[] = [];
  private readonly notRun: string[] = [];

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    const { state, errors = [] } = result;
    const name = `${test.module.relativeModuleId} > ${test.fullName}`;
    if (result.state === 'skipped' && result.note !== undefined)
      this.notRun.push(`  NOT RUN: ${name}: ${result.note}`);
    const line = `${name}: ${errors[0]?.message ?? 'no message'}`;
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
    for (const [title, lines] of [
      ['Passed at the second try only:', this.secondTries],
      ['Left out:', this.notRun],
    ] as const)
      if (lines.length > 0) console.log(['', title, ...lines].join('\n'));
  }
}
