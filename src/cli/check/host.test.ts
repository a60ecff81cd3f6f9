import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../base/package-files.ts';
import type { HostFeatures } from '../../linux/features.ts';
import type { Finding } from './finding.ts';
import { GOOD_HOST } from './good-host.fixture.ts';
import { hostFindings } from './host.ts';
import { type Needs, needsOf } from './needs.ts';

const ROUTER: Needs = { ...needsOf(['router'], [], [], GOOD_HOST.memoryBytes) };
const SERVER: Needs = { ...needsOf(['server'], [], [], GOOD_HOST.memoryBytes) };

function findings(facts: Partial<HostFeatures>, needs: Needs): Finding[] {
  return hostFindings({ ...GOOD_HOST, ...facts }, needs).filter(({ level }) => level !== 'ok');
}
const levels = (facts: Partial<HostFeatures>, needs: Needs): string[] =>
  findings(facts, needs).map(({ level, subject }) => `${level} ${subject}`);

describe('a good host', () => {
  it.each([ROUTER, SERVER, needsOf([], [], [], GOOD_HOST.memoryBytes)])(
    'has nothing to say about',
    (needs) => {
      expect(findings({}, needs)).toEqual([]);
    },
  );
});

describe('each thing that is wrong', () => {
  it.each<[Partial<HostFeatures>, string]>([
    [{ kernelRelease: '5.15.0-91-generic' }, 'fail kernel'],
    [{ kernelRelease: '6.0.19' }, 'fail kernel'],
    [{ nodeVersion: '18.20.1' }, 'fail node'],
    [{ nodeVersion: '20.18.3' }, 'fail node'],
    [{ isMptcpEnabled: false }, 'fail MPTCP'],
    [{ isMptcpEnabled: undefined }, 'fail MPTCP'],
    [{ mptcpSocketError: 'EPROTONOSUPPORT' }, 'fail MPTCP socket'],
    [{ ipMptcpError: 'no ip' }, 'fail ip mptcp'],
    [{ libnftablesError: 'no library' }, 'fail libnftables'],
    [{ capabilities: 0n, pipeUserPagesSoft: 0 }, 'fail capabilities'],
    [{ nft: { hasTproxy: false, hasSocket: true, hasRedirect: true } }, 'warn nft tproxy'],
    [{ nft: { hasTproxy: true, hasSocket: false, hasRedirect: false } }, 'fail nft socket'],
    [{ nft: { hasTproxy: undefined, hasSocket: undefined, hasRedirect: undefined } }, 'warn nft tproxy'],
    [{ congestionAvailable: ['reno', 'cubic'] }, 'warn congestion control'],
    [{ openFilesMax: 1024 }, 'warn open files'],
    [{ tcpRmemMaxBytes: undefined }, 'warn TCP buffers'],
  ])('%o is one finding for a router', (facts, expected) => {
    expect(levels(facts, ROUTER)).toEqual([expected]);
    for (const { hint } of findings(facts, ROUTER)) expect(hint).toMatch(/^[A-Z].*\.$/);
  });
});

it('the oldest Node is that of package.json', () => {
  const { engines } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const [old] = findings({ nodeVersion: '18.20.1' }, ROUTER);
  expect(old?.hint).toContain(`Node ${engines.node.replace('>=', '')} or newer`);
});

it('a server needs no nft, and may run unprivileged', () => {
  const facts: Partial<HostFeatures> = {
    libnftablesError: 'no library',
    capabilities: 0n,
    ipMptcpError: 'no ip',
    tcpWmemMaxBytes: 4 * 2 ** 20,
  };
  expect(levels(facts, SERVER)).toEqual([
    'warn ip mptcp',
    'warn capabilities',
    'warn TCP buffers',
    'warn pipes',
  ]);
});

it('buffers as a server without privileges has them are enough from the least on', () => {
  const check = (bytes: number): string[] => {
    const facts = { capabilities: 0n, pipeUserPagesSoft: 0, tcpRmemMaxBytes: bytes, tcpWmemMaxBytes: bytes };
    return levels(facts, { ...SERVER, bufferMaxBytes: 256 * 2 ** 20 });
  };
  expect(check(15 * 2 ** 20)).toContain('warn TCP buffers');
  expect(check(16 * 2 ** 20)).not.toContain('warn TCP buffers');
});

it('redirect is enough where the config asks for it', () => {
  const nft = { hasTproxy: false, hasSocket: false, hasRedirect: true };
  expect(levels({ nft }, { ...ROUTER, redirectMethod: 'redirect' })).toEqual([]);
  expect(levels({ nft }, { ...ROUTER, redirectMethod: 'tproxy' })).toEqual([
    'fail nft tproxy',
    'fail nft socket',
  ]);
});

it('a congestion control asked for by name has to be there, and allowed', () => {
  expect(levels({}, { ...ROUTER, congestions: ['bbr', 'cubic'] })).toEqual([]);
  expect(levels({}, { ...ROUTER, congestions: ['vegas'] })).toEqual(['fail congestion control']);
  const unprivileged = { capabilities: 0n, congestionAllowed: ['reno'], pipeUserPagesSoft: 0 };
  expect(findings(unprivileged, { ...SERVER, congestions: ['bbr'] })).toContainEqual(
    expect.objectContaining({ level: 'fail', message: '"bbr" is not allowed to this user' }),
  );
});

it('says how many flows and pipes the limits are good for', () => {
  const facts = { capabilities: 0n, openFilesMax: 4096, pipeUserPagesSoft: 16_384 };
  const messages = findings(facts, SERVER).map(({ message }) => message);
  expect(messages).toContain('4096: enough for 1536 flows of 20000');
  expect(messages).toContain('enough for 32 bulk flows at once; more are moved the slower way');
});

it('TCP Fast Open is looked at where a config asks for it', () => {
  const told = (facts: Partial<HostFeatures>, client: boolean, server: boolean): string[] =>
    hostFindings({ ...GOOD_HOST, ...facts }, { ...ROUTER, fastOpen: { client, server } })
      .filter(({ subject }) => subject === 'TCP Fast Open')
      .map(({ level, message }) => `${level} ${message}`);
  const kernelRelease = '6.2.0';
  expect(told({}, false, false)).toEqual([]);
  expect(told({}, true, false)).toEqual(['ok allowed (net.ipv4.tcp_fastopen is 1)']);
  expect(told({}, false, true)).toEqual(['warn MPTCP listeners of 6.1.0-18-amd64 do not take it']);
  expect(told({ kernelRelease }, true, true)).toEqual([
    'ok net.ipv4.tcp_fastopen is 1; will be set to 3 at start',
  ]);
  expect(told({ kernelRelease, capabilities: 0n }, false, true)).toEqual([
    'warn net.ipv4.tcp_fastopen is 1: not allowed',
  ]);
  expect(told({ tcpFastOpen: undefined }, true, false)).toEqual([
    'warn net.ipv4.tcp_fastopen cannot be read',
  ]);
});
