// Looks for what stands in a router's way on this host. Nothing is changed.
import { WanbondError } from '../../../base/error.ts';
import type { RouterConfig } from '../../../config/router.ts';
import { readConflictFacts } from '../../../linux/conflict-facts.ts';
import type { HostFeatures } from '../../../linux/features.ts';
import { readHostFacts } from '../../../linux/host-facts.ts';
import { Journal } from '../../../plan/journal.ts';
import type { Undo } from '../../../plan/step.ts';
import type { RedirectMethod } from '../../../router/redirect/redirect-table.ts';
import { readReadyWans } from '../../../router/wans/ready-wans.ts';
import { TABLE_NAME } from '../../../router/plan/router-plan.ts';
import { type KnownServer, upstreamFamilies } from '../../../wan/servers/known-servers.ts';
import { type Finding, fail } from '../finding.ts';
import { addressFindings } from './addresses.ts';
import type { ConflictContext } from './context.ts';
import { endpointFindings } from './endpoints.ts';
import { forwardingFindings, natFindings } from './forwarding.ts';
import { inputFindings } from './input-chain.ts';
import { markFindings } from './marks.ts';
import { reversePathFindings } from './reverse-path.ts';
import { ruleFindings } from './rules.ts';

function conflictFindings(context: ConflictContext): Finding[] {
  return [
    ...forwardingFindings(context),
    ...natFindings(context),
    ...inputFindings(context),
    ...reversePathFindings(context),
    ...markFindings(context),
    ...ruleFindings(context),
    ...addressFindings(context),
    ...endpointFindings(context),
  ];
}

export function findConflicts(
  config: RouterConfig,
  servers: readonly KnownServer[],
  host: HostFeatures,
): Finding[] {
  try {
    const plan = readHostFacts([], undefined);
    return conflictFindings({
      config,
      facts: readConflictFacts(config.redirect.table, TABLE_NAME),
      interfaces: plan.interfaces,
      wans: readReadyWans(config, upstreamFamilies(servers)),
      method: methodOf(config, host),
      journal: readJournal(config.stateDir),
    });
  } catch (error) {
    if (!(error instanceof WanbondError)) throw error;
    return [fail('conflicts', error.message, error.hint)];
  }
}

/** As the daemon will choose; where that cannot be told, the default. */
function methodOf({ redirect }: RouterConfig, { nft }: HostFeatures): RedirectMethod {
  if (redirect.method !== 'auto') return redirect.method;
  return nft.hasTproxy === false || nft.hasSocket === false ? 'redirect' : 'tproxy';
}

/** Only root may read what root left. */
function readJournal(stateDir: string): readonly Undo[] {
  return new Journal(stateDir).entries;
}
