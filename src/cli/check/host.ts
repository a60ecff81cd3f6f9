// From the facts of the host to findings: pure, so that every kind of host can be tested on any.
import { CAP_NET_ADMIN, type HostFeatures, hasCapability } from '../../linux/features.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { fastOpenFindings } from './fast-open.ts';
import { limitFindings } from './limits.ts';
import type { Needs } from './needs.ts';
import { redirectFindings } from './redirect.ts';

// Older kernels have MPTCP, but not the socket options that the relay needs.
const KERNEL_MIN = [6, 1] as const;
// As package.json says.
const NODE_MIN = [20, 19] as const;

export function hostFindings(facts: HostFeatures, needs: Needs): Finding[] {
  const isServerOnly = needs.isServer && !needs.isRouter;
  return [
    kernel(facts),
    node(facts),
    mptcp(facts),
    mptcpSocket(facts),
    ipMptcp(facts, isServerOnly),
    capabilities(facts, needs),
    ...(isServerOnly && !needs.isGateway ? [] : redirectFindings(facts, needs)),
    ...congestion(facts, needs),
    ...fastOpenFindings(facts, needs),
    ...limitFindings(facts, needs),
  ];
}

function kernel({ kernelRelease }: HostFeatures): Finding {
  if (isAtLeast(kernelRelease, KERNEL_MIN)) return ok('kernel', kernelRelease);
  return fail('kernel', `${kernelRelease} is too old`, `Use Linux ${KERNEL_MIN.join('.')} or newer.`);
}

function node({ nodeVersion }: HostFeatures): Finding {
  if (isAtLeast(nodeVersion, NODE_MIN)) return ok('node', nodeVersion);
  return fail(
    'node',
    `${nodeVersion} is too old`,
    `Use Node ${NODE_MIN.join('.')} or newer: docs/install.md says where to get it.`,
  );
}

function isAtLeast(version: string, [minMajor, minMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major > minMajor || (major === minMajor && minor >= minMinor);
}

function mptcp({ isMptcpEnabled }: HostFeatures): Finding {
  if (isMptcpEnabled) return ok('MPTCP', 'enabled');
  if (isMptcpEnabled === false) {
    return fail('MPTCP', 'is switched off', 'Run `sysctl -w net.mptcp.enabled=1`.');
  }
  return fail(
    'MPTCP',
    'this kernel has none',
    'Use a kernel with CONFIG_MPTCP=y, as Debian 12 and OpenWrt 24.10 have.',
  );
}

function mptcpSocket({ mptcpSocketError }: HostFeatures): Finding {
  if (mptcpSocketError === undefined) return ok('MPTCP socket', 'opens');
  const hint = 'Check net.mptcp.enabled, and what confines this process (container, seccomp, BPF).';
  return fail('MPTCP socket', `does not open: ${mptcpSocketError}`, hint);
}

function ipMptcp({ ipMptcpError }: HostFeatures, isServerOnly: boolean): Finding {
  if (ipMptcpError === undefined) return ok('ip mptcp', 'works');
  const hint = 'Install iproute2 5.19 or newer (Debian: iproute2, OpenWrt: ip-full).';
  // A server without it runs where the limits are set already.
  return (isServerOnly ? warn : fail)('ip mptcp', ipMptcpError, hint);
}

function capabilities({ capabilities: set }: HostFeatures, needs: Needs): Finding {
  if (hasCapability(set, CAP_NET_ADMIN)) return ok('capabilities', 'CAP_NET_ADMIN');
  const what = 'this process has no CAP_NET_ADMIN';
  if (needs.isRouter) return fail('capabilities', what, 'Run the router as root, or give it CAP_NET_ADMIN.');
  if (needs.isGateway) {
    const hint = 'Run the server as root, or give its service CAP_NET_ADMIN: docs/gateway.md says how.';
    return fail('capabilities', `${what}, which an "intercept" listener needs`, hint);
  }
  if (needs.isServer) {
    return warn(
      'capabilities',
      `${what}: the server cannot set MPTCP limits and buffers itself`,
      'Set before what `wanbond plan` prints, or run the server as root.',
    );
  }
  return warn('capabilities', what, 'Run this check as root: it then sees more, and a router needs it.');
}

function congestion(facts: HostFeatures, { congestions }: Needs): Finding[] {
  const isAdmin = hasCapability(facts.capabilities, CAP_NET_ADMIN);
  const usable = isAdmin ? facts.congestionAvailable : facts.congestionAllowed;
  const missing = congestions.filter((name) => !usable.includes(name));
  const findings = missing.map((name) =>
    facts.congestionAvailable.includes(name)
      ? fail(
          'congestion control',
          `"${name}" is not allowed to this user`,
          `Add it to net.ipv4.tcp_allowed_congestion_control, or run as root.`,
        )
      : fail(
          'congestion control',
          `"${name}" is not available`,
          `Run \`modprobe tcp_${name}\`, or set relay.congestion to one of: auto, ${usable.join(', ')}.`,
        ),
  );
  if (usable.includes('bbr') || missing.includes('bbr')) {
    return findings.length > 0 ? findings : [ok('congestion control', usable.join(', '))];
  }
  const hint =
    'Run `modprobe tcp_bbr` (OpenWrt: kmod-tcp-bbr); without it a lossy WAN slows the others down.';
  return [...findings, warn('congestion control', `${usable.join(', ')}, but no bbr`, hint)];
}
