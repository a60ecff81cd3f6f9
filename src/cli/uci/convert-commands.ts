// `wanbond uci render` and `wanbond uci import`: a UCI config to TOML, and TOML to UCI.
import { Command } from 'commander';
import { readConfig } from '../../config/load.ts';
import { formatProblem } from '../../config/problem.ts';
import { importToml } from '../../openwrt/import-toml.ts';
import { isEnabledIn, loadUci, renderedToml } from '../../openwrt/load-uci.ts';
import { UCI_FILE } from '../../openwrt/places.ts';
import { writePrivate } from './write-private.ts';

const OUTPUT = [
  '-o, --output <file>',
  'write this file, as a whole or not at all, instead of printing',
] as const;

// For the service, which then runs nothing.
const DISABLED = 3;

interface RenderOptions {
  readonly output?: string;
  readonly ifEnabled?: true;
}

export function uciRenderCommand(): Command {
  return new Command('render')
    .description('make the TOML that the daemon runs with')
    .argument('[file]', 'the UCI file', UCI_FILE)
    .option(...OUTPUT)
    .option('--if-enabled', 'make nothing of a config that is not enabled, whatever else is wrong with it')
    .addHelpText('after', `\nThe exit code is ${DISABLED} when --if-enabled made nothing.`)
    .action((file: string, { output, ifEnabled }: RenderOptions) => {
      if (ifEnabled && !isEnabledIn(file)) {
        process.exitCode = DISABLED;
        return;
      }
      const loaded = loadUci(file);
      for (const warning of loaded.warnings) process.stderr.write(`${formatProblem(file, warning)}\n`);
      put(renderedToml(loaded, file), output);
    });
}

export function uciImportCommand(): Command {
  return new Command('import')
    .description('make a UCI config from the TOML of a router or a server')
    .argument('<toml>', 'the TOML file')
    .option(...OUTPUT)
    .action((file: string, { output }: { output?: string }) => {
      put(importToml(readConfig(file), file), output);
    });
}

function put(text: string, output: string | undefined): void {
  if (output === undefined) process.stdout.write(text);
  else writePrivate(output, text);
}
