// `wanbond down`: takes back what a daemon that died has left. Running it twice does no more than once.
import { Command } from 'commander';
import { acquireLock } from '../daemon/instance-lock.ts';
import { undoAll } from '../linux/apply-plan.ts';
import { Journal } from '../plan/journal.ts';
import { renderUndo } from '../plan/step.ts';
import { ROUTER_LOCK } from '../router/daemon.ts';
import { SERVER_LOCK } from '../server/daemon.ts';
import { loadAnyConfig } from './role-config.ts';

export function downCommand(): Command {
  return new Command('down')
    .description('take back what a daemon that died has left on this host')
    .requiredOption('-c, --config <file>', 'the config file of the router or the server')
    .action(async ({ config: file }: { config: string }) => {
      const { role, config } = loadAnyConfig(file);
      const lock = await acquireLock(role === 'router' ? ROUTER_LOCK : SERVER_LOCK);
      const journal = new Journal(config.stateDir);
      const undos = journal.entries.toReversed();
      undoAll(journal);
      for (const undo of undos) process.stdout.write(`${renderUndo(undo)}\n`);
      process.stdout.write(
        undos.length === 0 ? 'nothing to take back\n' : `${undos.length} changes taken back\n`,
      );
      await lock.release();
    });
}
