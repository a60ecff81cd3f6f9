// `wanbond status`: what a running daemon counts, as JSON.
import { Command } from 'commander';
import { askControl } from '../control/control-socket.ts';
import { configOption, installedConfig } from './config-option.ts';
import { loadAnyConfig } from './role-config.ts';

export function statusCommand(): Command {
  return new Command('status')
    .description('show what the running daemon counts, as JSON')
    .addOption(configOption('the config file the daemon runs with'))
    .action(async ({ config: file = installedConfig() }: { config?: string }) => {
      const answer = await askControl(loadAnyConfig(file).config.stateDir, 'status');
      process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`);
    });
}
