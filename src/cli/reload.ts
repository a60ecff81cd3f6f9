// `wanbond reload`: a running daemon takes over its changed config file, without losing a flow.
import { resolve } from 'node:path';
import { Command } from 'commander';
import { WanbondError } from '../base/error.ts';
import { tellControl } from '../control/control-socket.ts';
import type { ReloadAnswer, ReloadRequest } from '../daemon/reload.ts';
import { configOption, installedConfig } from './config-option.ts';
import { reportError } from './report-error.ts';
import { loadAnyConfig } from './role-config.ts';

// For scripts, which may then do so.
const NEEDS_RESTART = 3;
// One that cannot be found where the file says was started with another state-dir, or as the other role.
const RESTART_CODES = new Set(['restart-needed', 'not-running']);

export function reloadCommand(): Command {
  return new Command('reload')
    .description(
      'make the running daemon take over its config file; flows go on, and a bad file changes nothing',
    )
    .addOption(configOption('the config file that the daemon runs with'))
    .addHelpText(
      'after',
      `\nThe exit code is ${NEEDS_RESTART} when the daemon has to be restarted for what was changed.`,
    )
    .action(async ({ config: file = installedConfig() }: { config?: string }) => {
      const answer = await reload(file).catch((error: unknown) => {
        if (!(error instanceof WanbondError) || !RESTART_CODES.has(error.code)) throw error;
        reportError(error);
        process.exitCode = NEEDS_RESTART;
      });
      if (!answer) return;
      const { changed, warnings } = answer;
      for (const line of warnings) process.stderr.write(`${line}\n`);
      const lines = changed.length > 0 ? changed : ['nothing has changed'];
      process.stdout.write(`${lines.join('\n')}\n`);
    });
}

/** @throws ConfigError with all problems of the file, or WanbondError `not-running`, or what the daemon answers. */
export async function reload(file: string): Promise<ReloadAnswer> {
  // Here first: a file that cannot be read does not tell where the daemon is to be found.
  const { stateDir } = loadAnyConfig(file).config;
  const request: ReloadRequest = { file: resolve(file) };
  try {
    return (await tellControl(stateDir, 'reload', request)) as ReloadAnswer;
  } catch (error) {
    if (!(error instanceof WanbondError) || error.code !== 'not-running') throw error;
    throw new WanbondError({
      code: error.code,
      message: error.message,
      hint: 'Start it; or, if state-dir was changed in the file, restart it: that cannot change while it runs.',
      cause: error,
    });
  }
}
