// Where the files of this package lie, seen from its source (tests) as from its bundle: dist/ holds all programs beside each other.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PACKAGE_JSON = createRequire(import.meta.url).resolve('#package.json');

/**
 * For Node where a daemon is started. Its main thread has little garbage, but while it loads V8 would let the young
 * part of its heap grow to 8 MB and never give them back.
 */
export const DAEMON_NODE_FLAGS: readonly string[] = ['--max-semi-space-size=1'];

/** The inputs of rolldown.config.ts. */
export type ProgramName = 'main' | 'relay-worker' | 'watch-worker' | 'lab-emulator' | 'lab-traffic';

/** Absolute path of a built program. */
export const builtProgram = (name: ProgramName): string => join(packageRoot(), 'dist', `${name}.js`);

/** Absolute path of the folder that package.json is in. */
export const packageRoot = (): string => dirname(PACKAGE_JSON);

export function packageWords(): { readonly version: string; readonly description: string } {
  return JSON.parse(readFileSync(PACKAGE_JSON, 'utf8')) as { version: string; description: string };
}
