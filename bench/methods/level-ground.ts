// The same ground for all that are compared: open files, congestion control, and what wanbond gives the hosts it runs on.
import { totalmem } from 'node:os';
import { builtProgram } from '../../src/base/package-files.ts';
import type { Host } from '../../src/lab/host.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { memoryLimit } from '../../src/wan/buffer-limit.ts';
import { allowManyFiles } from '../open-files.ts';

// What wanbond's "auto" is on paths without loss. The default of the machine may be another one.
const CONGESTION = 'cubic';

/** For wanbond and plain routing: programs may still choose another congestion control, as wanbond does for lossy paths. */
export async function levelGround(lab: Lab): Promise<void> {
  await allowManyFiles();
  await setCongestion(lab, CONGESTION);
}

/**
 * For all others, which then have the sysctls, MPTCP limits and endpoints too that `wanbond plan` lists for the lab's
 * router and server.
 *
 * @param far what accepts the MPTCP connections; the server when not given
 * @returns how many files each program may open
 */
export async function levelGroundOfPeers(lab: Lab, far: Host = lab.hosts.server): Promise<number> {
  const openFiles = await allowManyFiles();
  // Locked, because the kernel gives a subflow that joins the default of the machine as soon as a socket option was set
  // on its connection, whatever the route says.
  await setCongestion(lab, `lock ${CONGESTION}`);
  // Our router raises its maximum while it runs, up to this; others could not, so they have it at once.
  const overrides = { relay: { 'buffer-max': `${memoryLimit(totalmem()).bytes}B` } };
  await Promise.all([
    applyPlan(lab.hosts.router, lab.writeRouterConfig({ overrides })),
    applyPlan(far, lab.writeServerConfig(overrides)),
  ]);
  return openFiles;
}

/** By the IPv4 routes: as a sysctl, a namespace takes only what the machine allows everybody. @param how as ip-route has it */
async function setCongestion(lab: Lab, how: string): Promise<void> {
  const script = `ip -4 route show | while read -r route; do ip route change $route congctl ${how}; done\n`;
  await Promise.all(Object.values(lab.hosts).map((host) => host.must(['sh', '-e'], { input: script })));
}

// What is left out redirects LAN connections to our daemon.
const KERNEL_SETTING = /^(?:sysctl -w|ip mptcp) /;

async function applyPlan(host: Host, config: string): Promise<void> {
  const plan = await host.must([process.execPath, builtProgram('main'), 'plan', '-c', config]);
  const script = plan.split('\n').filter((line) => KERNEL_SETTING.test(line));
  await host.must(['sh', '-e'], { input: `${script.join('\n')}\n` });
}
