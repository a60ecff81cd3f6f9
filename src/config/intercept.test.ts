import { describe, expect, test } from 'vitest';
import { formatPrefix } from '../base/prefix.ts';
import { parseServerConfig } from './load.ts';

const load = (text: string) => parseServerConfig(text, 's.toml').config;
const LISTEN = '[[listen]]\ntransport = "intercept"\n';
const USUAL = `${LISTEN}interfaces = ["eth1"]\nports = [80, 443]\n`;

test('is no listener of its own address, and needs no key', () => {
  const { listens, intercepts, interceptMark } = load(`${USUAL}targets = ["10.9.0.0/16", "fd00::/8"]\n`);
  expect(listens).toEqual([]);
  expect(intercepts).toMatchObject([
    { interfaces: ['eth1'], ports: [80, 443], isSourcePreserved: false, targetInterfaces: [] },
  ]);
  expect(intercepts[0]?.targets.map(formatPrefix)).toEqual(['10.9.0.0/16', 'fd00::/8']);
  expect(interceptMark).toEqual({
    mark: 0x2000_0000,
    markMask: 0x2000_0000,
    table: 7781,
    rulePriority: 801,
  });
});

test('beside other listeners', () => {
  const other = '[[listen]]\ntransport = "socks5"\naddress = "10.1.1.1"\nport = 80\n';
  const { listens, intercepts } = load(
    `${other}${USUAL}preserve-source = true\ntarget-interfaces = ["eth2"]\n[intercept]\ntable = 99\n`,
  );
  expect(listens).toMatchObject([{ port: 80 }]);
  expect(intercepts).toMatchObject([{ isSourcePreserved: true, targetInterfaces: ['eth2'] }]);
});

describe('refused', () => {
  test.each([
    [`${LISTEN}ports = [80]`, /listen\[0\]\.interfaces: is missing: nothing is taken by accident/],
    [`${LISTEN}interfaces = ["eth1"]`, /listen\[0\]\.ports: is missing/],
    [`${LISTEN}interfaces = []\nports = [80]`, /listen\[0\]\.interfaces/],
    [`${LISTEN}interfaces = ["eth1"]\nports = [0]`, /listen\[0\]\.ports\[0\]/],
    [`${USUAL}port = 80`, /listen\[0\]\.port: has no meaning for "intercept"/],
    [`${USUAL}address = "::"`, /listen\[0\]\.address: has no meaning for "intercept"/],
    [`${USUAL}preserve-source = true`, /listen\[0\]\.target-interfaces: is missing/],
    [`${USUAL}target-interfaces = ["eth2"]`, /listen\[0\]\.target-interfaces: has no meaning without/],
    [`${USUAL}${USUAL}`, /listen\[1\]\.ports: 80 on 127\.0\.0\.1 is in use by listen\[0\]/],
    [
      `${USUAL}[[listen]]\ntransport = "shadowsocks"\nmethod = "aes-128-gcm"\npassword = "x"\nport = 443\n`,
      /listen\[1\]\.port: 443 on 0\.0\.0\.0 is in use by listen\[0\]/,
    ],
    ['[[listen]]\nports = [80]', /listen\[0\]\.ports: has no meaning for "convert"/],
    [`${USUAL}[intercept]\ntable = 254`, /intercept\.table: 254 is one of the kernel's own tables/],
  ])('%s', (text, says) => {
    expect(() => load(text)).toThrow(says);
  });
});
