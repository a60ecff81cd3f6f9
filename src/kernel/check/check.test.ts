import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WanbondError } from '../../base/error.ts';
import { judgeKernel, type KernelFacts, type KernelFinding } from './judge.ts';
import { NEEDS } from './needs.ts';
import { readConfigFile } from './read-config.ts';
import { readModules, readRunning } from './running.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'wanbond-test-check-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string | Buffer): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  return join(folder, path);
}

const ALL = NEEDS.flatMap(({ symbols }) => Object.entries(symbols));
/** A config with everything, modules where there can be; `changed` lines come instead of those of the same symbol. */
function config(changed: Readonly<Record<string, string | undefined>> = {}): string {
  const symbols = {
    ...Object.fromEntries(ALL.map(([symbol, module]) => [symbol, module ? 'm' : 'y'])),
    ...changed,
  };
  const lines = Object.entries(symbols).flatMap(([symbol, value]) =>
    value === undefined
      ? []
      : [value === 'n' ? `# CONFIG_${symbol} is not set` : `CONFIG_${symbol}=${value}`],
  );
  return `#\n# Linux/x86 6.1.0-18-amd64 Kernel Configuration\n#\n${lines.join('\n')}\n`;
}

const judge = (file: string): KernelFinding[] => judgeKernel(readConfigFile(file).facts);
const linesOf = (findings: readonly KernelFinding[]): string[] =>
  findings.map(({ level, subject, state }) => `${level} ${subject}: ${state}`);
const find = (findings: readonly KernelFinding[], subject: string): KernelFinding => {
  const found = findings.find((one) => one.subject === subject);
  if (!found) throw new Error(`no finding about ${subject}`);
  return found;
};
function codeOf(work: () => unknown): string {
  try {
    work();
    return 'no error';
  } catch (error) {
    return error instanceof WanbondError ? error.code : String(error);
  }
}

test('a config that has everything is good, packed or not', () => {
  for (const text of [config(), gzipSync(config())]) {
    const findings = judge(write('.config', text));
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(find(findings, 'kernel').message).toBe('6.1.0-18-amd64');
    expect(find(findings, 'MPTCP').message).toBe('built in');
    expect(find(findings, 'nft tproxy').message).toBe('as a module');
  }
});

test('what is missing is told by its symbols, with what it is for and what adds it', () => {
  const file = write('config-6.6.1', config({ MPTCP: 'n', NFT_SOCKET: undefined, NET_SCH_NETEM: 'n' }));
  const bad = judge(file).filter(({ level }) => level !== 'ok');
  expect(bad).toEqual([
    {
      level: 'fail',
      subject: 'MPTCP',
      state: 'missing',
      message: 'missing (CONFIG_MPTCP): nothing is bonded',
      hint: 'Use a kernel with CONFIG_MPTCP; OpenWrt: CONFIG_KERNEL_MPTCP=y.',
    },
    expect.objectContaining({
      level: 'warn',
      subject: 'nft socket',
      hint: expect.stringContaining('OpenWrt: kmod-nft-socket'),
    }),
    expect.objectContaining({ level: 'note', subject: 'netem (lab)' }),
  ]);
});

test('of TPROXY and redirect there has to be one', () => {
  const level = (changed: Parameters<typeof config>[0]): string =>
    find(judge(write('.config', config(changed))), 'nft redirect, NAT').level;
  expect(level({ NFT_REDIR: 'n' })).toBe('note');
  expect(level({ NFT_REDIR: 'n', NFT_TPROXY: 'n' })).toBe('fail');
});

test('old kernels, and MPTCP that is not of mainline, are told apart from what works', () => {
  const old = config({ MPTCP_FULLMESH: 'y', MPTCP_PM_ADVANCED: 'y' }).replace('6.1.0-18-amd64', '4.4.74');
  const findings = judge(write('.config', old));
  expect(find(findings, 'kernel')).toMatchObject({
    level: 'fail',
    message: expect.stringContaining('4.4.74 is too old'),
  });
  expect(find(findings, 'MPTCP')).toMatchObject({
    level: 'fail',
    message: expect.stringContaining('out-of-tree'),
  });
});

/** OpenWrt as 24.10 is: the generic config, a target and a subtarget on top, packages and options. */
function openwrt(): void {
  write(
    'target/linux/generic/config-6.6',
    '# CONFIG_MPTCP is not set\n# CONFIG_NF_TABLES is not set\nCONFIG_IP_MULTIPLE_TABLES=y\n# CONFIG_VETH is not set\n',
  );
  write('target/linux/x86/config-6.6', 'CONFIG_X86=y\nCONFIG_TUN=y\n');
  write('target/linux/x86/64/config-6.6', '# CONFIG_TUN is not set\nCONFIG_VETH=y\n');
  write('target/linux/x86/Makefile', 'KERNEL_PATCHVER:=6.6\nKERNEL_TESTING_PATCHVER:=6.12\n');
  write(
    'config/Config-kernel.in',
    'config KERNEL_MPTCP\n\tbool "Multi-Path TCP support"\n\tdefault y if !SMALL_FLASH\n\nif KERNEL_IPV6\nconfig KERNEL_MPTCP_IPV6\n\tbool "IPv6"\n\tdefault KERNEL_MPTCP\nendif\n',
  );
  write(
    'package/kernel/linux/modules/netfilter.mk',
    'define KernelPackage/nft-core\n  TITLE:=x\nendef\ndefine KernelPackage/nft-tproxy\nendef\n',
  );
}

test('a target of OpenWrt counts on top of the generic config, and packages and options add to it', () => {
  openwrt();
  const { files } = readConfigFile(join(folder, 'target/linux/x86/64/config-6.6'));
  expect(files).toEqual(
    ['x86/64', 'x86', 'generic'].map((one) => join(folder, `target/linux/${one}/config-6.6`)),
  );
  const findings = judge(join(folder, 'target/linux/x86/64/config-6.6'));
  expect(linesOf(findings)).toEqual(
    expect.arrayContaining([
      'ok kernel: built-in',
      'note MPTCP: option',
      'note MPTCP over IPv6: option',
      'note nftables: package',
      'note nft tproxy: package',
      // This tree has no such package.
      'warn nft socket: missing',
      'ok policy routing: built-in',
      'note tun (lab): missing',
      'ok veth (lab): built-in',
    ]),
  );
  expect(find(findings, 'MPTCP').message).toBe(
    'not in the config (CONFIG_MPTCP); the option KERNEL_MPTCP adds it, default y if !SMALL_FLASH',
  );
  expect(find(findings, 'nft tproxy').hint).toContain('kmod-nft-tproxy');
  expect(find(judge(join(folder, 'target/linux/x86/config-6.6')), 'tun (lab)').state).toBe('built-in');
});

test('the .config of an OpenWrt tree says what is selected', () => {
  openwrt();
  const selection = write(
    '.config',
    'CONFIG_TARGET_BOARD="x86"\nCONFIG_TARGET_SUBTARGET="64"\nCONFIG_KERNEL_MPTCP=y\n# CONFIG_KERNEL_MPTCP_IPV6 is not set\nCONFIG_PACKAGE_kmod-nft-core=y\nCONFIG_PACKAGE_kmod-nft-tproxy=m\n',
  );
  expect(linesOf(judge(selection))).toEqual(
    expect.arrayContaining([
      'ok MPTCP: option',
      'warn MPTCP over IPv6: option',
      'ok nftables: package',
      'ok nft tproxy: package',
    ]),
  );
  write('.config', 'CONFIG_TARGET_BOARD="x86"\n');
  const findings = judge(join(folder, 'target/linux/x86/config-6.6'));
  expect(linesOf(findings)).toEqual(expect.arrayContaining(['fail MPTCP: option', 'fail nftables: package']));
  // Of another target it says nothing.
  write('.config', 'CONFIG_TARGET_BOARD="ath79"\n');
  expect(find(judge(join(folder, 'target/linux/x86/config-6.6')), 'MPTCP').level).toBe('note');
});

test('what is no kernel config is refused with what to give instead', () => {
  expect(codeOf(() => readConfigFile(join(folder, 'nothing')))).toBe('no-config');
  expect(codeOf(() => readConfigFile(folder))).toBe('no-config');
  expect(() => readConfigFile(join(folder, 'nothing'))).toThrow(/nothing: there is no such file$/);
  expect(codeOf(() => readConfigFile(write('router.toml', '[lan]\n')))).toBe('not-a-config');
  openwrt();
  expect(codeOf(() => readConfigFile(write('.config', 'CONFIG_TARGET_BOARD="ath79"\n')))).toBe(
    'no-kernel-version',
  );
});

const RUNNING: KernelFacts = {
  version: { series: '6.6', full: '6.6.73' },
  versionText: '6.6.73',
  config: undefined,
  trials: {},
  modules: undefined,
  openwrt: undefined,
  isRunning: true,
};

test('where no config can be read, trying and the list of modules tell', () => {
  const modules = new Set(['nft_tproxy', 'nf_tproxy_ipv4', 'nf_tproxy_ipv6', 'tun']);
  const findings = judgeKernel({ ...RUNNING, trials: { mptcp: true, bbr: false }, modules });
  expect(linesOf(findings)).toEqual(
    expect.arrayContaining([
      'ok MPTCP: works',
      'warn bbr: missing',
      'ok nft tproxy: module',
      'warn nft socket: missing',
      'ok tun (lab): module',
      // Never a module.
      'note policy routing: unknown',
    ]),
  );
  expect(find(judgeKernel(RUNNING), 'nft tproxy')).toMatchObject({ level: 'note', state: 'unknown' });
});

test('a module that the config promises and the machine has not is missing', () => {
  write('modules/nft_tproxy.ko', '');
  write(
    'modules/modules.dep',
    'kernel/net/nf-tproxy-ipv4.ko.xz: kernel/x.ko\nkernel/net/nf_tproxy_ipv6.ko:\n',
  );
  const modules = readModules(join(folder, 'modules'));
  expect(modules).toEqual(new Set(['nft_tproxy', 'nf_tproxy_ipv4', 'nf_tproxy_ipv6']));
  const { facts } = readConfigFile(write('.config', config()));
  const findings = judgeKernel({ ...facts, modules, isRunning: true });
  expect(find(findings, 'nft tproxy').state).toBe('module');
  expect(find(findings, 'bbr')).toMatchObject({
    state: 'missing',
    message: 'missing (CONFIG_TCP_CONG_BBR): a lossy WAN slows the others down',
    hint: 'Install the modules of this kernel and load them: modprobe -a tcp_bbr; OpenWrt: kmod-tcp-bbr.',
  });
});

test('the kernel of this machine is told as it is', () => {
  const { facts } = readRunning();
  expect(facts.version?.series).toMatch(/^\d+\.\d+$/);
  const findings = judgeKernel(facts);
  expect(findings).toHaveLength(NEEDS.length + 1);
  const hasMptcp = existsSync('/proc/sys/net/mptcp/enabled');
  expect(find(findings, 'MPTCP').state).toBe(hasMptcp ? 'works' : 'missing');
});
