// V8's compilers, which a daemon does without until its first connection: what a start runs, it runs once, and compiling
// that brings the compilers' own pages and memory in, 8 MB of the 98 that a router had at its start.
import { setFlagsFromString } from 'node:v8';

// The optimizing one and the baseline one. V8 looks at both flags whenever a function has become warm, in all threads.
const COMPILERS = ['opt', 'sparkplug'];

/** Of this thread. */
let isLet = false;

export function holdCompilers(): void {
  for (const name of COMPILERS) setFlagsFromString(`--no-${name}`);
}

/** Costs nothing from the second call on. */
export function letCompile(): void {
  if (isLet) return;
  isLet = true;
  for (const name of COMPILERS) setFlagsFromString(`--${name}`);
}
