// `wanbond init`: the command lines of installing a server or a router on this host.
import { Command, InvalidArgumentError, Option } from 'commander';
import { initRouter } from './init/router.ts';
import { addRouter, initServer } from './init/server.ts';
import { DEFAULT_PORT } from '../config/shared.ts';

export function initCommand(): Command {
  return new Command('init')
    .description('write config and service of a server or a router')
    .addCommand(serverCommand())
    .addCommand(routerCommand());
}

/** For tests and for building images: everything is written below this folder, and nothing is started. */
export const rootOption = (): Option => new Option('--root <folder>').default('/').hideHelp();

interface ServerFlags {
  readonly address: string[];
  readonly port?: number;
  readonly addRouter?: string;
  readonly now?: boolean;
  readonly qr?: boolean;
  readonly root: string;
}

function serverCommand(): Command {
  return new Command('server')
    .description('make this host a server: config, key, systemd unit, and the join string for a router')
    .option('--address <host...>', 'its public address or name; guessed when not given', [])
    .option('--port <n>', `the port to listen on, TCP and UDP (default: ${DEFAULT_PORT})`, parsePort)
    .option('--add-router <name>', 'add a key for another router to the server that is here')
    .option('--now', 'start it, now and at every boot')
    .option('--qr', 'show the join string as a QR code too; without being told, on a terminal')
    .addOption(rootOption())
    .action(async ({ addRouter: name, address, ...flags }: ServerFlags) => {
      const common = {
        ...flags,
        hosts: address,
        now: flags.now ?? false,
        qr: flags.qr ?? process.stdout.isTTY,
      };
      process.exitCode = await (name === undefined ? initServer(common) : addRouter(common, name));
    });
}

interface RouterFlags {
  readonly lan: string[];
  readonly wan: string[];
  readonly yes?: boolean;
  readonly now?: boolean;
  readonly root: string;
}

function routerCommand(): Command {
  const collect = (value: string, before: string[]): string[] => [...before, value];
  return new Command('router')
    .description('make this host a router of the server that gave the join string: config and systemd unit')
    .argument('<join>', 'the join string that `wanbond init server` printed; - reads it from standard input')
    .option(
      '--lan <interface>',
      'an interface of your devices (repeat it); guessed when not given',
      collect,
      [],
    )
    .option('--wan <name=interface>', 'an uplink (repeat it); guessed when not given', collect, [])
    .option('--yes', 'do not ask')
    .option('--now', 'start it, now and at every boot')
    .addOption(rootOption())
    .action(async (join: string, flags: RouterFlags) => {
      process.exitCode = await initRouter(join, {
        ...flags,
        yes: flags.yes ?? false,
        now: flags.now ?? false,
      });
    });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('Use a number from 1 to 65535.');
}
