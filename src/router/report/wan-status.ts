// What `status` shows of servers and WANs, put together from what the parts know.
import { formatSocketAddress } from '../../base/address.ts';
import type { RouterConfig } from '../../config/router.ts';
import type { KnownServer } from '../../wan/servers/known-servers.ts';
import type { BufferLimit } from '../../wan/buffer-limit.ts';
import { mptcpTrouble } from '../../wan/tries/mptcp-survival.ts';
import type { PathMeasurement } from '../../wan/probe/probe-path.ts';
import type { WanRole } from '../../wan/role/role.ts';
import { FAST_OPEN_LOST, type FastOpenWans } from '../policy/fast-open-wans.ts';
import type { TierKeeper, TierStatus } from '../wans/tier-keeper.ts';
import type { WanJudge } from '../wans/wan-judge.ts';
import type { WanState } from '../wans/wan-state.ts';

/** What stands for the WAN in the kernel: subflows over it carry always, or only while no others do. */
export type WanEndpoint = 'bulk' | 'backup' | 'none';

/** Of one WAN, as `status` shows it; with what its probes measured, see PathMeasurement. */
export interface WanStatus extends TierStatus {
  readonly name: string;
  readonly interface: string;
  readonly role: WanRole;
  /** Why it is not in the bulk; undefined when it is. */
  readonly reason: string | undefined;
  /** As decided; while every WAN is lost the last endpoints stay all the same. */
  readonly endpoint: WanEndpoint;
  /** What is wrong with it; undefined when it is well, whatever its tier. */
  readonly trouble: string | undefined;
  /** Whether flows begin with TCP Fast Open over it; undefined where the config does not ask for it. */
  readonly fastOpen: FastOpenStatus | undefined;
}

export interface FastOpenStatus {
  readonly isOn: boolean;
  /** Why it is off. */
  readonly reason: string | undefined;
}

/** Of one server, as `status` shows it. */
export interface ServerStatus extends Pick<KnownServer, 'transport' | 'takesPipelined'> {
  readonly name: string;
  /** With port. */
  readonly addresses: readonly string[];
  /** New flows go there. */
  readonly isUsed: boolean;
  readonly isLost: boolean;
}

export interface RouterStatus {
  /** In the order of the config, as the WANs are. */
  readonly servers: readonly ServerStatus[];
  readonly wans: readonly WanStatus[];
  readonly limits: {
    /** The most that a socket may hold, in force. */
    readonly buffer: BufferLimit;
  };
}

export interface StatusSources {
  readonly config: RouterConfig;
  readonly servers: readonly KnownServer[];
  readonly measurements: readonly PathMeasurement[];
  readonly state: WanState | undefined;
  readonly judge: Pick<WanJudge, 'health'>;
  readonly tiers: Pick<TierKeeper, 'status'>;
  readonly fastOpen: Pick<FastOpenWans, 'isLost'>;
  readonly buffer: BufferLimit;
}

export function routerStatus(sources: StatusSources): RouterStatus {
  const { config, servers, measurements, state, judge, tiers, fastOpen, buffer } = sources;
  const current = state?.servers.current?.label;
  return {
    servers: servers.map(({ label, addresses, port, transport, takesPipelined }) => ({
      name: label,
      transport,
      takesPipelined,
      addresses: addresses.map((address) => formatSocketAddress({ address, port })),
      isUsed: label === current && state?.servers.alive.length !== 0,
      isLost: !state?.servers.alive.some((one) => one.label === label),
    })),
    wans: config.wans.map((wan) => {
      const { name, interface: device } = wan;
      const path = measurements.find((one) => one.wan === name && one.server === current);
      const { wan: _, server: __, seenAs, ...measured } = path ?? {};
      const verdict = state?.troubles.get(name);
      return {
        name,
        interface: device,
        role: verdict?.role ?? 'bulk',
        reason: verdict?.reason,
        endpoint: endpointOf(name, state),
        trouble: judge.health.get(name) ?? mptcpTrouble(path?.mptcp),
        fastOpen: config.relay.fastOpen ? fastOpenStatus(fastOpen.isLost(name)) : undefined,
        ...tiers.status(wan),
        ...measured,
        seenAs: seenAs && formatSocketAddress(seenAs),
      };
    }),
    limits: { buffer },
  };
}

const fastOpenStatus = (isLost: boolean): FastOpenStatus => ({
  isOn: !isLost,
  reason: isLost ? FAST_OPEN_LOST : undefined,
});

function endpointOf(name: string, state: WanState | undefined): WanEndpoint {
  const bonded = state?.bonded.find((one) => one.name === name);
  if (!bonded) return 'none';
  return bonded.isBackup ? 'backup' : 'bulk';
}
