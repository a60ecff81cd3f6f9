// `wanbond plan`: every side effect as commands a person can read or run; changes nothing.
import { Command } from 'commander';
import { ownCapabilities } from '../linux/features.ts';
import { readHostFacts } from '../linux/host-facts.ts';
import { Nftables } from '../linux/nftables.ts';
import { type HostFacts, isSatisfied, undoOf } from '../plan/host-facts.ts';
import { renderStep, renderUndo, type Step } from '../plan/step.ts';
import { chooseMethod } from '../router/redirect/choose-method.ts';
import { natTables } from '../router/plan/nat-plan.ts';
import { routerPlan, routerSysctls } from '../router/plan/router-plan.ts';
import { readServerFacts } from '../server/server-facts.ts';
import { serverPlan } from '../server/server-plan.ts';
import { knownServers, serverNames } from '../wan/servers/known-servers.ts';
import { lookUpNames } from '../wan/servers/look-up-names.ts';
import { configOption, installedConfig } from './config-option.ts';
import { plannedWans } from './planned-wans.ts';
import { requireNetAdmin } from './privileges.ts';
import { type AnyConfig, loadAnyConfig } from './role-config.ts';

export function planCommand(): Command {
  return new Command('plan')
    .description('print what the daemon would change on this host, as commands; change nothing')
    .addOption(configOption('the config file of the router or the server'))
    .option('--undo', 'print the reverse instead')
    .action(async ({ config: file = installedConfig(), undo }: { config?: string; undo?: boolean }) => {
      const { steps, facts, note } = await makePlan(loadAnyConfig(file));
      if (note !== undefined) process.stderr.write(`${note}\n`);
      process.stdout.write(undo ? renderReverse(steps, facts) : renderPlan(steps, facts));
    });
}

const RUNNING_NOTE =
  'The router runs: its WANs are planned as it uses them now; `wanbond wan -c FILE` says why.';

interface Plan {
  readonly steps: readonly Step[];
  readonly facts: HostFacts;
  /** What a person should know beside the commands. */
  readonly note?: string | undefined;
}

/** @throws WanbondError `no-privileges`, for a router. */
export async function makePlan(any: AnyConfig, capabilities = ownCapabilities()): Promise<Plan> {
  if (any.role === 'server') {
    const facts = readServerFacts(any.config);
    return { steps: serverPlan(any.config, facts), facts };
  }
  const { config } = any;
  // Without it the kernel is not asked whether it has TPROXY, and another plan comes out than what the daemon does.
  requireNetAdmin('the plan of a router', capabilities);
  const facts = readHostFacts(routerSysctls(config), config.redirect.table, natTables(config));
  const nftables = new Nftables();
  const method = chooseMethod(config, facts, nftables);
  nftables.close();
  const servers = knownServers(config, await lookUpNames(serverNames(config)));
  const { wans, isRunning } = await plannedWans(config, servers);
  const note = isRunning ? RUNNING_NOTE : undefined;
  return { steps: routerPlan(config, { wans, servers }, method, facts), facts, note };
}

/** What is so already stays in the list, as a comment. */
function renderPlan(steps: readonly Step[], facts: HostFacts): string {
  return steps
    .map((step) =>
      isSatisfied(step, facts) ? `# already so: ${renderStep(step)}\n` : `${renderStep(step)}\n`,
    )
    .join('');
}

function renderReverse(steps: readonly Step[], facts: HostFacts): string {
  return steps
    .filter((step) => !isSatisfied(step, facts))
    .toReversed()
    .map((step) => {
      if (step.kind === 'owner-table')
        return `nft delete table ${step.family} ${step.name}   # only by the daemon\n`;
      const undo = undoOf(step, facts);
      return undo ? `${renderUndo(undo)}\n` : '';
    })
    .join('');
}
