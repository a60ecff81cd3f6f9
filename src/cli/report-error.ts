// The last word on an error that ends a command: what went wrong and what to do, on standard error.
import { onStderr as pc } from './colors.ts';
import { describe, WanbondError } from '../base/error.ts';

/** Writes the error; returns the exit code. */
export function reportError(error: unknown): number {
  const hint =
    error instanceof WanbondError ? error.hint : 'This is a bug: please report it with the lines below.';
  process.stderr.write(`${pc.red('wanbond:')} ${describe(error)}\n  ${hint}\n`);
  if (!(error instanceof WanbondError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 1;
}

/** Of an error that nobody waited for Node would print the line it comes from: in the bundle that is all of a program. */
export function reportUncaught(): void {
  process.on('uncaughtException', (error) => process.exit(reportError(error)));
}
