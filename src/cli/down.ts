// `wanbond down`: takes back what a daemon that died has left. Running it twice does no more than once.
import { Command } from 'commander';
import { acquireLock } from '../daemon/instance-lock.ts';
import { takeBack } from '../linux/apply-plan.ts';
import { Journal } from '../plan/journal.ts';
import { renderUndo, type Undo } from '../plan/step.ts';
import type { Role } from '../config/load.ts';
import { ROUTER_LOCK } from '../router/daemon.ts';
import { isOfNat } from '../router/plan/nat-plan.ts';
import { SERVER_LOCK } from '../server/daemon.ts';
import { configOption, installedConfig } from './config-option.ts';
import { loadAnyConfig } from './role-config.ts';

export function downCommand(): Command {
  return new Command('down')
    .description('take back what a daemon that died has left on this host')
    .addOption(configOption('the config file of the router or the server'))
    .option('--record <folder>', 'take back what `up --record` has changed instead')
    .option(
      '--keep-nat',
      'leave the forwarding and NAT of `nat = true`, by which devices get out without a daemon',
    )
    .action(async ({ config: file = installedConfig(), record, keepNat }: DownOptions) => {
      const { role, config } = loadAnyConfig(file);
      const isKept = keepNat ? isOfNat : undefined;
      const undone = await takeBackRecorded(role, record ?? config.stateDir, isKept);
      for (const line of undone) process.stdout.write(`${line}\n`);
      process.stdout.write(
        undone.length === 0 ? 'nothing to take back\n' : `${undone.length} changes taken back\n`,
      );
    });
}

interface DownOptions {
  readonly config?: string;
  readonly record?: string;
  readonly keepNat?: true;
}

/** What was taken back, as commands. @throws WanbondError `already-running` while a daemon of `role` runs. */
export async function takeBackRecorded(
  role: Role,
  directory: string,
  isKept: (undo: Undo) => boolean = () => false,
): Promise<string[]> {
  const lock = await acquireLock(role === 'router' ? ROUTER_LOCK : SERVER_LOCK);
  try {
    const journal = new Journal(directory);
    const undos = journal.entries.filter((undo) => !isKept(undo)).toReversed();
    const failures = takeBack(undos, journal);
    if (failures.length > 0) throw failures[0];
    return undos.map(renderUndo);
  } finally {
    await lock.release();
  }
}
