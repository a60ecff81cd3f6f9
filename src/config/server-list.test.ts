import { expect, test } from 'vitest';
import { parseRouterConfig } from './load.ts';

const SOCKS = 'transport = "socks5"';

function load(...servers: readonly string[]) {
  const texts = servers.map(
    (text) => `[[server]]\nkey = "${Buffer.alloc(32, 7).toString('base64')}"\n${text}\n`,
  );
  const all = texts.map((text) => (text.includes(SOCKS) ? text.replace(/key = .*\n/, '') : text)).join('');
  const text = `${all}[lan]\ninterfaces = ["lan"]\n[[wan]]\nname = "a"\ninterface = "eth1"\n`;
  return parseRouterConfig(text, 'r.toml').config.servers;
}

test.each([
  ['address = "192.0.2.1"', 'address = ["192.0.2.1"]\nport = 5124'],
  // Another key reaches no other server.
  ['address = "vps.example.org"', 'address = "VPS.example.org"\nkey-id = 2'],
  ['address = ["192.0.2.1", "2001:db8::1"]', 'address = ["2001:db8:0::1", "192.0.2.1"]'],
])('%j and %j are equal, and refused', (first, second) => {
  expect(() => load(first, 'address = "192.0.2.9"', second)).toThrow(
    /^r\.toml:9:11: server\[2\]\.address: is the same as of server\[0\], port and transport too; remove one of them, or correct/,
  );
});

test.each([
  ['address = "192.0.2.1"', 'address = "192.0.2.1"\nport = 5125'],
  ['address = "192.0.2.1"', `address = "192.0.2.1"\n${SOCKS}`],
  ['address = ["192.0.2.1", "192.0.2.2"]', 'address = "192.0.2.2"'],
])('%j and %j are not', (first, second) => {
  expect(load(first, second)).toHaveLength(2);
});
