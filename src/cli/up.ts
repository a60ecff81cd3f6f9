// `wanbond up`: sets, as root, what a server needs of its host, so that the server itself runs without privileges.
import { Command } from 'commander';
import { WanbondError } from '../base/error.ts';
import { acquireLock } from '../daemon/instance-lock.ts';
import { applyPlan, undoAll } from '../linux/apply-plan.ts';
import { Journal } from '../plan/journal.ts';
import { SERVER_LOCK } from '../server/daemon.ts';
import { readServerFacts } from '../server/server-facts.ts';
import { serverPlan } from '../server/server-plan.ts';
import { requiredConfigOption } from './config-option.ts';
import { requireRoot } from './privileges.ts';
import { loadAnyConfig } from './role-config.ts';

export function upCommand(): Command {
  return new Command('up')
    .description('set what a server without privileges needs of this host; `down` takes it back')
    .addOption(requiredConfigOption('the config file of the server'))
    .requiredOption('--record <folder>', 'where to record what was changed, for `down --record` (required)')
    .action(async ({ config: file, record }: { config: string; record: string }) => {
      requireRoot('change what a server needs of its host');
      const any = loadAnyConfig(file);
      if (any.role !== 'server') throw notForRouters();
      const lock = await acquireLock(SERVER_LOCK);
      const journal = new Journal(record);
      // As the daemon does: a new plan begins from the host as it was.
      undoAll(journal);
      const facts = readServerFacts(any.config);
      // The table of an "intercept" listener lives with the daemon, and only the daemon can make it.
      const steps = serverPlan(any.config, facts).filter(({ kind }) => kind !== 'owner-table');
      applyPlan(steps, facts, journal, undefined);
      await lock.release();
    });
}

function notForRouters(): WanbondError {
  return new WanbondError({
    code: 'not-for-routers',
    message: 'a router sets up its host itself',
    hint: 'Start it: `wanbond router -c FILE`.',
  });
}
