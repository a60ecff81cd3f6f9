// `wanbond plan`: every side effect as commands a person can read or run; changes nothing.
import { Command } from 'commander';
import { readHostFacts } from '../linux/host-facts.ts';
import { Nftables } from '../linux/nftables.ts';
import { type HostFacts, isSatisfied, undoOf } from '../plan/host-facts.ts';
import { renderStep, renderUndo, type Step } from '../plan/step.ts';
import { chooseMethod } from '../router/choose-method.ts';
import { natTables } from '../router/nat-plan.ts';
import { readReadyWans } from '../router/ready-wans.ts';
import { routerPlan, routerSysctls } from '../router/router-plan.ts';
import { SERVER_SYSCTLS, serverPlan } from '../server/server-plan.ts';
import { knownServers, serverNames, upstreamFamilies } from '../wan/known-servers.ts';
import { lookUpNames } from '../wan/look-up-names.ts';
import { tiersByConfig } from '../wan/tiers.ts';
import { type AnyConfig, loadAnyConfig } from './role-config.ts';

export function planCommand(): Command {
  return new Command('plan')
    .description('print what the daemon would change on this host, as commands; change nothing')
    .requiredOption('-c, --config <file>', 'the config file of the router or the server')
    .option('--undo', 'print the reverse instead')
    .action(async ({ config: file, undo }: { config: string; undo?: boolean }) => {
      const { steps, facts } = await makePlan(loadAnyConfig(file));
      process.stdout.write(undo ? renderReverse(steps, facts) : renderPlan(steps, facts));
    });
}

export async function makePlan(any: AnyConfig): Promise<{ steps: Step[]; facts: HostFacts }> {
  if (any.role === 'server') {
    const facts = readHostFacts(SERVER_SYSCTLS, undefined);
    return { steps: serverPlan(any.config, facts), facts };
  }
  const { config } = any;
  const facts = readHostFacts(routerSysctls(config), config.redirect.table, natTables(config));
  const nftables = new Nftables();
  const method = chooseMethod(config, facts, nftables);
  nftables.close();
  const servers = knownServers(config, await lookUpNames(serverNames(config)));
  const { verdicts } = tiersByConfig(config.wans);
  const wans = readReadyWans(config, upstreamFamilies(servers))
    .filter(({ name }) => verdicts.get(name)?.role !== 'out')
    .map((wan) => ({ ...wan, isBackup: verdicts.get(wan.name)?.role === 'standby' }));
  return { steps: routerPlan(config, { wans, servers }, method, facts), facts };
}

/** What is so already stays in the list, as a comment. */
export function renderPlan(steps: readonly Step[], facts: HostFacts): string {
  return steps
    .map((step) =>
      isSatisfied(step, facts) ? `# already so: ${renderStep(step)}\n` : `${renderStep(step)}\n`,
    )
    .join('');
}

export function renderReverse(steps: readonly Step[], facts: HostFacts): string {
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
