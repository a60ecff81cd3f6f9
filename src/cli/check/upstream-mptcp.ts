// Whether MPTCP gets through on one path to the server, and which of its options does not: pure.
import { formatSocketAddress } from '../../base/address.ts';
import { ASK_PROVIDER, ASK_SERVER } from '../../wan/tries/mptcp-survival.ts';
import type { JoinTry, PathResult } from '../../wan/tries/server-check.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const LOOK_AT_PROVIDER = sentence(ASK_PROVIDER);

/** For a path on which a connection came about, over MPTCP or without it. */
export function mptcpFinding(result: PathResult): Finding {
  const { path, hello, join } = result;
  const subject = `MPTCP over ${path.wan}`;
  const where = formatSocketAddress(path.to);
  if (hello.kind !== 'connected') {
    const what = hello.why === 'refused' ? 'refused' : 'dropped';
    return fail(
      subject,
      `${where}: stripped, connections with MP_CAPABLE are ${what}, plain TCP connects`,
      `${LOOK_AT_PROVIDER}; without it ${path.wan} cannot be bonded.`,
    );
  }
  if (!hello.isMptcp) return withoutMptcp(subject, where, result);
  return join ? joinFinding(subject, where, path.wan, join) : ok(subject, `${where}: kept`);
}

function withoutMptcp(subject: string, where: string, { path, join }: PathResult): Finding {
  // Our own segments kept the option: it was not the network that left it out.
  if (join && join.result.kind !== 'untested') {
    return fail(
      subject,
      `${where}: this kernel leaves MP_CAPABLE out, the network would keep it`,
      'Run `sysctl -w net.mptcp.blackhole_timeout=0`: the kernel took a firewall for a black hole and switched MPTCP off.',
    );
  }
  return fail(
    subject,
    `${where}: stripped, MP_CAPABLE is gone after connect: plain TCP`,
    `${LOOK_AT_PROVIDER}, or check that the server has MPTCP (\`wanbond check\` there); without it ${path.wan} cannot be bonded.`,
  );
}

function joinFinding(subject: string, where: string, wan: string, { firstWan, result }: JoinTry): Finding {
  const other = firstWan === wan ? 'the same WAN' : firstWan;
  switch (result.kind) {
    case 'joined':
      return ok(subject, `${where}: kept, a second subflow joins a connection over ${other}`);
    case 'stripped':
      return fail(
        subject,
        `${where}: stripped, MP_JOIN is gone: a second subflow cannot join a connection over ${other}`,
        `${LOOK_AT_PROVIDER}; without it ${wan} carries only flows that start on it.`,
      );
    case 'silent':
      return fail(
        subject,
        `${where}: MP_JOIN is dropped: a second subflow gets no answer`,
        `${LOOK_AT_PROVIDER}, or a firewall before the server that lets only known connections pass.`,
      );
    case 'refused':
      return fail(
        subject,
        `${where}: MP_JOIN is refused: a second subflow is reset`,
        `${sentence(ASK_SERVER)}, and that no firewall resets it.`,
      );
    default:
      return warn(
        subject,
        `${where}: kept, but a second subflow could not be tried: ${result.reason}`,
        'Run this check as root (it needs CAP_NET_RAW for this), or once more if it was.',
      );
  }
}
