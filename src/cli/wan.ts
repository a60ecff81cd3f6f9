// `wanbond wan`: what each WAN is and does, and its tier set by hand while the router runs.
import { Argument, Command } from 'commander';
import { WanbondError } from '../base/error.ts';
import type { RouterConfig } from '../config/router.ts';
import { askControl, tellControl } from '../control/control-socket.ts';
import { OVERRIDES, type OverrideRequest, unknownWan } from '../router/wans/override-request.ts';
import type { TierStatus } from '../router/wans/tier-keeper.ts';
import type { WanStatus } from '../router/report/wan-status.ts';
import { configOption, installedConfig } from './config-option.ts';
import { loadAnyConfig } from './role-config.ts';
import { renderWanTable } from './wan-table.ts';

interface WanOptions {
  readonly config?: string;
  readonly json?: true;
}

const ROLES = ['router'] as const;

export function wanCommand(): Command {
  return new Command('wan')
    .description('show the WANs of the running router, or set the tier of one until `auto` or a restart')
    .argument('[name]', 'the WAN to change; all are shown without it')
    .addArgument(new Argument('[tier]', 'what it shall be').choices(OVERRIDES))
    .addOption(configOption('the config file the router runs with', ROLES))
    .option('--json', 'print JSON instead of a table')
    .action(
      async (
        name: string | undefined,
        tier: OverrideRequest['tier'] | undefined,
        { config: given, json }: WanOptions,
      ) => {
        const config = routerConfig(given ?? installedConfig(ROLES));
        if (name === undefined || tier === undefined) return await show(config, name, json === true);
        const request: OverrideRequest = { name, tier };
        const status = (await tellControl(config.stateDir, 'wan', request)) as TierStatus;
        print(json ? JSON.stringify(status) : said(name, status, given));
      },
    );
}

async function show({ stateDir }: RouterConfig, name: string | undefined, json: boolean): Promise<void> {
  const { wans: all } = (await askControl(stateDir, 'status')) as { wans: readonly WanStatus[] };
  const wans = name === undefined ? all : all.filter((one) => one.name === name);
  if (wans.length === 0) throw unknownWan(name ?? '', all);
  print(json ? JSON.stringify(wans, undefined, 2) : renderWanTable(wans));
}

/** @param file as it was given with -c */
export function said(
  name: string,
  { tier, override, tierReason }: TierStatus,
  file: string | undefined,
): string {
  if (override !== undefined) {
    const option = file === undefined ? '' : ` -c ${file}`;
    return `${name} is ${tier}, by hand, until \`wanbond wan ${name} auto${option}\` or a restart of the router.`;
  }
  return `${name} is ${tier}, as ${tierReason === undefined ? 'configured' : `it has to be: ${tierReason}`}.`;
}

function routerConfig(file: string): RouterConfig {
  const any = loadAnyConfig(file);
  if (any.role === 'router') return any.config;
  throw new WanbondError({
    code: 'not-for-servers',
    message: 'a server has no WANs',
    hint: 'Run it on the router, with the config of the router.',
  });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
