// Ends the lab's router, in order or after a test that failed.
import { expect } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';

/** SIGTERM, and nothing but a clean end is good enough. */
export async function stopCleanly(daemon: LabProcess): Promise<void> {
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: undefined });
}

/** For afterEach: whatever a failed test has left running must not fail the next one too. */
export async function stopLeftRouters(lab: Lab): Promise<void> {
  const left = lab.hosts.router.processes.filter(({ label }) => label === 'router');
  await Promise.all(left.map((one) => one.stop()));
}
