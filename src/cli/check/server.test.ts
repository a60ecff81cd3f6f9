import { expect, test } from 'vitest';
import { parseServerConfig } from '../../config/load.ts';
import { GOOD_HOST } from './good-host.fixture.ts';
import { serverFindings } from './server.ts';

const KEY = Buffer.alloc(32, 1).toString('base64');
const OWN = { name: 'eth0', mtu: 1500, isUp: true, addresses: ['10.0.0.5', '127.0.0.1'] };

function find(listen: string) {
  const text = `[[listen]]\n${listen}\n[[key]]\nid = 1\nkey = "${KEY}"\n`;
  const facts = { ...GOOD_HOST, interfaces: [{ ...GOOD_HOST.interfaces?.[0], ...OWN }] } as typeof GOOD_HOST;
  return serverFindings(parseServerConfig(text, 's.toml').config, facts);
}

test('a listener that asks nobody who he is, is told of unless it is on loopback', () => {
  const socks = (rest: string) => find(`transport = "socks5"\nport = 1080\n${rest}`);
  expect(socks('address = "10.0.0.5"')).toEqual([
    expect.objectContaining({ level: 'warn', hint: expect.stringContaining('Add user = ') }),
  ]);
  expect(socks('address = "127.0.0.1"')).toEqual([expect.objectContaining({ level: 'ok' })]);
  const user = 'address = "10.0.0.5"\nuser = [{ name = "anna", password = "geheim" }]';
  expect(socks(user)).toEqual([expect.objectContaining({ level: 'ok' })]);
});

test('an address that this host does not have', () => {
  expect(find('address = "192.0.2.7"')).toEqual([
    expect.objectContaining({ level: 'fail', message: 'this host has no address 192.0.2.7' }),
  ]);
});
