// Which WANs a plan gives endpoints: as the router that runs uses them now, else as the config says.
import { WanbondError } from '../base/error.ts';
import type { RouterConfig } from '../config/router.ts';
import { askControl } from '../control/control-socket.ts';
import { readReadyWans } from '../router/wans/ready-wans.ts';
import type { BondedWan } from '../router/plan/router-plan.ts';
import type { RouterStatus, WanEndpoint } from '../router/report/wan-status.ts';
import { type KnownServer, upstreamFamilies } from '../wan/servers/known-servers.ts';
import { tiersByConfig } from '../wan/tiers/tiers.ts';

export interface PlannedWans {
  readonly wans: readonly BondedWan[];
  /** A router runs, and its decisions were asked for. */
  readonly isRunning: boolean;
}

export async function plannedWans(
  config: RouterConfig,
  servers: readonly KnownServer[],
): Promise<PlannedWans> {
  const running = await askRouter(config);
  const { verdicts } = tiersByConfig(config.wans);
  const byConfig = (name: string): WanEndpoint => {
    const role = verdicts.get(name)?.role;
    if (role === 'out') return 'none';
    return role === 'standby' ? 'backup' : 'bulk';
  };
  const wans = readReadyWans(config, upstreamFamilies(servers)).flatMap((wan): BondedWan[] => {
    // One that the running router has not heard of is as the file says.
    const endpoint = running?.wans.find(({ name }) => name === wan.name)?.endpoint ?? byConfig(wan.name);
    return endpoint === 'none' ? [] : [{ ...wan, isBackup: endpoint === 'backup' }];
  });
  return { wans, isRunning: running !== undefined };
}

async function askRouter({ stateDir }: RouterConfig): Promise<RouterStatus | undefined> {
  try {
    return (await askControl(stateDir, 'status')) as RouterStatus;
  } catch (error) {
    if (error instanceof WanbondError && error.code === 'not-running') return undefined;
    throw error;
  }
}
