// Lists the tests that passed at a second try only, above the runner's own summary.
import type { Reporter, TestCase } from 'vitest/node';

export default class SecondTries implements Reporter {
  private readonly names: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (!test.diagnostic()?.flaky) return;
    const [error] = test.result().errors ?? [];
    this.names.push(
      `  ${test.module.relativeModuleId} > ${test.fullName}: ${error?.message ?? 'no message'}`,
    );
  }

  onTestRunEnd(): void {
    if (this.names.length > 0) console.log(['', 'Passed at the second try only:', ...this.names].join('\n'));
  }
}
