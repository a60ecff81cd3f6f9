// `wanbond check`: the command line of check.ts.
import { Command } from 'commander';
import { runCheck } from './check.ts';

export function checkCommand(): Command {
  return new Command('check')
    .description('check config files and this host; change nothing')
    .option('-c, --config <file...>', 'config files of the router or the server', [])
    .option('--json', 'print one JSON document')
    .action(async ({ config, json }: { config: string[]; json?: boolean }) => {
      process.exitCode = await runCheck({ config, json: json ?? false });
    });
}
