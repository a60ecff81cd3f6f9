// Runs a command of the built program to its end in a lab host.
import { builtProgram } from '../../src/base/package-files.ts';
import type { CommandResult } from '../../src/lab/command.ts';
import type { Host } from '../../src/lab/host.ts';

export function wanbond(host: Host, ...args: string[]): Promise<CommandResult> {
  return host.exec([process.execPath, builtProgram('main'), ...args]);
}
