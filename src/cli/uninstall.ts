// `wanbond uninstall`: takes away what `wanbond init` made, after asking, and leaves the host as it was.
import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Command } from 'commander';
import { describe, WanbondError } from '../base/error.ts';
import { loadRouterConfig, loadServerConfig, type Role } from '../config/load.ts';
import { DEFAULT_DATA_DIR, type RouterConfig } from '../config/router.ts';
import type { ServerConfig } from '../config/server.ts';
import { DEFAULT_STATE_DIR } from '../config/shared.ts';
import { controlPath } from '../control/control-socket.ts';
import { admittedFiles } from '../relay/server/admitted-until.ts';
import { configFile, RECORD_DIRECTORY, UNIT_DIRECTORY, unitFile, unitName } from '../setup/places.ts';
import { DATA_FILES } from '../wan/tiers/usage-file.ts';
import { takeBackRecorded } from './down.ts';
import { canAsk, confirm, NOT_CONFIRMED } from './init/ask.ts';
import { Installation } from './init/installation.ts';
import { removeServiceUser } from './init/service-user.ts';
import { findSystemd, systemctl } from './init/systemd.ts';
import { rootOption } from './init.ts';
import { INSTALLING, requireRoot } from './privileges.ts';

const ROLES = ['router', 'server'] as const;

export function uninstallCommand(): Command {
  return new Command('uninstall')
    .description('stop and remove what `wanbond init` made: services, configs, keys, user')
    .option('--yes', 'do not ask')
    .addOption(rootOption())
    .action(async ({ yes, root }: { yes?: boolean; root: string }) => {
      process.exitCode = await uninstall(root, yes ?? false);
    });
}

async function uninstall(root: string, yes: boolean): Promise<number> {
  requireRoot(INSTALLING);
  const installation = new Installation(root);
  const roles = ROLES.filter((role) => hasAny(installation, role));
  if (roles.length === 0 && installation.user === undefined) {
    installation.finish();
    say('Nothing to remove: `wanbond init` made nothing here, or it is gone already.');
    return 0;
  }
  const user = installation.user === undefined ? [] : [`the user ${installation.user}`];
  const data = roles.includes('router') ? dataFiles(installation, root) : [];
  say(`To be removed: ${[...installation.files, ...data, ...user].join(', ')}.`);
  if (!yes && !(canAsk() && (await confirm('Stop and remove it, with its keys?')))) {
    say(`Nothing was changed.${canAsk() ? '' : ' Run it again with --yes.'}`);
    return NOT_CONFIRMED;
  }
  const systemd = findSystemd(root);
  for (const role of roles) {
    if (systemd === 'running' && installation.files.includes(unitFile(role)))
      systemctl('disable', '--now', unitName(role));
    // Throws when one runs that systemd knows nothing of, before anything is removed.
    await cleanState(role, stateDirectory(installation, role));
    // Below another root nothing was started by a unit.
    if (role === 'server' && root === '/') await cleanState(role, RECORD_DIRECTORY);
  }
  for (const file of data) {
    rmSync(file, { force: true });
    say(`removed  ${file}`);
    removeIfEmpty(dirname(file));
  }
  for (const file of installation.files) {
    removeWants(installation, file);
    if (installation.removeFile(file)) say(`removed  ${file}`);
  }
  const name = installation.user;
  if (removeServiceUser(installation, root)) say(`removed  user ${name}`);
  for (const directory of installation.finish()) say(`removed  ${directory}`);
  if (systemd === 'running') systemctl('daemon-reload');
  say('The program itself: npm uninstall -g wanbond');
  return 0;
}

function hasAny(installation: Installation, role: Role): boolean {
  return [configFile(role), unitFile(role)].some((file) => installation.files.includes(file));
}

function stateDirectory(installation: Installation, role: Role): string {
  return readInstalled(installation, role)?.stateDir ?? DEFAULT_STATE_DIR[role];
}

/** What the router keeps from one run to the next: made by the daemon, not by `init`. */
function dataFiles(installation: Installation, root: string): string[] {
  const config = readInstalled(installation, 'router');
  const directory = config && 'dataDir' in config ? config.dataDir : DEFAULT_DATA_DIR;
  // Below another root, the folder of every installation is that of the host itself.
  if (root !== '/' && directory === DEFAULT_DATA_DIR) return [];
  return DATA_FILES.map((name) => join(directory, name)).filter((file) => existsSync(file));
}

/** Undefined when it was removed or spoiled. */
function readInstalled(installation: Installation, role: Role): RouterConfig | ServerConfig | undefined {
  const file = installation.at(configFile(role));
  try {
    return (role === 'router' ? loadRouterConfig(file) : loadServerConfig(file)).config;
  } catch {
    return undefined;
  }
}

/** Takes back what daemons left, and removes what they keep between runs. */
async function cleanState(role: Role, directory: string): Promise<void> {
  const undone = await takeBackRecorded(role, directory).catch((error: unknown) => {
    if (!(error instanceof WanbondError) || error.code !== 'bad-journal') throw error;
    say(`left     ${directory}: ${describe(error)}`);
    return [];
  });
  for (const command of undone) say(`undone   ${command}`);
  for (const file of [controlPath(directory), ...admittedFiles(directory)]) rmSync(file, { force: true });
  removeIfEmpty(directory);
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
    say(`removed  ${directory}`);
  } catch {
    // Gone already, or it holds what is not ours.
  }
}

/** What `systemctl enable` made, where no systemd runs to take it back. */
function removeWants(installation: Installation, unit: string): void {
  const link = join(UNIT_DIRECTORY, 'multi-user.target.wants', basename(unit));
  if (dirname(unit) === UNIT_DIRECTORY) rmSync(installation.at(link), { force: true });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
