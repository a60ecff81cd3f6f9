// MPTCP endpoints: those of others, programs that make them, and more addresses than the kernel has room for.
import { formatAddress } from '../../../base/address.ts';
import type { EndpointFact } from '../../../plan/endpoint-facts.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import type { ConflictContext } from './context.ts';

const SUBJECT = 'MPTCP endpoints';
// net/mptcp/pm_kernel.c, MPTCP_PM_ADDR_MAX: of one network namespace.
const MAX_ENDPOINTS = 8;

const MANAGER_HINTS: Readonly<Record<string, (wans: string) => string>> = {
  mptcpd: () => 'Stop it: `systemctl disable --now mptcp.service`.',
  NetworkManager: (wans) =>
    `Set connection.mptcp-flags to disabled for the connections of ${wans}: \`nmcli connection modify NAME connection.mptcp-flags disabled\`.`,
};

export function endpointFindings(context: ConflictContext): Finding[] {
  const { facts, wans } = context;
  const ours = wans.flatMap((wan) =>
    wan.sources.map((source) => ({ address: formatAddress(source), device: wan.interface })),
  );
  const foreign = facts.endpoints.filter((one) => !isOurs(one, ours, context));
  const findings = foreign.map((one) => foreignFinding(one, ours));
  const total = ours.length + foreign.length;
  if (total > MAX_ENDPOINTS) {
    findings.push(
      fail(
        SUBJECT,
        `${ours.length} WAN addresses and ${foreign.length} endpoints of others are more than the kernel's ${MAX_ENDPOINTS}`,
        'Use fewer WANs, or give WANs one `source` address each, or only one family in server.address.',
      ),
    );
  }
  const devices = wans.map((wan) => wan.interface).join(', ');
  for (const name of facts.managers) {
    findings.push(
      warn(
        SUBJECT,
        `${name} is running and may add and remove endpoints`,
        MANAGER_HINTS[name]?.(devices) ?? 'Stop it.',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(SUBJECT, `${ours.length} of ${MAX_ENDPOINTS} are needed`)];
}

interface Planned {
  readonly address: string;
  readonly device: string;
}

/** As a daemon would make it, or did make it; the kernel's own (implicit) ones come and go with connections. */
function isOurs(one: EndpointFact, ours: readonly Planned[], { journal }: ConflictContext): boolean {
  if (one.flags.includes('implicit')) return true;
  const isPlanned = ours.some(({ address, device }) => address === one.address && device === one.device);
  if (isPlanned && one.flags.length === 1 && one.flags[0] === 'subflow') return true;
  return journal.some(
    (undo) =>
      undo.kind === 'endpoint' &&
      undo.id === one.id &&
      undo.address === one.address &&
      undo.device === one.device,
  );
}

function foreignFinding({ id, address, device, flags }: EndpointFact, ours: readonly Planned[]): Finding {
  const text = `${address}${device === undefined ? '' : ` dev ${device}`} (${flags.join(' ') || 'no flags'})`;
  const hint = `Run \`ip mptcp endpoint delete id ${id}\` if nothing needs it, and stop the program that adds it.`;
  if (ours.some((one) => one.address === address)) {
    return fail(SUBJECT, `one of another program is in the way of ours: ${text}`, hint);
  }
  return warn(SUBJECT, `one of another program makes subflows that wanbond does not know of: ${text}`, hint);
}
