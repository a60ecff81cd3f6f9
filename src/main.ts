#!/usr/bin/env node
// From argv to a command, nothing else.
import { Command } from 'commander';
import { packageWords } from './base/package-files.ts';
import { checkCommand } from './cli/check-command.ts';
import { downCommand } from './cli/down.ts';
import { initCommand } from './cli/init.ts';
import { kernelCommand } from './cli/kernel.ts';
import { labCommand } from './cli/lab.ts';
import { reloadCommand } from './cli/reload.ts';
import { reportError } from './cli/report-error.ts';
import { planCommand } from './cli/plan.ts';
import { routerCommand, serverCommand } from './cli/run-role.ts';
import { statusCommand } from './cli/status.ts';
import { uninstallCommand } from './cli/uninstall.ts';
import { upCommand } from './cli/up.ts';
import { wanCommand } from './cli/wan.ts';

const { version, description } = packageWords();

const program = new Command('wanbond')
  .description(description)
  .version(version)
  .addCommand(initCommand())
  .addCommand(routerCommand())
  .addCommand(serverCommand())
  .addCommand(checkCommand())
  .addCommand(planCommand())
  .addCommand(upCommand())
  .addCommand(downCommand())
  .addCommand(statusCommand())
  .addCommand(wanCommand())
  .addCommand(reloadCommand())
  .addCommand(labCommand())
  .addCommand(kernelCommand())
  .addCommand(uninstallCommand())
  .showHelpAfterError('(wanbond --help lists the commands)');

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
