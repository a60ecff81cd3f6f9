// `wanbond uci join`: gives the router of this box its server, from the join string that the server printed.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { withServer } from '../../openwrt/join-server.ts';
import { readUci } from '../../openwrt/load-uci.ts';
import { UCI_FILE } from '../../openwrt/places.ts';
import { decodeJoin } from '../../setup/join.ts';
import { writePrivate } from './write-private.ts';

export function uciJoinCommand(): Command {
  return new Command('join')
    .description('add the server of a join string to a UCI config')
    .argument('<join>', 'what `wanbond init server` printed, or - to read it from standard input')
    .argument('[file]', 'the UCI file', UCI_FILE)
    .action((text: string, file: string) => {
      const join = decodeJoin(text === '-' ? readFileSync(0, 'utf8') : text);
      writePrivate(file, withServer(readUci(file), file, join));
      process.stdout.write(`added  ${join.hosts.join(', ')} to ${file}\n`);
    });
}
