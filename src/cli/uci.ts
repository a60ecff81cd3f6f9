// `wanbond uci`: the config of OpenWrt, /etc/config/wanbond, and what becomes of it.
import { Command } from 'commander';
import { uciCheckCommand } from './uci/check-command.ts';
import { uciImportCommand, uciRenderCommand } from './uci/convert-commands.ts';
import { uciJoinCommand } from './uci/join-command.ts';

export function uciCommand(): Command {
  return new Command('uci')
    .description('check the config of OpenWrt, /etc/config/wanbond, make it into TOML or from TOML')
    .addCommand(uciCheckCommand())
    .addCommand(uciRenderCommand())
    .addCommand(uciImportCommand())
    .addCommand(uciJoinCommand());
}
