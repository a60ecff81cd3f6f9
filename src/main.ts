#!/usr/bin/env node
// From argv to a command, nothing else.
import { Command } from 'commander';
import { holdCompilers } from './base/compilers.ts';
import { packageWords } from './base/package-files.ts';
import { pointToHelp, untilUnknown, withoutHelpCommand } from './cli/command-line.ts';
import { reportError, reportUncaught } from './cli/report-error.ts';

// Only the one that is asked for is loaded: a daemon then takes up 4 MB less, and a command starts sooner.
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./cli/init.ts')).initCommand(),
  router: async () => (await import('./cli/router.ts')).routerCommand(),
  server: async () => (await import('./cli/server.ts')).serverCommand(),
  check: async () => (await import('./cli/check-command.ts')).checkCommand(),
  plan: async () => (await import('./cli/plan.ts')).planCommand(),
  up: async () => (await import('./cli/up.ts')).upCommand(),
  down: async () => (await import('./cli/down.ts')).downCommand(),
  status: async () => (await import('./cli/status.ts')).statusCommand(),
  wan: async () => (await import('./cli/wan.ts')).wanCommand(),
  reload: async () => (await import('./cli/reload.ts')).reloadCommand(),
  lab: async () => (await import('./cli/lab.ts')).labCommand(),
  kernel: async () => (await import('./cli/kernel.ts')).kernelCommand(),
  uci: async () => (await import('./cli/uci.ts')).uciCommand(),
  uninstall: async () => (await import('./cli/uninstall.ts')).uninstallCommand(),
};

const DAEMONS: readonly string[] = ['router', 'server'];

const { version, description } = packageWords();
const program = new Command('wanbond').description(description).version(version);

try {
  const words = withoutHelpCommand(process.argv.slice(2));
  const name = words[0] ?? '';
  if (DAEMONS.includes(name)) holdCompilers();
  else reportUncaught();
  const asked = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  for (const load of asked ? [asked] : Object.values(COMMANDS)) program.addCommand(await load());
  pointToHelp(program);
  await program.parseAsync(untilUnknown(program, words), { from: 'user' });
} catch (error) {
  process.exitCode = reportError(error);
}
