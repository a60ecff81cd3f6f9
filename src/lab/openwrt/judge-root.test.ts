import { expect, test } from 'vitest';
import { cpuOf, judgeRoot } from './judge-root.ts';
import type { RootFacts } from './root-facts.ts';

const LOADER = '/lib/ld-musl-x86_64.so.1';
const elf = { machine: 62, interpreter: LOADER, needed: [] };
const X64 = cpuOf('x64');
const good: RootFacts = {
  release: { description: 'OpenWrt 24.10.4', arch: 'x86_64' },
  shell: { path: '/bin/sh', elf },
  node: { path: '/usr/bin/node', elf },
  hasLoader: (loader) => loader === LOADER,
  hasProgram: true,
  libnftables: 'with-json',
  hasUci: true,
  hasFw4: true,
};

const code = (change: Partial<RootFacts>): string | undefined => {
  try {
    judgeRoot({ ...good, ...change }, '/r', X64);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('what has all of it is taken', () => {
  expect(judgeRoot(good, '/r', X64)).toBe(good.node);
  expect(code({ hasUci: false, hasFw4: false })).toBeUndefined();
});

test.each<[string, Partial<RootFacts>]>([
  ['no-openwrt', { release: undefined }],
  ['no-shell', { shell: undefined }],
  ['wrong-cpu', { shell: { path: '/bin/sh', elf: { ...elf, machine: 183 } } }],
  ['wrong-cpu', { shell: { path: '/bin/sh', elf: undefined } }],
  ['no-musl', { hasLoader: () => false }],
  ['no-program', { hasProgram: false }],
  ['no-node', { node: undefined }],
  ['bad-node', { node: { path: '/usr/bin/node', elf: { ...elf, interpreter: '/lib64/ld-linux.so.2' } } }],
  ['bad-node', { node: { path: '/usr/bin/node', elf: { ...elf, interpreter: undefined } } }],
  ['bad-node', { node: { path: '/usr/bin/node', elf: undefined } }],
  ['no-libnftables', { libnftables: 'without-json' }],
  ['no-libnftables', { libnftables: undefined }],
])('%s', (expected, change) => {
  expect(code(change)).toBe(expected);
});

test('a CPU without packages is refused', () => {
  expect(() => cpuOf('riscv64')).toThrow('riscv64');
});

test('the CPU of a root is named', () => {
  const shell = { path: '/bin/sh', elf: undefined };
  const release = { description: 'OpenWrt', arch: 'mips_24kc' };
  expect(() => judgeRoot({ ...good, shell, release }, '/r', X64)).toThrow('/r is for mips_24kc');
});
