// Whether this host can do the TCP Fast Open that a config asks for.
import { CAP_NET_ADMIN, type HostFeatures, hasCapability } from '../../linux/features.ts';
import { FAST_OPEN_BIT } from '../../plan/kernel-steps.ts';
import { type Finding, ok, warn } from './finding.ts';
import type { Needs } from './needs.ts';

const SUBJECT = 'TCP Fast Open';
// Listeners of MPTCP take it from here on.
const SERVER_KERNEL_MIN = [6, 2] as const;

/** None where no config asks for it. Without it everything works, so nothing fails. */
export function fastOpenFindings(facts: HostFeatures, { fastOpen }: Needs): Finding[] {
  const sides = (['client', 'server'] as const).filter((side) => fastOpen[side]);
  return sides.length === 0 ? [] : [finding(facts, sides)];
}

function finding(facts: HostFeatures, sides: readonly (keyof typeof FAST_OPEN_BIT)[]): Finding {
  const { tcpFastOpen: now, kernelRelease } = facts;
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10));
  const [minMajor, minMinor] = SERVER_KERNEL_MIN;
  if (sides.includes('server') && (major < minMajor || (major === minMajor && minor < minMinor))) {
    const hint = `Use Linux ${SERVER_KERNEL_MIN.join('.')} or newer, or leave relay.fast-open out.`;
    return warn(SUBJECT, `MPTCP listeners of ${kernelRelease} do not take it`, hint);
  }
  if (now === undefined)
    return warn(SUBJECT, 'net.ipv4.tcp_fastopen cannot be read', 'Check that /proc/sys is there.');
  const wanted = sides.reduce((bits, side) => bits | FAST_OPEN_BIT[side], now);
  if (wanted === now) return ok(SUBJECT, `allowed (net.ipv4.tcp_fastopen is ${now})`);
  const change = `net.ipv4.tcp_fastopen is ${now}`;
  if (hasCapability(facts.capabilities, CAP_NET_ADMIN))
    return ok(SUBJECT, `${change}; will be set to ${wanted} at start`);
  return warn(SUBJECT, `${change}: not allowed`, `Run \`sysctl -w net.ipv4.tcp_fastopen=${wanted}\`.`);
}
