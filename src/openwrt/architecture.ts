// The architectures that there are packages for, by OpenWrt's names, with those of npm and of musl.
import { WanbondError } from '../base/error.ts';

export interface Cpu {
  /** As npm and Node name it. */
  readonly npm: 'x64' | 'arm64';
  /** e_machine of elf(5). */
  readonly elfMachine: number;
  /** musl's dynamic loader, on OpenWrt as anywhere. */
  readonly loader: string;
}

const EM_X86_64 = 62;
const EM_AARCH64 = 183;
const X64: Cpu = { npm: 'x64', elfMachine: EM_X86_64, loader: '/lib/ld-musl-x86_64.so.1' };
const ARM64: Cpu = { npm: 'arm64', elfMachine: EM_AARCH64, loader: '/lib/ld-musl-aarch64.so.1' };

export interface Architecture {
  /** As OpenWrt has it in DISTRIB_ARCH of /etc/openwrt_release: a package manager takes no other. */
  readonly name: string;
  readonly cpu: Cpu;
}

/**
 * All of OpenWrt 24.10 and 25.12 with these CPUs. Their packages differ in the name alone; `all` would let the wrong CPU's in.
 */
export const ARCHITECTURES: readonly Architecture[] = [
  { name: 'x86_64', cpu: X64 },
  { name: 'aarch64_generic', cpu: ARM64 },
  { name: 'aarch64_cortex-a53', cpu: ARM64 },
  { name: 'aarch64_cortex-a72', cpu: ARM64 },
  { name: 'aarch64_cortex-a76', cpu: ARM64 },
];

/** @throws WanbondError `no-architecture` */
export function architectureNamed(name: string): Architecture {
  const found = ARCHITECTURES.find((one) => one.name === name);
  if (found) return found;
  throw new WanbondError({
    code: 'no-architecture',
    message: `there is no package for ${name}`,
    hint: `Take one of ${ARCHITECTURES.map((one) => one.name).join(', ')}: DISTRIB_ARCH in /etc/openwrt_release of the router.`,
  });
}
