// On what a run was made: machine, kernel, versions, command.
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { runCommand } from '../src/lab/command.ts';
import type { Environment } from './results.ts';

const NOTHING = { code: 1, stdout: '' };

export async function environmentOf(
  versions: Readonly<Record<string, string>>,
  command: string,
): Promise<Environment> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    os: /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown',
    versions,
    date: new Date().toISOString(),
    command,
    commit: await commitHere(),
  };
}

/** Undefined outside of a clone; what is not committed shows in it. */
async function commitHere(): Promise<string | undefined> {
  const { code, stdout } = await runCommand(['git', 'describe', '--always', '--dirty']).catch(() => NOTHING);
  return code === 0 ? stdout.trim() : undefined;
}
