// `wanbond check`: the command line of check.ts.
import { Command } from 'commander';
import { runCheck } from './check/check.ts';

export function checkCommand(): Command {
  return new Command('check')
    .description('check config files, this host and the way to the server; change nothing')
    .option('-c, --config <file...>', 'config files of the router or the server', [])
    .option('--json', 'print one JSON document')
    .option('--no-network', 'do not ask the server of a router over its WANs')
    .action(async ({ config, json, network }: { config: string[]; json?: boolean; network: boolean }) => {
      process.exitCode = await runCheck({ config, json: json ?? false, network });
    });
}
