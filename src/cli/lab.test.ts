// What the command line of `wanbond lab` refuses before a network is built.
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { labCommand } from './lab.ts';

test('a transport that the router does not speak, with those that it does', async () => {
  let said = '';
  const command = labCommand()
    .exitOverride()
    .configureOutput({ writeErr: (text) => void (said += text) });
  await expect(command.parseAsync(['--transport', 'foo'], { from: 'user' })).rejects.toThrow(CommanderError);
  expect(said).toMatch(/'foo' is invalid.*convert, socks5, socks6, shadowsocks, direct/);
  expect(command.helpInformation()).toMatch(/--transport <name>.*\(choices:\s+"convert"/s);
});
