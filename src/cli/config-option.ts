// `-c FILE` of the commands that take one config, and the config that is meant where none is given.
import { existsSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import { WanbondError } from '../base/error.ts';
import type { Role } from '../config/load.ts';
import { RENDERED_FILE } from '../openwrt/places.ts';
import { configFile } from '../setup/places.ts';

const FLAGS = '-c, --config <file>';
const BOTH: readonly Role[] = ['router', 'server'];

export function requiredConfigOption(description: string): Option {
  return new Option(FLAGS, `${description} (required)`).makeOptionMandatory().argParser(once);
}

/** Left undefined when it is not given: see installedConfig. */
export function configOption(description: string, roles = BOTH): Option {
  const places = roles.map(configFile).join(' or ');
  return new Option(FLAGS, `${description} (default: ${places}, as \`wanbond init\` writes it)`).argParser(
    once,
  );
}

/** For argParser: Commander would take the last of several, and say nothing. */
export function once(value: string, before: string | undefined): string {
  if (before === undefined) return value;
  throw new InvalidArgumentError('This command takes one config file: give -c once.');
}

/** The one config that `wanbond init`, or the service of OpenWrt, has put here. @throws WanbondError `which-config` */
export function installedConfig(
  roles = BOTH,
  places: readonly string[] = [...roles.map(configFile), RENDERED_FILE],
): string {
  const [file, ...others] = places.filter((one) => existsSync(one));
  if (file !== undefined && others.length === 0) return file;
  throw new WanbondError({
    code: 'which-config',
    message:
      file === undefined
        ? `no config was given, and there is no ${places.join(', ')}`
        : `no config was given, and there is more than one: ${[file, ...others].join(', ')}`,
    hint: 'Name the config with -c FILE.',
  });
}
