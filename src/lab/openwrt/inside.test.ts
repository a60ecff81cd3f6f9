// What is read from a root file system, and the config of its firewall.
import { expect, test } from 'vitest';
import { packageWords } from '../../base/package-files.ts';
import { parseUci } from '../../openwrt/uci-text.ts';
import { firewallConfig } from './firewall.ts';
import { parseRelease } from './release.ts';
import { OLDEST_NODE, readVersions } from './versions.ts';

test('a release tells its name and architecture', () => {
  const text = `DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='24.10.4'\nDISTRIB_ARCH='x86_64'\n`;
  const description = `DISTRIB_DESCRIPTION="OpenWrt 24.10.4 r28959-29397011cc"\n`;
  expect(parseRelease(text + description)).toEqual({
    description: 'OpenWrt 24.10.4 r28959-29397011cc',
    arch: 'x86_64',
  });
  expect(parseRelease(text).description).toBe('OpenWrt 24.10.4');
  expect(parseRelease('')).toEqual({ description: 'an unnamed release', arch: undefined });
});

test('versions are read, and those that do not do are refused', () => {
  expect(readVersions('node v20.20.2\nmusl 1.2.5\nwanbond 0.1.0\n')).toEqual({
    node: 'v20.20.2',
    musl: '1.2.5',
    wanbond: '0.1.0',
  });
  const missing = 'node Error loading shared library libstdc++.so.6: No such file\nmusl 1.2.5\nwanbond \n';
  expect(() => readVersions(missing)).toThrow('loading shared library libstdc++.so.6');
  expect(() => readVersions('node v18.20.8\nmusl 1.2.4\nwanbond 0.1.0\n')).toThrow('older than 20.19');
  expect(() => readVersions('node v20.20.2\nmusl 1.2.5\nwanbond Error: koffi\n')).toThrow('Error: koffi');
});

test('the oldest Node is that of the package', () => {
  expect(packageWords()).toMatchObject({ engines: { node: `>=${OLDEST_NODE.join('.')}` } });
});

test('every zone of the firewall rejects input', () => {
  const { sections, problems } = parseUci(firewallConfig(['wan1', 'wan2']));
  expect(problems).toEqual([]);
  const zones = sections.filter(({ type }) => type === 'zone').map(({ options }) => options);
  expect(zones.map((one) => [one.get('name'), one.get('device'), one.get('input')])).toEqual([
    ['lan', ['lan0'], 'REJECT'],
    ['wan', ['wan1', 'wan2'], 'REJECT'],
  ]);
});
