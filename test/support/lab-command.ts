// `wanbond lab` as the command that a person runs, and what it leaves on the machine.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { builtProgram } from '../../src/base/package-files.ts';

/** Namespaces and directories of the labs of `pid`. */
export const remains = (pid: number): string[] =>
  [...readdirSync('/run/netns'), ...readdirSync(tmpdir())].filter((name) =>
    name.startsWith(`wb-${pid.toString(36)}-`),
  );

export function startLab(...args: string[]): {
  pid: number;
  ended: Promise<{ code: number; out: string; err: string }>;
} {
  const child = spawn(process.execPath, [builtProgram('main'), 'lab', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, out, err }));
  return { pid: child.pid ?? -1, ended };
}
