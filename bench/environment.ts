// On what a run was made: machine, kernel, versions, command.
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import type { Environment } from './results.ts';

export function environmentOf(versions: Readonly<Record<string, string>>, command: string): Environment {
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
  };
}
