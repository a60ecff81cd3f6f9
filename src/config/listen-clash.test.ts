import { expect, test } from 'vitest';
import { parseServerConfig } from './load.ts';

const KEY = `[[key]]\nid = 1\nkey = "${Buffer.alloc(32, 7).toString('base64')}"\n`;
const SHADOWSOCKS = 'transport = "shadowsocks"\nmethod = "aes-128-gcm"\npassword = "x"\n';

/** One listener of each text: the first speaks "convert", the others "shadowsocks". */
function load(first: string, ...others: readonly string[]) {
  const more = others.map((text) => `[[listen]]\n${SHADOWSOCKS}${text}\n`);
  return parseServerConfig(`[[listen]]\n${first}\n${more.join('')}${KEY}`, 's.toml').config;
}

test.each([
  // Neither says where: port 5124 of every address.
  ['', '', 'listen[1].port: 5124 on 0.0.0.0 is in use by listen[0]'],
  ['', 'port = 5124', 'listen[1].port: 5124 on 0.0.0.0'],
  ['', 'address = "192.0.2.1"', '5124 on 192.0.2.1 is in use by listen[0]'],
  ['', 'address = "2001:db8::1"', '5124 on 2001:db8::1 is in use by listen[0]'],
  ['address = "192.0.2.1"', 'address = "0.0.0.0"', '5124 on 0.0.0.0 is in use'],
  ['address = "2001:db8::1"', 'address = ["192.0.2.1", "::"]', '5124 on :: is in use'],
  ['address = "192.0.2.1"', 'address = "::ffff:192.0.2.1"', '5124 on 192.0.2.1 is in use'],
])('%j and %j clash', (first, second, says) => {
  expect(() => load(first, second)).toThrow(says);
});

test('the clash is told at the port, or at the listener that names none, with what to do', () => {
  expect(() => load('', 'port = 5124')).toThrow(
    /^s\.toml:7:8: .*; give one of them another port, or addresses apart from the other's\./,
  );
  expect(() => load('', '')).toThrow(/^s\.toml:3:3: /);
});

test.each([
  ['', 'port = 5125'],
  ['address = "0.0.0.0"', 'address = "::"'],
  ['address = "192.0.2.1"', 'address = "192.0.2.2"'],
  ['address = ["192.0.2.1", "::"]', 'address = ["192.0.2.2", "127.0.0.1"]'],
])('%j and %j do not', (first, second) => {
  expect(load(first, second).listens).toHaveLength(2);
});
