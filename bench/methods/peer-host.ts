// What wanbond gives the hosts it runs on, given to the hosts of others: nobody wins by a sysctl.
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { builtProgram } from '../../src/base/package-files.ts';
import { runCommand } from '../../src/lab/command.ts';
import type { Host } from '../../src/lab/host.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { openFilesMax } from '../../src/linux/features.ts';
import { memoryLimit } from '../../src/wan/buffer-limit.ts';

// The kernel's own most (fs.nr_open), which no program reaches here.
const OPEN_FILES = 1_048_576;

/**
 * Everything that is started from here on may open as many files as this machine lets us allow, ours and theirs alike.
 * @returns how many that is
 */
export async function allowManyFiles(): Promise<number> {
  // Refused without CAP_SYS_RESOURCE: then all have the hard limit that this process has, which Node makes its soft one.
  await runCommand(['prlimit', `--pid=${process.pid}`, `--nofile=${OPEN_FILES}:${OPEN_FILES}`]);
  return openFilesMax(readFileSync('/proc/self/limits', 'utf8')) ?? 0;
}

/**
 * The sysctls, MPTCP limits and endpoints that `wanbond plan` lists for the lab's router and server, and no others.
 * @param far what accepts the MPTCP connections; the server when not given
 * @returns how many files each program may open
 */
export async function prepareHosts(lab: Lab, far: Host = lab.hosts.server): Promise<number> {
  const openFiles = await allowManyFiles();
  // Our router raises its maximum while it runs, up to this; others could not, so they have it at once.
  const overrides = { relay: { 'buffer-max': `${memoryLimit(totalmem()).bytes}B` } };
  await Promise.all([
    applyPlan(lab.hosts.router, lab.writeRouterConfig({ overrides })),
    applyPlan(far, lab.writeServerConfig(overrides)),
  ]);
  return openFiles;
}

// What is left out redirects LAN connections to our daemon.
const KERNEL_SETTING = /^(?:sysctl -w|ip mptcp) /;

async function applyPlan(host: Host, config: string): Promise<void> {
  const plan = await host.must([process.execPath, builtProgram('main'), 'plan', '-c', config]);
  const script = plan.split('\n').filter((line) => KERNEL_SETTING.test(line));
  await host.must(['sh', '-e'], { input: `${script.join('\n')}\n` });
}
